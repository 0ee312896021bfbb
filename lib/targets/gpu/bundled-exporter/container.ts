import { Images } from '../../../core/images';
import { k8s } from '../../../core/k8s';
import type { RbacProxySidecar } from '../../../core/rbac-proxy-sidecar';
import { httpProbe } from '../../../core/service';
import { toResources } from '../../../core/workload';
import { exporterArguments } from './arguments';
import type { DeviceAccessParts } from './device-access';
import type { GpuExporterProps } from './gpu-exporter-props';
import { containerPrivileges } from './privileges';
import { type Sources, sourceVolumes } from './sources';
import type { WebFiles } from './web-files';

/** What the container is made from. */
export interface ContainerParts {
  readonly port: number;
  readonly sources: Sources;
  readonly devices: DeviceAccessParts;
  readonly web: WebFiles;
  readonly sidecar: RbacProxySidecar;
}

/** The container of the exporter. */
export function container(props: GpuExporterProps, parts: ContainerParts): k8s.Container {
  const { images = Images.of(), privileges = 'process' } = props;
  const { port, sources, devices, web, sidecar } = parts;
  const probe = (path: string, timing: { readonly periodSeconds: number; readonly failureThreshold: number }) =>
    props.webConfig === undefined
      ? httpProbe(path, 'metrics', { ...timing, ...(props.tls && { scheme: 'HTTPS' as const }), ...sidecar.probe })
      : { tcpSocket: { port: k8s.IntOrString.fromString('metrics') }, timeoutSeconds: 3, ...timing };
  return {
    name: 'gpu-exporter',
    image: images.reference('gpu-exporter'),
    args: [
      ...exporterArguments(props, sidecar.listenHost(''), port, sources),
      ...devices.args,
      ...web.args,
      ...(props.extraArgs ?? []),
    ],
    env: [
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      ...devices.env,
      ...(props.extraEnv ?? []),
    ],
    ports: [{ name: 'metrics', containerPort: port }],
    // It serves at once and says what it lacks: a driver that is absent or hangs makes no pod unready, nor restarts it.
    readinessProbe: probe('/-/ready', { periodSeconds: 10, failureThreshold: 3 }),
    livenessProbe: probe('/-/healthy', { periodSeconds: 10, failureThreshold: 6 }),
    resources: toResources(
      props.resources ?? { requests: { cpu: '20m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    ),
    securityContext: containerPrivileges(privileges),
    volumeMounts: [...devices.volumeMounts, ...sourceVolumes(sources).volumeMounts, ...web.volumeMounts],
  };
}
