import { Lazy } from 'cdk8s';
import { Images } from '../../core/images';
import type { k8s } from '../../core/k8s';
import { reloaderContainer } from '../../core/reloader';
import { httpProbe } from '../../core/service';
import { routePrefix, scheme } from '../../core/web-address';
import { HARDENED, hardenedPod, type Metadata, scheduling, toResources } from '../../core/workload';
import type { PrometheusProps } from '../prometheus-props';
import { PORT, RELOADER_PORT } from '../services';
import { DATA_ROOT, prometheusArguments } from './arguments';
import { CONFIG_ROOT } from './configuration';

/** What the pod needs beyond the props. */
export interface PodContext {
  readonly metadata: Metadata;
  readonly replicas: number;
  readonly url: string;
  /** Volumes of configuration and data, known at synth. */
  readonly volumes: () => readonly k8s.Volume[];
  /** Where the Secrets and ConfigMaps of the configuration go, known at synth. */
  readonly fileMounts: () => readonly k8s.VolumeMount[];
}

const FOLDERS = ['config', 'scrape-configs', 'rules'];

/** The server and its config reloader, as nobody, with a read-only root and no capability. */
export function prometheusPod(props: PrometheusProps, context: PodContext): k8s.PodSpec {
  const images = props.images ?? Images.of();
  const prefix = routePrefix(props);
  const configMounts = FOLDERS.map((name) => ({ name, mountPath: `${CONFIG_ROOT}/${name}`, readOnly: true }));
  const probe = { scheme: scheme(props) === 'https' ? ('HTTPS' as const) : ('HTTP' as const) };
  const server: k8s.Container = {
    name: 'prometheus',
    image: images.reference('prometheus'),
    args: prometheusArguments(props, context.url),
    env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, ...(props.extraEnv ?? [])],
    ports: [{ name: 'web', containerPort: PORT }],
    // Replaying a large write-ahead log takes minutes, and must not be cut short.
    startupProbe: httpProbe(`${prefix}/-/ready`, 'web', { periodSeconds: 5, failureThreshold: 720, ...probe }),
    readinessProbe: httpProbe(`${prefix}/-/ready`, 'web', { periodSeconds: 5, failureThreshold: 3, ...probe }),
    livenessProbe: httpProbe(`${prefix}/-/healthy`, 'web', { periodSeconds: 10, failureThreshold: 6, ...probe }),
    resources: toResources(props.resources ?? { requests: { cpu: '200m', memory: '1Gi' } }),
    securityContext: HARDENED,
    volumeMounts: Lazy.any({
      produce: () => [...configMounts, { name: 'data', mountPath: DATA_ROOT }, ...context.fileMounts()],
    }) as k8s.VolumeMount[],
  };
  const reloader = reloaderContainer({
    image: images.reference('prometheus-config-reloader'),
    port: RELOADER_PORT,
    reloadUrl: `${scheme(props)}://127.0.0.1:${PORT}${prefix}/-/reload`,
    mounts: configMounts,
    ...(props.reloaderResources && { resources: props.reloaderResources }),
  });
  return {
    ...scheduling(props, context.metadata, context.replicas),
    serviceAccountName: context.metadata.name,
    automountServiceAccountToken: true,
    securityContext: hardenedPod(props),
    terminationGracePeriodSeconds: props.terminationGracePeriodSeconds ?? 600,
    containers: [server, reloader],
    volumes: Lazy.any({ produce: () => [...context.volumes()] }) as k8s.Volume[],
  };
}
