import type { ImageDefinition } from './oci-image';

/** How the image of a repository is made here: with the entry point, user and folders of the real one. */
export interface ImageRecipe
  extends Pick<ImageDefinition, 'entrypoint' | 'command' | 'folders' | 'user' | 'workingDirectory' | 'environment'> {
  /** The program that the image holds, and where. */
  readonly program: string;
  readonly programPath: string;
}

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
