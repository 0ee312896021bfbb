import { Lazy } from 'cdk8s';
import { Images } from '../core/images';
import type { k8s } from '../core/k8s';
import { httpProbe } from '../core/service';
import { HARDENED, hardenedPod, type Metadata, scheduling, toResources } from '../core/workload';
import type { SecretKey } from '../model/references';
import type { Configuration } from './configuration';
import type { DashboardFiles } from './dashboard-files';
import type { GrafanaProps } from './grafana-props';

/** User and group of Grafana in its image. */
const GRAFANA = 472;

const DATA = '/var/lib/grafana';

/** What a pod of Grafana is made of. */
interface GrafanaPod {
  readonly props: GrafanaProps;
  readonly metadata: Metadata;
  readonly configuration: Configuration;
  readonly dashboards: DashboardFiles;
  readonly admin: { readonly user: SecretKey; readonly password: SecretKey };
  /** The volume for `/var/lib/grafana`. */
  readonly data: k8s.Volume;
}

/** Makes the pod template; what depends on data sources and dashboards is asked for at synth. */
export function podTemplate(pod: GrafanaPod): k8s.PodTemplateSpec {
  const { props, metadata, configuration, dashboards, data } = pod;
  const checksum = Lazy.any({ produce: () => configuration.checksum() }) as string;
  return {
    metadata: metadata.pod({ 'checksum/config': checksum }),
    spec: {
      ...scheduling(props, metadata, props.replicas),
      serviceAccountName: metadata.name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: hardenedPod(pod.props, GRAFANA),
      containers: [container(pod)],
      volumes: Lazy.any({
        produce: () => [
          data,
          { name: 'tmp', emptyDir: {} },
          { name: 'config', configMap: { name: metadata.name } },
          ...configuration.render().files.volumes(),
          ...dashboards.volumes(),
        ],
      }) as k8s.Volume[],
    },
  };
}

function container({ props, configuration, dashboards, admin, data }: GrafanaPod): k8s.Container {
  const { images = Images.of(), extraArgs, extraEnv = [] } = props;
  const resources = props.resources ?? { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } };
  return {
    name: 'grafana',
    image: images.reference('grafana'),
    args: extraArgs && [...extraArgs],
    ports: [{ name: 'http', containerPort: 3000 }],
    env: Lazy.any({
      produce: () => [
        fromSecret('GF_SECURITY_ADMIN_USER', admin.user),
        fromSecret('GF_SECURITY_ADMIN_PASSWORD', admin.password),
        ...configuration.render().environment.toEnv(),
        ...extraEnv,
      ],
    }) as k8s.EnvVar[],
    resources: toResources(resources),
    securityContext: HARDENED,
    startupProbe: httpProbe('/api/health', 'http', { periodSeconds: 5, failureThreshold: 60 }),
    readinessProbe: httpProbe('/api/health', 'http', { periodSeconds: 10, failureThreshold: 3 }),
    livenessProbe: httpProbe('/api/health', 'http', { periodSeconds: 30, failureThreshold: 5 }),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: Lazy.any({
      produce: () => [
        { name: data.name, mountPath: DATA },
        { name: 'tmp', mountPath: '/tmp' },
        configFile('grafana.ini', '/etc/grafana/grafana.ini'),
        configFile('datasources.yaml', '/etc/grafana/provisioning/datasources/datasources.yaml'),
        configFile('dashboards.yaml', '/etc/grafana/provisioning/dashboards/dashboards.yaml'),
        ...configuration.render().files.mounts(),
        ...dashboards.mounts(),
      ],
    }) as k8s.VolumeMount[],
  };
}

function configFile(key: string, mountPath: string): k8s.VolumeMount {
  return { name: 'config', mountPath, subPath: key, readOnly: true };
}

function fromSecret(name: string, { name: secret, key }: SecretKey): k8s.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}
