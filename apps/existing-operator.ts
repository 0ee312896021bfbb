import { App } from 'cdk8s';
import { alert, Backend, ClusterProfile, Gpu, MonitoringStack, NvidiaExporter, ScrapeTarget } from '../lib';

/**
 * A cluster that has kube-prometheus-stack already: only monitors, rules and dashboards are added, with the labels by
 * which that release selects them.
 */
const app = new App();
const stack = new MonitoringStack(app, 'gpu-monitoring', {
  cluster: ClusterProfile.kubeadm('training-1'),
  backend: Backend.existingOperator({ release: 'kps', namespace: 'monitoring' }),
  gpus: [Gpu.nvidia({ exporter: NvidiaExporter.gpuOperator() })],
});

stack.monitor({
  name: 'etl',
  targets: [ScrapeTarget.pods({ namespace: 'etl', matchLabels: { app: 'etl' }, port: 'metrics', interval: '15s' })],
  rules: [
    alert('EtlDown', {
      expr: 'up{job="etl"} == 0',
      for: '10m',
      severity: 'warning',
      summary: 'Pod {{ $labels.pod }} of the ETL does not answer.',
    }),
  ],
});
app.synth();
