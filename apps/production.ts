import { App, Size } from 'cdk8s';
import {
  Auth,
  ClusterProfile,
  MonitoringStack,
  Receiver,
  Routing,
  ScrapeTarget,
  SecretKey,
  SecretName,
  Storage,
} from '../lib';

/** A cluster that people depend on: two of everything that can be two, volumes, an ingress, and someone on call. */
const app = new App();

const oncall = Receiver.pagerDuty('oncall', { routingKey: SecretKey.of('pagerduty', 'routing-key') });
const chat = Receiver.slack('ml-infra', { apiUrl: SecretKey.of('slack', 'url'), channel: '#ml-infra' });

const stack = new MonitoringStack(app, 'monitoring', {
  cluster: ClusterProfile.eks('training-eu', { nodeCidrs: ['10.20.0.0/16'] }),
  prometheus: {
    replicas: 2,
    retention: '30d',
    storage: Storage.claim({ size: Size.gibibytes(500), storageClassName: 'gp3' }),
    resources: { requests: { cpu: '2', memory: '16Gi' }, limits: { memory: '24Gi' } },
    remoteWrite: [
      {
        name: 'long-term',
        url: 'https://metrics.example.com/api/v1/push',
        authorization: { credentials: SecretKey.of('remote-write', 'token') },
        queue: { maxShards: 20 },
      },
    ],
  },
  alerting: Routing.to(chat).when({ severity: 'critical' }, oncall).muteDuring('weekends', { severity: 'warning' }),
  alertmanager: { replicas: 3, storage: Storage.claim({ size: Size.gibibytes(5), storageClassName: 'gp3' }) },
  grafana: {
    host: 'grafana.example.com',
    tls: SecretName.of('grafana-tls'),
    storage: Storage.claim({ size: Size.gibibytes(10), storageClassName: 'gp3' }),
    auth: Auth.oidc({
      name: 'Example SSO',
      clientId: 'grafana',
      clientSecret: SecretKey.of('grafana-oidc', 'client-secret'),
      authUrl: 'https://login.example.com/authorize',
      tokenUrl: 'https://login.example.com/token',
      apiUrl: 'https://login.example.com/userinfo',
    }),
  },
  kubeStateMetrics: { labelAllowlist: { namespaces: ['team'], nodes: ['node.kubernetes.io/instance-type'] } },
});

stack.monitor(ScrapeTarget.pods({ namespace: 'etl', matchLabels: { app: 'etl' }, port: 9102, interval: '15s' }));
app.synth();
