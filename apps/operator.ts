import { App } from 'cdk8s';
import { Backend, ClusterProfile, GitOps, Gpu, MonitoringStack, NvidiaExporter } from '../lib';

/** The default stack, run by prometheus-operator and laid out for Argo CD: a folder for the base, one per overlay. */
const app = new App();
new MonitoringStack(app, 'monitoring', {
  cluster: ClusterProfile.kubeadm('training-1'),
  backend: Backend.operator(),
  gpus: [Gpu.nvidia({ exporter: NvidiaExporter.gpuOperator() })],
  gitops: GitOps.argoCd(),
});
app.synth();
