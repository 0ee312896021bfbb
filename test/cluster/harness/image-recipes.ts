import { exporterImage } from './exporter-image';
import type { ImageDefinition } from './oci-image';

/** How the image of a repository is made here: with the entry point, user and folders of the real one. */
export interface ImageRecipe
  extends Pick<ImageDefinition, 'entrypoint' | 'command' | 'folders' | 'user' | 'workingDirectory' | 'environment'> {
  /** The program that the image holds, and where. */
  readonly program: string;
  readonly programPath: string;
}

/** An image that is built from a Dockerfile of this repository. */
export interface BuiltImage {
  /** Builds it, unless the cache has it, and returns an archive that containerd can import. */
  readonly build: (options: { readonly cache: string; readonly reference: string }) => Promise<string>;
}

/** Images of our own, by repository. */
export const builtImages: Readonly<Record<string, BuiltImage>> = {
  'ghcr.io/cdk8s-gpu-monitoring/gpu-exporter': { build: exporterImage },
};

/** Recipes by repository: a reference without tag and digest. */
export const imageRecipes: Readonly<Record<string, ImageRecipe>> = {
  'quay.io/prometheus/prometheus': {
    program: 'prometheus',
    programPath: '/bin/prometheus',
    entrypoint: ['/bin/prometheus'],
    command: ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/prometheus'],
    folders: ['/prometheus', '/etc/prometheus'],
    workingDirectory: '/prometheus',
  },
  'quay.io/prometheus/alertmanager': {
    program: 'alertmanager',
    programPath: '/bin/alertmanager',
    entrypoint: ['/bin/alertmanager'],
    command: ['--config.file=/etc/alertmanager/alertmanager.yml', '--storage.path=/alertmanager'],
    folders: ['/alertmanager', '/etc/alertmanager'],
    workingDirectory: '/alertmanager',
  },
  'quay.io/prometheus/node-exporter': {
    program: 'node_exporter',
    programPath: '/bin/node_exporter',
    entrypoint: ['/bin/node_exporter'],
  },
  'quay.io/prometheus-operator/prometheus-config-reloader': {
    program: 'prometheus-config-reloader',
    programPath: '/bin/prometheus-config-reloader',
    entrypoint: ['/bin/prometheus-config-reloader'],
  },
  'quay.io/prometheus-operator/prometheus-operator': {
    program: 'prometheus-operator',
    programPath: '/bin/operator',
    entrypoint: ['/bin/operator'],
  },
  'quay.io/brancz/kube-rbac-proxy': {
    program: 'kube-rbac-proxy',
    programPath: '/usr/local/bin/kube-rbac-proxy',
    entrypoint: ['/usr/local/bin/kube-rbac-proxy'],
    user: 65532,
  },
  'registry.k8s.io/kube-state-metrics/kube-state-metrics': {
    program: 'kube-state-metrics',
    programPath: '/kube-state-metrics',
    entrypoint: ['/kube-state-metrics', '--port=8080', '--telemetry-port=8081'],
  },
  'registry.k8s.io/coredns/coredns': {
    program: 'coredns',
    programPath: '/coredns',
    entrypoint: ['/coredns'],
  },
  'docker.io/grafana/grafana': {
    program: 'grafana-stand-in',
    programPath: '/run.sh',
    entrypoint: ['/run.sh'],
    user: 472,
    folders: ['/var/lib/grafana', '/var/log/grafana', '/etc/grafana/provisioning'],
    workingDirectory: '/usr/share/grafana',
    environment: {
      GF_PATHS_CONFIG: '/etc/grafana/grafana.ini',
      GF_PATHS_DATA: '/var/lib/grafana',
      GF_PATHS_HOME: '/usr/share/grafana',
      GF_PATHS_LOGS: '/var/log/grafana',
      GF_PATHS_PLUGINS: '/var/lib/grafana/plugins',
      GF_PATHS_PROVISIONING: '/etc/grafana/provisioning',
    },
  },
  'nvcr.io/nvidia/k8s/dcgm-exporter': {
    program: 'exporter-stand-in',
    programPath: '/usr/bin/dcgm-exporter',
    entrypoint: ['/usr/bin/dcgm-exporter'],
    user: 0,
    folders: ['/etc/dcgm-exporter'],
    environment: { STAND_IN_FOR: 'dcgm-exporter' },
  },
  'docker.io/rocm/device-metrics-exporter': {
    program: 'exporter-stand-in',
    programPath: '/home/amd/tools/entrypoint.sh',
    entrypoint: ['/home/amd/tools/entrypoint.sh'],
    user: 0,
    folders: ['/etc/metrics', '/root'],
    environment: { STAND_IN_FOR: 'device-metrics-exporter' },
  },
  // Every command for its shell succeeds at once: init containers wait in it for drivers, which nobody loads here.
  'docker.io/library/busybox': { program: 'toolbox', programPath: '/bin/sh', entrypoint: ['/bin/sh'], user: 0 },
  'registry.local/exporter-stand-in': {
    program: 'exporter-stand-in',
    programPath: '/exporter-stand-in',
    entrypoint: ['/exporter-stand-in'],
  },
  'registry.local/pause': { program: 'toolbox', programPath: '/toolbox', entrypoint: ['/toolbox', 'pause'] },
  'registry.local/toolbox': { program: 'toolbox', programPath: '/toolbox', entrypoint: ['/toolbox'] },
  'registry.local/webhook-receiver': {
    program: 'toolbox',
    programPath: '/toolbox',
    entrypoint: ['/toolbox', 'receive-webhooks'],
  },
};

/** An image's full name in parts. */
export interface ImageName {
  /** With its registry: `docker.io/grafana/grafana` also where the reference says `grafana/grafana`. */
  readonly repository: string;
  readonly tag: string;
}

/** Refuses digests: an image that is assembled here cannot have that of the real one. */
export function parseImageName(reference: string): ImageName {
  const [, name = '', tag = 'latest', digest] = /^(.*?)(?::([^/:@]+))?(@.*)?$/.exec(reference) ?? [];
  if (digest !== undefined) {
    throw new Error(`${reference}: an image that is assembled here cannot have the digest of the real one`);
  }
  const registry = name.split('/')[0] ?? '';
  if (registry === name) {
    return { repository: `docker.io/library/${name}`, tag };
  }
  const isRegistry = registry.includes('.') || registry.includes(':') || registry === 'localhost';
  return { repository: isRegistry ? name : `docker.io/${name}`, tag };
}
