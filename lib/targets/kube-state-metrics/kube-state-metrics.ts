import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { Connections } from '../../core/connections';
import { Images } from '../../core/images';
import { k8s } from '../../core/k8s';
import { type Access, ScopedAccess } from '../../core/rbac';
import { type ProxiedProps, RbacProxySidecar } from '../../core/rbac-proxy-sidecar';
import { httpProbe, servicePort } from '../../core/service';
import { addCheck } from '../../core/synthesis';
import {
  checkWorkload,
  HARDENED,
  hardenedPod,
  metadataOf,
  scheduling,
  toResources,
  type WorkloadProps,
} from '../../core/workload';
import { checkDuration } from '../../model/duration';
import type { IMonitored, MonitoringPack } from '../../model/monitoring-pack';
import type { Problems } from '../../model/problem';
import { checkRegex } from '../../model/regex';
import { Relabel } from '../../model/relabel';
import { type RuleGroup, shipped } from '../../model/rules';
import { ScrapeTarget } from '../../model/scrape/scrape-target';
import { didYouMean } from '../../model/suggest';
import { workloadRules } from '../kubernetes/rules/workloads';
import { CLUSTER_SCOPED, DEFAULT_RESOURCES, RESOURCE_GROUPS, readsOtherKinds, type StateResource } from './resources';
import { kubeStateMetricsRules } from './rules';

const METRICS = 8080;
const TELEMETRY = 8081;

/** The state of Kubernetes objects as metrics. */
export interface KubeStateMetricsProps extends WorkloadProps, ProxiedProps {
  /** Kinds of objects that are read; the RBAC is exactly these. @default DEFAULT_RESOURCES */
  readonly objects?: readonly StateResource[];
  /** Namespaces that are read; cluster-scoped kinds must be left out then. @default - all */
  readonly namespaces?: readonly string[];
  /**
   * Labels of objects that become labels of `kube_*_labels`, by kind; `*` for all.
   *
   * @example { pods: ['app.kubernetes.io/name'], namespaces: ['team'] }
   * @default - none
   */
  readonly labelAllowlist?: Readonly<Partial<Record<StateResource, readonly string[]>>>;
  /** Annotations of objects, likewise. @default - none */
  readonly annotationAllowlist?: Readonly<Partial<Record<StateResource, readonly string[]>>>;
  /** Only these metrics; regular expressions. @default - all */
  readonly metricAllowlist?: readonly string[];
  /** All but these metrics; regular expressions. @default - none is left out */
  readonly metricDenylist?: readonly string[];
  /** Time between two scrapes. @default - that of the Prometheus */
  readonly scrapeInterval?: string;
}

/**
 * kube-state-metrics: one Deployment that lists and watches objects and says what it sees.
 *
 * @see https://github.com/kubernetes/kube-state-metrics
 */
export class KubeStateMetrics extends Construct implements IMonitored {
  public readonly monitoring: MonitoringPack;
  public readonly connections: Connections;
  public readonly deployment: ApiObject;
  public readonly service: ApiObject;
  /** ServiceAccount, Roles and their bindings. */
  public readonly access: ScopedAccess;

  public constructor(scope: Construct, id: string, props: KubeStateMetricsProps = {}) {
    super(scope, id);
    const metadata = metadataOf('kube-state-metrics', props, this);
    const objects = [...(props.objects ?? defaultObjects(props.namespaces))].sort();
    const sidecar = new RbacProxySidecar(this, 'RbacProxy', metadata, props, [
      { name: 'metrics', port: METRICS, probePaths: ['/livez'] },
      { name: 'telemetry', port: TELEMETRY, probePaths: ['/readyz'] },
    ]);
    this.access = new ScopedAccess(this, 'Access', metadata, () => [
      ...accessFor(objects, props.namespaces),
      ...sidecar.access,
    ]);
    this.connections = new Connections(this, 'NetworkPolicy', metadata, props.networkPolicy);
    this.connections.allowToApiServer();
    this.service = new k8s.KubeService(this, 'Service', {
      metadata: metadata.object(),
      spec: {
        clusterIp: 'None',
        selector: metadata.selector,
        ports: [servicePort('metrics', METRICS), servicePort('telemetry', TELEMETRY)],
      },
    });
    this.deployment = new k8s.KubeDeployment(this, 'Deployment', {
      metadata: metadata.object(),
      spec: {
        replicas: 1,
        // Two at once would say everything twice.
        strategy: { type: 'Recreate' },
        selector: { matchLabels: metadata.selector },
        template: {
          metadata: metadata.pod(sidecar.podAnnotations),
          spec: {
            ...scheduling(props, metadata),
            serviceAccountName: metadata.name,
            automountServiceAccountToken: true,
            securityContext: hardenedPod(props),
            containers: [container(props, objects, sidecar), ...sidecar.containers],
            volumes: sidecar.volumes.length === 0 ? undefined : sidecar.volumes,
          },
        },
      },
    });
    const endpoint = {
      ...sidecar.endpoint,
      ...(props.scrapeInterval !== undefined && { interval: props.scrapeInterval }),
    };
    this.monitoring = {
      name: 'kube-state-metrics',
      targets: [
        ScrapeTarget.service(this.service, {
          job: 'kube-state-metrics',
          port: 'metrics',
          ...endpoint,
          honorLabels: true,
          // A series names the object that it describes: the exporter's own pod must not appear where it names none.
          relabelings: [Relabel.labelDrop('(namespace|service|pod|container|endpoint|node)')],
        }),
        ScrapeTarget.service(this.service, { job: 'kube-state-metrics-telemetry', port: 'telemetry', ...endpoint }),
      ],
      rules: shipped(withoutKinds([...kubeStateMetricsRules(), ...workloadRules()], objects)),
    };
    addCheck(this, (problems) => {
      check(props, objects, problems);
      sidecar.check(problems);
    });
  }
}

