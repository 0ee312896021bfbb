import { type ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { Connections } from '../../core/connections';
import { Images } from '../../core/images';
import { k8s } from '../../core/k8s';
import { type Access, ScopedAccess } from '../../core/rbac';
import { httpProbe, servicePort } from '../../core/service';
import { addCheck } from '../../core/synthesis';
import {
  checkResources,
  checkWorkload,
  HARDENED,
  hardenedPod,
  type Metadata,
  metadataOf,
  type Resources,
  scheduling,
  toResources,
  type WorkloadProps,
} from '../../core/workload';
import type { IMonitored, MonitoringPack } from '../../model/monitoring-pack';
import { shipped } from '../../model/rules';
import { ScrapeTarget } from '../../model/scrape/scrape-target';
import { toArgument } from './arguments';
import { operatorAccess } from './operator-access';
import { prometheusOperatorRules } from './operator-rules';

/** prometheus-operator itself. */
export interface PrometheusOperatorProps extends WorkloadProps {
  /** Namespaces whose monitors and rules it may read, beside its own. @default - those that were passed to `serve` */
  readonly namespaces?: readonly string[];
  /** @default info */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** @default logfmt */
  readonly logFormat?: 'logfmt' | 'json';
  /** Requests and limits of the config reloader beside each server. @default - 10m and 32Mi requested, 64Mi at most */
  readonly reloaderResources?: Resources;
  /** Reconciles only custom resources with the annotation `operator.prometheus.io/controller-id` of this value. @default - all in its namespaces */
  readonly controllerId?: string;
}

const PORT = 8080;

/**
 * prometheus-operator, with access to the namespaces that it serves and to no other.
 *
 * It writes Secrets and StatefulSets in its own namespace alone, where the servers run; in other namespaces it reads
 * monitors, rules and what these refer to. The CRDs are not installed: see `Crds`.
 *
 * @see https://prometheus-operator.dev/docs/platform/operator/
 */
export class PrometheusOperator extends Construct implements IMonitored {
  public readonly monitoring: MonitoringPack;
  public readonly connections: Connections;
  public readonly deployment: ApiObject;
  public readonly service: ApiObject;
  /** ServiceAccount, Roles and their bindings. */
  public readonly access: ScopedAccess;

  private readonly metadata: Metadata;
  private readonly served: (() => readonly string[])[] = [];

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: PrometheusOperatorProps = {},
  ) {
    super(scope, id);
    const metadata = metadataOf('prometheus-operator', props, this);
    this.metadata = metadata;
    this.access = new ScopedAccess(this, 'Access', metadata, (): readonly Access[] =>
      operatorAccess(metadata.namespace, this.namespaces()),
    );
    this.connections = new Connections(this, 'NetworkPolicy', metadata, props.networkPolicy);
    this.connections.allowToApiServer();
    this.service = new k8s.KubeService(this, 'Service', {
      metadata: metadata.object(),
      spec: { clusterIp: 'None', selector: metadata.selector, ports: [servicePort('http', PORT)] },
    });
    this.deployment = new k8s.KubeDeployment(this, 'Deployment', {
      metadata: metadata.object(),
      spec: {
        replicas: 1,
        // Two at once would write against each other.
        strategy: { type: 'Recreate' },
        selector: { matchLabels: metadata.selector },
        template: {
          metadata: metadata.pod(),
          spec: {
            ...scheduling(props, metadata),
            serviceAccountName: metadata.name,
            automountServiceAccountToken: true,
            securityContext: hardenedPod(props),
            containers: [this.container()],
          },
        },
      },
    });
    this.monitoring = {
      name: 'prometheus-operator',
      targets: [ScrapeTarget.service(this.service, { job: 'prometheus-operator', port: 'http' })],
      rules: shipped(prometheusOperatorRules()),
    };
    addCheck(this, (problems) => {
      checkWorkload(props, problems);
      checkResources(props.reloaderResources, 'reloaderResources', problems);
      const own = Object.keys(this.flags(props.images ?? Images.of()));
      const given = (props.extraArgs ?? []).map((flag) => toArgument(flag).name);
      for (const flag of new Set(given.filter((name) => own.includes(name)))) {
        problems.add('extraArgs', `--${flag} follows from the other properties. Remove it.`);
      }
    });
  }

  /** Serves these namespaces too; asked at synth. */
  public serve(namespaces: () => readonly string[]): void {
    this.served.push(namespaces);
  }

  private namespaces(): readonly string[] {
    const others = [...(this.props.namespaces ?? []), ...this.served.flatMap((namespaces) => namespaces())];
    return [...new Set([this.metadata.namespace, ...others])].sort();
  }

  private container(): k8s.Container {
    const { props } = this;
    const images = props.images ?? Images.of();
    return {
      name: 'prometheus-operator',
      image: images.reference('prometheus-operator'),
      args: Lazy.any({ produce: () => this.arguments(images) }) as string[],
      ...(props.extraEnv && { env: [...props.extraEnv] }),
      ports: [{ name: 'http', containerPort: PORT }],
      readinessProbe: httpProbe('/healthz', 'http', { periodSeconds: 10, failureThreshold: 3 }),
      livenessProbe: httpProbe('/healthz', 'http', { periodSeconds: 10, failureThreshold: 6 }),
      resources: toResources(
        props.resources ?? { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '256Mi' } },
      ),
      securityContext: HARDENED,
    };
  }

  private arguments(images: Images): string[] {
    return [
      ...Object.entries(this.flags(images)).flatMap(([flag, value]) =>
        value === undefined ? [] : [`--${flag}=${value}`],
      ),
      ...(this.props.extraArgs ?? []),
    ];
  }

  /** Every flag that has a property, or none that could be another. */
  private flags(images: Images): Readonly<Record<string, string | undefined>> {
    const { requests = {}, limits = {} } = this.props.reloaderResources ?? {
      requests: { cpu: '10m', memory: '32Mi' },
      limits: { memory: '64Mi' },
    };
    const own = this.metadata.namespace;
    return {
      'web.listen-address': `:${PORT}`,
      namespaces: this.namespaces().join(','),
      // Servers, and with them Secrets and StatefulSets, are in its own namespace alone.
      'prometheus-instance-namespaces': own,
      'alertmanager-instance-namespaces': own,
      'alertmanager-config-namespaces': own,
      'thanos-ruler-instance-namespaces': own,
      'prometheus-config-reloader': images.reference('prometheus-config-reloader'),
      'config-reloader-cpu-request': requests.cpu ?? '0',
      'config-reloader-cpu-limit': limits.cpu ?? '0',
      'config-reloader-memory-request': requests.memory ?? '0',
      'config-reloader-memory-limit': limits.memory ?? '0',
      'controller-id': this.props.controllerId,
      'log-level': this.props.logLevel,
      'log-format': this.props.logFormat,
    };
  }
}
