import { type ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { Connections } from '../core/connections';
import { k8s } from '../core/k8s';
import { MountedFiles } from '../core/mounted-files';
import { ScopedAccess } from '../core/rbac';
import { Storage } from '../core/storage';
import { addCheck, addWarning } from '../core/synthesis';
import { type Metadata, metadataOf } from '../core/workload';
import type { InhibitRule } from '../model/alerting/inhibit-rule';
import type { Matchers } from '../model/alerting/matcher';
import type { Receiver } from '../model/alerting/receiver';
import { type RoutedAlert, routeOf } from '../model/alerting/route-of';
import type { RouteOptions, Routing } from '../model/alerting/routing';
import type { AlertmanagerEndpoint } from '../model/alertmanager-endpoint';
import type { Labels } from '../model/label';
import type { MonitoringPack } from '../model/monitoring-pack';
import type { Problem } from '../model/problem';
import { headlessName, isClustered, membersOf, PORT, replicaAddresses, serviceUrl } from './addresses';
import type { IAlertmanager } from './alertmanager-interface';
import type { AlertmanagerProps } from './alertmanager-props';
import { adviseAlertmanager, checkAlertmanager } from './check-alertmanager';
import { CONFIG_ROOT, configFiles } from './config-files';
import { connectAlertmanager } from './connect';
import { endpointOf } from './endpoint';
import { GrowingConfiguration } from './growing-configuration';
import { alertmanagerPod } from './pod';
import { selfMonitoring } from './self-monitoring';
import { disruptionBudget, headlessService, webService } from './services';

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
export class Alertmanager extends Construct implements IAlertmanager {
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
  private readonly config: GrowingConfiguration;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: AlertmanagerProps,
  ) {
    super(scope, id);
    this.metadata = metadataOf('alertmanager', props, this);
    this.replicas = membersOf(props);
    this.storage = props.storage ?? Storage.emptyDir();
    this.config = new GrowingConfiguration(props);
    const { metadata, replicas } = this;
    this.url = serviceUrl(props, metadata);
    this.peerAddresses = replicaAddresses(metadata, replicas, PORT);

    this.access = new ScopedAccess(this, 'Access', metadata, () => []);
    this.connections = new Connections(this, 'NetworkPolicy', metadata, props.networkPolicy);
    this.connections.declareLate(() =>
      connectAlertmanager(this.connections, props, this.config.current, metadata.namespace),
    );
    this.configMap = new k8s.KubeConfigMap(this, 'Config', {
      metadata: metadata.object('config'),
      data: Lazy.any({ produce: () => configFiles(props, this.config.current, this.files()) }) as Record<
        string,
        string
      >,
    });
    this.service = webService(this, metadata);
    const gossip = isClustered(props, replicas) ? { tcp: 'cluster-tcp', udp: 'cluster-udp' } : undefined;
    this.headlessService = headlessService(this, metadata, gossip);
    this.statefulSet = this.makeStatefulSet();
    const budget = disruptionBudget(this, metadata, replicas);
    if (budget !== undefined) {
      this.podDisruptionBudget = budget;
    }
    this.monitoring = selfMonitoring(props, { metadata, service: this.service, replicas, reloaderSharesTls: false });
    addCheck(this, (problems) => checkAlertmanager(props, this.config.current, problems));
    addWarning(this, () => this.warnings.map(({ path, property, message }) => `${path} ${property}: ${message}`));
  }

  /** How a Prometheus reaches every replica. */
  public get endpoint(): AlertmanagerEndpoint {
    return endpointOf(this.props, this.metadata, this.peerAddresses);
  }

  /** Who is notified of an alert with these labels, exactly as Alertmanager decides it. */
  public routeOf(labels: Labels): readonly RoutedAlert[] {
    return routeOf(this.config.current, labels);
  }

  /** What Alertmanager accepts, but would warn of in its log. */
  public get warnings(): readonly Problem[] {
    return adviseAlertmanager(this.props, this.config.current);
  }

  public addReceiver(receiver: Receiver): void {
    this.config.addReceiver(receiver);
  }

  public addRoute(matchers: Matchers, to: Receiver | string | Routing | RouteOptions, options?: RouteOptions): void {
    this.config.addRoute(matchers, to, options);
  }

  public addInhibitRule(rule: InhibitRule): void {
    this.config.addInhibitRule(rule);
  }

  /** The files that the configuration refers to; noted while it is rendered. */
  private files(): MountedFiles {
    return new MountedFiles(CONFIG_ROOT);
  }

  private referencedFiles(): MountedFiles {
    const files = this.files();
    configFiles(this.props, this.config.current, files);
    return files;
  }

  private makeStatefulSet(): ApiObject {
    const { replicas } = this;
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
