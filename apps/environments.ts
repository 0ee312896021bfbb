import { join } from 'node:path';
import { App, Size } from 'cdk8s';
import {
  ClusterProfile,
  MonitoringStack,
  type MonitoringStackProps,
  Receiver,
  Routing,
  SecretKey,
  Storage,
} from '../lib';

/** A platform repository: what all environments share is said once, and each gets a folder of its own. */
interface Environment {
  readonly cluster: ClusterProfile;
  readonly replicas: number;
  readonly retention: string;
  readonly volume: Size;
  readonly channel: string;
  readonly paged: boolean;
}

/** Scheduler and controller manager sign their own certificates here. */
const controlPlaneTls = { insecureSkipVerify: true };

const environments: Readonly<Record<string, Environment>> = {
  dev: {
    cluster: ClusterProfile.kubeadm('dev'),
    replicas: 1,
    retention: '3d',
    volume: Size.gibibytes(20),
    channel: '#dev',
    paged: false,
  },
  staging: {
    cluster: ClusterProfile.kubeadm('staging', { exposesControlPlane: true, controlPlaneTls }),
    replicas: 1,
    retention: '7d',
    volume: Size.gibibytes(50),
    channel: '#staging',
    paged: false,
  },
  prod: {
    cluster: ClusterProfile.rke2('prod', { exposesControlPlane: true, controlPlaneTls, nodeCidrs: ['10.0.0.0/16'] }),
    replicas: 2,
    retention: '30d',
    volume: Size.gibibytes(200),
    channel: '#prod',
    paged: true,
  },
};

function props({ cluster, replicas, retention, volume, channel, paged }: Environment): MonitoringStackProps {
  const chat = Receiver.slack('chat', { apiUrl: SecretKey.of('slack', 'url'), channel });
  const oncall = Receiver.pagerDuty('oncall', { routingKey: SecretKey.of('pagerduty', 'routing-key') });
  const toChat = Routing.to(chat);
  return {
    cluster,
    images: { mirror: 'registry.example.com/mirror' },
    prometheus: { replicas, retention, storage: Storage.claim({ size: volume }) },
    alertmanager: { replicas },
    alerting: paged ? toChat.when({ severity: 'critical' }, oncall) : toChat,
  };
}

const root = process.env.CDK8S_OUTDIR ?? 'dist';
for (const [name, environment] of Object.entries(environments)) {
  const app = new App({ outdir: join(root, name) });
  new MonitoringStack(app, 'monitoring', props(environment));
  app.synth();
}
