import type { ClusterProfile } from '../../core/cluster-profile';
import { SERVICE_ACCOUNT } from '../../core/service-account-files';
import type { MonitoringPack } from '../../model/monitoring-pack';
import { usesFiles } from '../../model/operator-http-client';
import type { Problems } from '../../model/problem';
import { type RuleGroup, shipped } from '../../model/rules';
import { type ScrapeOptions, ScrapeTarget } from '../../model/scrape/scrape-target';
import { apiServerRules } from './rules/api-server';
import { containerRules } from './rules/containers';
import { controllerManagerRules, etcdRules, kubeProxyRules, schedulerRules } from './rules/control-plane';
import { coreDnsRules } from './rules/coredns';
import { kubeletRules } from './rules/kubelet';

/** Which parts of Kubernetes are monitored, beyond what the cluster profile says. */
export interface KubernetesOptions {
  /** @default true */
  readonly apiServer?: boolean;
  /** @default true */
  readonly kubelet?: boolean;
  /** Resource use of containers, from the kubelet. @default true */
  readonly cadvisor?: boolean;
  /** Results of liveness, readiness and startup probes, from the kubelet. @default true */
  readonly probes?: boolean;
  /** @default true */
  readonly coreDns?: boolean;
  /** Pods with the annotation `prometheus.io/scrape`. @default true */
  readonly annotatedPods?: boolean;
  /** Services with the annotation `prometheus.io/scrape`. @default true */
  readonly annotatedServices?: boolean;
  /** Time between two scrapes of cAdvisor. @default - that of the Prometheus */
  readonly cadvisorInterval?: string;
  /** Share of the cluster's CPU above which its containers are reported, 0 to 1. @default - see the rule */
  readonly containerCpuThreshold?: number;
  /** Share of the cluster's memory above which its containers are reported, 0 to 1. @default - see the rule */
  readonly containerMemoryThreshold?: number;
  /**
   * Scrape class of somebody else's Prometheus that holds the token and certificate authority of its ServiceAccount; for
   * targets that need them, such as the kubelet.
   *
   * @default - none: the targets name the files themselves
   */
  readonly scrapeClass?: string;
}

const CONTROL_PLANE_RULES: Readonly<Record<keyof ClusterProfile['controlPlane'], () => readonly RuleGroup[]>> = {
  'kube-scheduler': schedulerRules,
  'kube-controller-manager': controllerManagerRules,
  etcd: etcdRules,
  'kube-proxy': kubeProxyRules,
};

/** What Kubernetes itself offers, as packs: targets and rules come and go together. */
export function kubernetesPacks(profile: ClusterProfile, options: KubernetesOptions = {}): readonly MonitoringPack[] {
  const packs: readonly (MonitoringPack | false)[] = [
    options.apiServer !== false && apiServer(),
    options.kubelet !== false && {
      name: 'kubelet',
      targets: [kubelet(profile, 'kubelet', '/metrics')],
      rules: shipped(kubeletRules()),
    },
    options.cadvisor !== false && {
      name: 'cadvisor',
      targets: [
        kubelet(profile, 'cadvisor', '/metrics/cadvisor', {
          // Its samples bear the time at which the container was looked at.
          trackTimestampsStaleness: true,
          ...(options.cadvisorInterval !== undefined && { interval: options.cadvisorInterval }),
        }),
      ],
      rules: shipped(
        containerRules({
          ...(options.containerCpuThreshold !== undefined && { cpuThreshold: options.containerCpuThreshold }),
          ...(options.containerMemoryThreshold !== undefined && { memoryThreshold: options.containerMemoryThreshold }),
        }),
      ),
    },
    options.probes !== false && {
      name: 'kubelet-probes',
      targets: [kubelet(profile, 'kubelet-probes', '/metrics/probes')],
    },
    options.coreDns !== false && coreDns(profile),
    ...controlPlane(profile),
    options.annotatedPods !== false && {
      name: 'kubernetes-pods',
      targets: [ScrapeTarget.annotatedPods({ exclude: ownJobs(profile) })],
    },
    options.annotatedServices !== false && {
      name: 'kubernetes-service-endpoints',
      targets: [ScrapeTarget.annotatedServices({ exclude: ownJobs(profile) })],
    },
  ];
  return packs
    .filter((pack): pack is MonitoringPack => pack !== false)
    .map(({ targets = [], ...pack }) => ({ ...pack, targets: targets.map((target) => classed(target, options)) }));
}

/** Files of the container are in the scrape class, where one is named; a target with a class of its own keeps it. */
function classed(target: ScrapeTarget, { scrapeClass }: KubernetesOptions): ScrapeTarget {
  return scrapeClass !== undefined && target.options.scrapeClass === undefined && target.endpoints.some(usesFiles)
    ? target.with({ scrapeClass })
    : target;
}

/** Checks what types cannot. */
export function checkKubernetes(profile: ClusterProfile, options: KubernetesOptions, problems: Problems): void {
  for (const [component, target] of Object.entries(profile.controlPlane)) {
    if (target.job !== component) {
      problems.add(
        'controlPlane',
        `The target of ${component} has the job "${target.job}". Allowed: "${component}", which its rules read.`,
      );
    }
  }
  for (const name of ['containerCpuThreshold', 'containerMemoryThreshold'] as const) {
    const share = options[name];
    if (share !== undefined && !(share > 0 && share <= 1)) {
      problems.add(name, `${share} received. Allowed: a share, above 0 and up to 1.`);
    }
  }
}

/** Distributions annotate their CoreDNS, which has a job of its own here. */
function ownJobs({ coreDns }: ClusterProfile) {
  return coreDns === undefined ? [] : [{ namespace: coreDns.namespace, matchLabels: coreDns.matchLabels }];
}

function apiServer(): MonitoringPack {
  return {
    name: 'apiserver',
    targets: [
      ScrapeTarget.namedService('default', 'kubernetes', {
        job: 'apiserver',
        port: 'https',
        scheme: 'https',
        authorization: { credentials: SERVICE_ACCOUNT.token },
        tls: { ca: SERVICE_ACCOUNT.ca, serverName: 'kubernetes' },
      }),
    ],
    rules: shipped(apiServerRules()),
  };
}

function kubelet(profile: ClusterProfile, job: string, path: string, options: ScrapeOptions = {}): ScrapeTarget {
  const { kubeletThroughApiServer: throughApiServer, kubeletTls } = profile;
  return ScrapeTarget.nodes({
    job,
    path,
    throughApiServer,
    scheme: 'https',
    authorization: { credentials: SERVICE_ACCOUNT.token },
    tls: throughApiServer ? { ca: SERVICE_ACCOUNT.ca } : kubeletTls,
    ...options,
  });
}

function coreDns({ coreDns: dns }: ClusterProfile): MonitoringPack | false {
  return (
    dns !== undefined && {
      name: 'coredns',
      targets: [
        ScrapeTarget.pods({
          job: 'coredns',
          namespace: dns.namespace,
          matchLabels: dns.matchLabels,
          port: dns.port,
          external: true,
        }),
      ],
      rules: shipped(coreDnsRules()),
    }
  );
}

function controlPlane({ controlPlane: targets }: ClusterProfile): readonly MonitoringPack[] {
  return (Object.keys(CONTROL_PLANE_RULES) as (keyof typeof targets)[]).flatMap((component) => {
    const target = targets[component];
    return target === undefined
      ? []
      : [{ name: component, targets: [target], rules: shipped(CONTROL_PLANE_RULES[component]()) }];
  });
}
