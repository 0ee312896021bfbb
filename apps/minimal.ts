import { App, Size } from 'cdk8s';
import { ClusterProfile, MonitoringStack, Storage } from '../lib';

/** One node, no volume, no Grafana, no Alertmanager: metrics and rules for a laptop or an edge box. */
const app = new App();
new MonitoringStack(app, 'monitoring', {
  cluster: ClusterProfile.k3s('edge'),
  prometheus: {
    retention: '2d',
    storage: Storage.emptyDir({ sizeLimit: Size.gibibytes(4) }),
    scrapeInterval: '1m',
    evaluationInterval: '1m',
    resources: { requests: { cpu: '50m', memory: '256Mi' } },
  },
  alertmanager: false,
  grafana: false,
});
app.synth();