/** Drops the rules about kinds that are not read: they could never fire. */
function withoutKinds(groups: readonly RuleGroup[], objects: readonly StateResource[]): readonly RuleGroup[] {
  return groups
    .map((group) => ({ ...group, rules: group.rules.filter(({ expr }) => !readsOtherKinds(expr, objects)) }))
    .filter(({ rules }) => rules.length > 0);
}

function defaultObjects(namespaces: readonly string[] | undefined): readonly StateResource[] {
  return namespaces === undefined
    ? DEFAULT_RESOURCES
    : DEFAULT_RESOURCES.filter((resource) => !CLUSTER_SCOPED.includes(resource));
}

function accessFor(objects: readonly StateResource[], namespaces: readonly string[] | undefined): readonly Access[] {
  return objects.map((resource) => ({
    namespaces: namespaces ?? 'cluster',
    rules: [{ apiGroups: [RESOURCE_GROUPS[resource]], resources: [resource], verbs: ['list', 'watch'] }],
  }));
}

function container(
  props: KubeStateMetricsProps,
  objects: readonly StateResource[],
  sidecar: RbacProxySidecar,
): k8s.Container {
  const host = sidecar.listenHost('');
  const lists: Readonly<Record<string, string>> = {
    resources: objects.join(','),
    namespaces: (props.namespaces ?? []).join(','),
    'metric-labels-allowlist': allowlist(props.labelAllowlist),
    'metric-annotations-allowlist': allowlist(props.annotationAllowlist),
    'metric-allowlist': (props.metricAllowlist ?? []).join(','),
    'metric-denylist': (props.metricDenylist ?? []).join(','),
  };
  return {
    name: 'kube-state-metrics',
    image: (props.images ?? Images.of()).reference('kube-state-metrics'),
    args: [
      `--port=${METRICS}`,
      `--telemetry-port=${TELEMETRY}`,
      ...(host === '' ? [] : [`--host=${host}`, `--telemetry-host=${host}`]),
      ...Object.entries(lists).flatMap(([flag, value]) => (value === '' ? [] : [`--${flag}=${value}`])),
      ...(props.extraArgs ?? []),
    ],
    ...(props.extraEnv && { env: [...props.extraEnv] }),
    ports: [
      { name: 'metrics', containerPort: METRICS },
      { name: 'telemetry', containerPort: TELEMETRY },
    ],
    livenessProbe: httpProbe('/livez', 'metrics', { periodSeconds: 10, failureThreshold: 6, ...sidecar.probe }),
    readinessProbe: httpProbe('/readyz', 'telemetry', { periodSeconds: 10, failureThreshold: 3, ...sidecar.probe }),
    resources: toResources(props.resources ?? { requests: { cpu: '20m', memory: '128Mi' } }),
    securityContext: HARDENED,
  };
}

/** `pods=[a,b],namespaces=[*]`, as the flag wants it. */
function allowlist(keys: Readonly<Partial<Record<string, readonly string[]>>> = {}): string {
  return Object.entries(keys)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([resource, names]) => `${resource}=[${(names ?? []).join(',')}]`)
    .join(',');
}

function check(props: KubeStateMetricsProps, objects: readonly StateResource[], problems: Problems): void {
  checkWorkload(props, problems);
  const known = Object.keys(RESOURCE_GROUPS);
  for (const name of objects) {
    if (!known.includes(name)) {
      problems.add('objects', `"${name}" is no kind that kube-state-metrics reads.${didYouMean(name, known)}`);
    } else if (props.namespaces !== undefined && CLUSTER_SCOPED.includes(name)) {
      problems.add('objects', `"${name}" belongs to no namespace, so it cannot be read with namespaces set.`);
    }
  }
  for (const [property, list] of Object.entries({ objects, namespaces: props.namespaces })) {
    if (list?.length === 0) {
      problems.add(property, 'The list is empty, so nothing would be read. Leave it out for the default.');
    }
  }
  for (const property of ['metricAllowlist', 'metricDenylist'] as const) {
    for (const pattern of props[property] ?? []) {
      problems.addIf(property, checkRegex(pattern));
    }
  }
  for (const property of ['labelAllowlist', 'annotationAllowlist'] as const) {
    for (const key of Object.values(props[property] ?? {}).flat()) {
      if (key !== '*' && !/^[A-Za-z0-9._/-]+$/.test(key)) {
        problems.add(
          property,
          `"${key}" is no label key. Allowed: a key such as app.kubernetes.io/name, or * for all.`,
        );
      }
    }
    for (const name of Object.keys(props[property] ?? {})) {
      if (!(objects as readonly string[]).includes(name)) {
        problems.add(
          property,
          `"${name}" is not read, so it has no labels. Add it to objects.${didYouMean(name, objects)}`,
        );
      }
    }
  }
  if ((props.metricAllowlist ?? []).length > 0 && (props.metricDenylist ?? []).length > 0) {
    problems.add('metricDenylist', 'kube-state-metrics takes either metricAllowlist or metricDenylist.');
  }
  problems.addIf(
    'scrapeInterval',
    props.scrapeInterval === undefined ? undefined : checkDuration(props.scrapeInterval),
  );
}
