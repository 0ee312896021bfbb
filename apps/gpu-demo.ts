import { App, Chart } from 'cdk8s';
import { ClusterProfile, Gpu, MonitoringStack, NvidiaExporter } from '../lib';
import { DemoNamespace } from './gpu-demo/demo-namespace';
import { gpuByPodDashboard } from './gpu-demo/gpu-by-pod';
import { TrainingJob } from './gpu-demo/training-job';
import { trainingJobDashboard } from './gpu-demo/training-job-dashboard';
import { VectorAdd } from './gpu-demo/vector-add';

/** Pods that use GPUs, and the dashboards that show them: a vector addition, and a training over several pods. */
const app = new App();
const stack = new MonitoringStack(app, 'monitoring', {
  cluster: ClusterProfile.kubeadm('training-1'),
  gpus: [Gpu.nvidia({ exporter: NvidiaExporter.gpuOperator() })],
});

const chart = new Chart(app, 'gpu-demo', { disableResourceNameHashes: true });
const { name: namespace } = new DemoNamespace(chart, 'namespace', 'gpu-demo');
new VectorAdd(chart, 'vector-add', { namespace });
const { name } = new TrainingJob(chart, 'training', { namespace, workers: 2, gpusPerWorker: 1, minutes: 10 });

stack.monitor({ name: 'gpu-demo', dashboards: [gpuByPodDashboard(), trainingJobDashboard({ namespace, name })] });
app.synth();
