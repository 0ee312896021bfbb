import { Lazy } from 'cdk8s';
import { Images } from '../core/images';
import type { k8s } from '../core/k8s';
import { reloaderContainer } from '../core/reloader';
import { httpProbe } from '../core/service';
import { routePrefix, scheme } from '../core/web-address';
import { HARDENED, hardenedPod, type Metadata, scheduling, toResources } from '../core/workload';
import { CLUSTER_PORT, isClustered, PORT, RELOADER_PORT } from './addresses';
import type { AlertmanagerProps } from './alertmanager-props';
import { alertmanagerArguments, DATA_ROOT } from './arguments';
import { CONFIG_FOLDER } from './config-files';

/** What the pod needs beyond the props. */
export interface PodContext {
  readonly metadata: Metadata;
  readonly replicas: number;
  /** Volumes of configuration, secrets and data, known at synth. */
  readonly volumes: () => readonly k8s.Volume[];
  /** Where the Secrets and ConfigMaps of the configuration go, known at synth. */
  readonly fileMounts: () => readonly k8s.VolumeMount[];
}

/** The server and its config reloader, as nobody, with a read-only root and no capability. */
export function alertmanagerPod(props: AlertmanagerProps, context: PodContext): k8s.PodSpec {
  const images = props.images ?? Images.of();
  const prefix = routePrefix(props);
  const config: k8s.VolumeMount = { name: 'config', mountPath: CONFIG_FOLDER, readOnly: true };
  const probe = { scheme: scheme(props) === 'https' ? ('HTTPS' as const) : ('HTTP' as const) };
  const server: k8s.Container = {
    name: 'alertmanager',
    image: images.reference('alertmanager'),
    args: alertmanagerArguments(props, context.metadata, context.replicas),
    env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }, ...(props.extraEnv ?? [])],
    ports: [
      { name: 'web', containerPort: PORT },
      ...(isClustered(props, context.replicas)
        ? [
            { name: 'cluster-tcp', containerPort: CLUSTER_PORT },
            { name: 'cluster-udp', containerPort: CLUSTER_PORT, protocol: 'UDP' },
          ]
        : []),
    ],
    readinessProbe: httpProbe(`${prefix}/-/ready`, 'web', { periodSeconds: 5, failureThreshold: 10, ...probe }),
    livenessProbe: httpProbe(`${prefix}/-/healthy`, 'web', { periodSeconds: 10, failureThreshold: 6, ...probe }),
    resources: toResources(
      props.resources ?? { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    ),
    securityContext: HARDENED,
    volumeMounts: Lazy.any({
      produce: () => [config, { name: 'data', mountPath: DATA_ROOT }, ...context.fileMounts()],
    }) as k8s.VolumeMount[],
  };
  const reloader = reloaderContainer({
    image: images.reference('prometheus-config-reloader'),
    port: RELOADER_PORT,
    reloadUrl: `${scheme(props)}://127.0.0.1:${PORT}${prefix}/-/reload`,
    mounts: [config],
    ...(props.reloaderResources && { resources: props.reloaderResources }),
  });
  return {
    ...scheduling(props, context.metadata, context.replicas),
    serviceAccountName: context.metadata.name,
    automountServiceAccountToken: false,
    securityContext: hardenedPod(props),
    terminationGracePeriodSeconds: props.terminationGracePeriodSeconds ?? 120,
    containers: [server, reloader],
    volumes: Lazy.any({ produce: () => [...context.volumes()] }) as k8s.Volume[],
  };
}
