import type { k8s } from './k8s';
import { HARDENED, type Resources, toResources } from './workload';

/** A sidecar that tells a program to read its configuration again. */
export interface ReloaderOptions {
  readonly image: string;
  /** Port of its own metrics, named `reloader-web`. */
  readonly port: number;
  /** Where the program takes the request, such as `http://127.0.0.1:9090/-/reload`. */
  readonly reloadUrl: string;
  /** Folders that are watched, as they are mounted. */
  readonly mounts: readonly k8s.VolumeMount[];
  /** @default - 10m and 32Mi requested, 64Mi at most */
  readonly resources?: Resources;
}

/**
 * The config reloader as a container.
 *
 * @see https://github.com/prometheus-operator/prometheus-operator/tree/main/cmd/prometheus-config-reloader
 */
export function reloaderContainer({ image, port, reloadUrl, mounts, resources }: ReloaderOptions): k8s.Container {
  return {
    name: 'config-reloader',
    image,
    args: [
      `--listen-address=:${port}`,
      `--reload-url=${reloadUrl}`,
      ...mounts.map(({ mountPath }) => `--watched-dir=${mountPath}`),
    ],
    ports: [{ name: 'reloader-web', containerPort: port }],
    resources: toResources(resources ?? { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '64Mi' } }),
    securityContext: HARDENED,
    volumeMounts: [...mounts],
  };
}
