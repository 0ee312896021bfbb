import { App } from 'cdk8s';
import { ClusterProfile, Gpu, MonitoringStack, NvidiaExporter } from '../lib';

/**
 * GPUs by the exporter of this package, from a registry of one's own: metrics by process and pod, and the names of
 * dcgm-exporter beside the native ones, for dashboards that are there already.
 */
const app = new App();
new MonitoringStack(app, 'monitoring', {
  cluster: ClusterProfile.kubeadm('training-1'),
  images: { override: { 'gpu-exporter': 'registry.example.com/gpu-exporter:v0.1.0' } },
  gpus: [
    Gpu.nvidia({
      interval: '10s',
      exporter: NvidiaExporter.bundled({
        privileges: 'process',
        attribution: { kubelet: true, apiServer: true },
        profiles: ['native', 'dcgm'],
        dcgm: { names: '4.6' },
      }),
    }),
  ],
});
app.synth();
