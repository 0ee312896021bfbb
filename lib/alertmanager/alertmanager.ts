import { type ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { Connections } from '../core/connections';
import { k8s } from '../core/k8s';
import { MountedFiles } from '../core/mounted-files';
import { ScopedAccess } from '../core/rbac';
import { servicePort } from '../core/service';
import { Storage } from '../core/storage';
import { addCheck, addWarning } from '../core/synthesis';
import { routePrefix, scheme } from '../core/web-address';
import { type Metadata, metadataOf } from '../core/workload';
import { type AlertmanagerConfiguration, destinationsOf } from '../model/alerting/configuration';
import type { InhibitRule } from '../model/alerting/inhibit-rule';
import type { Matchers } from '../model/alerting/matcher';
import type { Receiver } from '../model/alerting/receiver';
import { type RoutedAlert, routeOf } from '../model/alerting/route-of';
import type { RouteOptions, Routing } from '../model/alerting/routing';
import type { AlertmanagerEndpoint } from '../model/alertmanager-endpoint';
import type { Labels } from '../model/label';
import type { IMonitored, MonitoringPack } from '../model/monitoring-pack';
import type { Problem } from '../model/problem';
import { shipped } from '../model/rules';
import { ScrapeTarget } from '../model/scrape/scrape-target';
import {
  CLUSTER_PORT,
  headlessName,
  isClustered,
  PORT,
  RELOADER_PORT,
  replicaAddresses,
  serviceUrl,
} from './addresses';
import type { AlertmanagerProps } from './alertmanager-props';
import { adviseAlertmanager, checkAlertmanager } from './check-alertmanager';
import { CONFIG_ROOT, configFiles } from './config-files';
import { toConnection } from './egress';
import { alertmanagerPod } from './pod';
import { alertmanagerRules } from './rules';

export type { AlertmanagerProps } from './alertmanager-props';

/**
 * An Alertmanager as a plain StatefulSet with its configuration in a ConfigMap; no operator, no CRDs.
 *
 * The configuration holds no secrets: it refers to keys of Secrets, which are mounted as files. A sidecar reloads the
 * server when the ConfigMap changes. The NetworkPolicy lets it reach exactly what its receivers need.
 *
 * @example
 * new Alertmanager(chart, 'alertmanager', {
 *   replicas: 2,
 *   routing: Routing.to(chat).when({ severity: 'critical' }, oncall),
 * });
 */
export class Alertmanager extends Construct implements IMonitored {
  /** Address of the web interface and API inside the cluster. */
  public readonly url: string;
  /** `host:port` of each replica: what Prometheus sends alerts to. */
  public readonly peerAddresses: readonly string[];
  public readonly connections: Connections;
  /** Scrape target and alerts about Alertmanager itself. */
  public readonly monitoring: MonitoringPack;
  /** The Service of the web interface and API. */
  public readonly service: ApiObject;
  /** The Service that gives each replica a name. */
  public readonly headlessService: ApiObject;
  public readonly statefulSet: ApiObject;
  /** ConfigMap with `alertmanager.yml` and the templates. */
  public readonly configMap: ApiObject;
  /** The ServiceAccount; it may do nothing. */
  public readonly access: ScopedAccess;
  /** The disruption budget, where there are several replicas. */
  public readonly podDisruptionBudget?: ApiObject;

  private readonly metadata: Metadata;
  private readonly replicas: number;
  private readonly storage: Storage;
  private config: AlertmanagerConfiguration;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: AlertmanagerProps,
  ) {
    super(scope, id);
    this.metadata = metadataOf('alertmanager', props, this);
    this.replicas = props.replicas ?? 1;
    this.storage = props.storage ?? Storage.emptyDir();
    this.config = props;
    this.url = serviceUrl(props, this.metadata);
    // A wrong number is reported by the check; it must not break the constructor.
    const members = Number.isInteger(this.replicas) && this.replicas > 0 ? this.replicas : 1;
    this.peerAddresses = replicaAddresses(this.metadata, members, PORT);

    this.access = new ScopedAccess(this, 'Access', this.metadata, () => []);
    this.connections = new Connections(this, 'NetworkPolicy', this.metadata, props.networkPolicy);
    this.connections.declareLate(() => this.declareConnections());
    this.configMap = new k8s.KubeConfigMap(this, 'Config', {
      metadata: this.metadata.object('config'),
      data: Lazy.any({ produce: () => configFiles(props, this.config, this.files()) }) as Record<string, string>,
    });
    this.service = this.makeService();
    this.headlessService = this.makeHeadlessService();
    this.statefulSet = this.makeStatefulSet(members);
    if (members > 1) {
      this.podDisruptionBudget = new k8s.KubePodDisruptionBudget(this, 'PodDisruptionBudget', {
        metadata: this.metadata.object(),
        spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: this.metadata.selector } },
      });
    }
    this.monitoring = {
      name: this.metadata.name,
      targets: [this.scrapeTarget()],
      rules: shipped(
        alertmanagerRules({ job: this.metadata.name, namespace: this.metadata.namespace, replicas: members }),
      ),
    };
    addCheck(this, (problems) => checkAlertmanager(props, this.config, problems));
    addWarning(this, () => this.warnings.map(({ path, property, message }) => `${path} ${property}: ${message}`));
  }

  /** How a Prometheus reaches every replica. */
  public get endpoint(): AlertmanagerEndpoint {
    const prefix = routePrefix(this.props);
    const tls = this.props.web?.tls?.client;
    return {
      addresses: this.peerAddresses,
      ...(scheme(this.props) === 'https' && { scheme: 'https' }),
      ...(prefix !== '' && { pathPrefix: prefix }),
      ...(tls && { tls }),
    };
  }

  /** Who is notified of an alert with these labels, exactly as Alertmanager decides it. */
  public routeOf(labels: Labels): readonly RoutedAlert[] {
    return routeOf(this.config, labels);
  }

  /** What Alertmanager accepts, but would warn of in its log. */
  public get warnings(): readonly Problem[] {
    return adviseAlertmanager(this.props, this.config);
  }

  /** Adds a receiver that routes name by text. */
  public addReceiver(receiver: Receiver): void {
    this.config = { ...this.config, receivers: [...(this.config.receivers ?? []), receiver] };
  }

  /** Adds a route behind those that are there; the first that matches wins. */
  public addRoute(matchers: Matchers, to: Receiver | string | Routing | RouteOptions, options?: RouteOptions): void {
    this.config = { ...this.config, routing: this.config.routing.when(matchers, to, options) };
  }

  /** Mutes alerts while others fire. */
  public addInhibitRule(rule: InhibitRule): void {
    this.config = { ...this.config, inhibitRules: [...(this.config.inhibitRules ?? []), rule] };
  }

  /** The files that the configuration refers to; noted while it is rendered. */
  private files(): MountedFiles {
    return new MountedFiles(CONFIG_ROOT);
  }

  private referencedFiles(): MountedFiles {
    const files = this.files();
    configFiles(this.props, this.config, files);
    return files;
  }

  private declareConnections(): void {
    const { connections } = this;
    if (this.replicas > 1) {
      const ports = [{ port: CLUSTER_PORT }, { port: CLUSTER_PORT, protocol: 'UDP' as const }];
      connections.connectTo(connections, ...ports);
    }
    const further = (this.props.cluster?.additionalPeers ?? []).map((address) => Number(/\d+$/.exec(address)?.[0]));
    for (const port of new Set(further)) {
      connections.allowTo(toConnection(port, '').peer, { port }, { port, protocol: 'UDP' });
    }
    for (const destination of destinationsOf(this.config)) {
      const { peer, ports } = toConnection(destination, this.metadata.namespace);
      connections.allowTo(peer, ...ports);
    }
  }

  private scrapeTarget(): ScrapeTarget {
    const { web = {} } = this.props;
    const tls = web.tls?.client;
    return ScrapeTarget.service(this.service, {
      job: this.metadata.name,
      endpoints: [
        { port: 'web', path: `${routePrefix(this.props)}/metrics`, scheme: scheme(this.props), ...(tls && { tls }) },
        { port: 'reloader-web' },
      ],
    });
  }

  private makeService(): ApiObject {
    return new k8s.KubeService(this, 'Service', {
      metadata: this.metadata.object(undefined, { 'app.kubernetes.io/component': 'server' }),
      spec: {
        selector: this.metadata.selector,
        ports: [servicePort('web', PORT), servicePort('reloader-web', RELOADER_PORT)],
      },
    });
  }

  private makeHeadlessService(): ApiObject {
    return new k8s.KubeService(this, 'HeadlessService', {
      metadata: this.metadata.object('headless', { 'app.kubernetes.io/component': 'headless' }),
      spec: {
        clusterIp: 'None',
        // Replicas look for each other before any of them is ready.
        publishNotReadyAddresses: true,
        selector: this.metadata.selector,
        ports: [
          servicePort('web', PORT),
          ...(isClustered(this.props, this.replicas)
            ? [
                servicePort('cluster-tcp', CLUSTER_PORT),
                { ...servicePort('cluster-udp', CLUSTER_PORT), protocol: 'UDP' },
              ]
            : []),
        ],
      },
    });
  }

  private makeStatefulSet(replicas: number): ApiObject {
    const claim = this.storage.claimTemplate('data');
    const data = this.storage.volume('data');
    const spec = alertmanagerPod(this.props, {
      metadata: this.metadata,
      replicas,
      volumes: () => [
        { name: 'config', configMap: { name: `${this.metadata.name}-config` } },
        ...(data === undefined ? [] : [data]),
        ...this.referencedFiles().volumes(),
      ],
      fileMounts: () => this.referencedFiles().mounts(),
    });
    return new k8s.KubeStatefulSet(this, 'StatefulSet', {
      metadata: this.metadata.object(),
      spec: {
        replicas,
        serviceName: headlessName(this.metadata),
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: this.metadata.selector },
        volumeClaimTemplates: claim === undefined ? undefined : [claim],
        template: { metadata: this.metadata.pod(), spec },
      },
    });
  }
}
