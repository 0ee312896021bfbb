import { App } from 'cdk8s';
import { ClusterProfile, MonitoringStack } from '../lib';

/** The default: a small cluster, and no decision that the user need not take. */
const app = new App();
new MonitoringStack(app, 'monitoring', {
  cluster: ClusterProfile.kubeadm('training-1'),
});
app.synth();
