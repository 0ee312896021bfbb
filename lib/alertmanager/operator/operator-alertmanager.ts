import { ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { Connections } from '../../core/connections';
import { k8s } from '../../core/k8s';
import { MountedFiles } from '../../core/mounted-files';
import { operatorStorage } from '../../core/operator-storage';
import { ScopedAccess } from '../../core/rbac';
import { Storage } from '../../core/storage';
import { addCheck, addWarning } from '../../core/synthesis';
import { type Metadata, metadataOf } from '../../core/workload';
import type { InhibitRule } from '../../model/alerting/inhibit-rule';
import type { Matchers } from '../../model/alerting/matcher';
import type { Receiver } from '../../model/alerting/receiver';
import { type RoutedAlert, routeOf } from '../../model/alerting/route-of';
import type { RouteOptions, Routing } from '../../model/alerting/routing';
import type { AlertmanagerEndpoint } from '../../model/alertmanager-endpoint';
import type { Labels } from '../../model/label';
import type { MonitoringPack } from '../../model/monitoring-pack';
import type { Problem } from '../../model/problem';
import { isClustered, membersOf, PORT, replicaAddresses, serviceUrl } from '../addresses';
import type { IAlertmanager } from '../alertmanager-interface';
import type { AlertmanagerProps } from '../alertmanager-props';
import { adviseAlertmanager, checkAlertmanager } from '../check-alertmanager';
import { CONFIG_ROOT, operatorConfigFiles } from '../config-files';
import { connectAlertmanager } from '../connect';
import { endpointOf } from '../endpoint';
import { GrowingConfiguration } from '../growing-configuration';
import { selfMonitoring } from '../self-monitoring';
import { disruptionBudget, headlessService, webService } from '../services';
import { alertmanagerSpec } from './alertmanager-spec';
import { adviseOperatorAlertmanager, checkOperatorAlertmanager } from './check-operator-alertmanager';

/**
 * An Alertmanager as a custom resource of prometheus-operator.
 *
 * It takes the same props as `Alertmanager`, and the program reads the same configuration: from a Secret, as the
 * operator wants it, though it holds no secrets either. The operator hands it on as it is, since the custom resource
 * selects no AlertmanagerConfigs. Services, NetworkPolicy and disruption budget are those of `Alertmanager`.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.Alertmanager
 *
 * @example
 * new OperatorAlertmanager(chart, 'alertmanager', {
 *   replicas: 2,
 *   routing: Routing.to(chat).when({ severity: 'critical' }, oncall),
 * });
 */
export class OperatorAlertmanager extends Construct implements IAlertmanager {
  public readonly url: string;
  /** `host:port` of each replica: what a Prometheus without the operator sends alerts to. */
  public readonly peerAddresses: readonly string[];
  public readonly connections: Connections;
  /** Scrape target and alerts about Alertmanager itself. */
  public readonly monitoring: MonitoringPack;
  /** The Alertmanager. */
  public readonly resource: ApiObject;
  /** Secret with `alertmanager.yaml` and the templates. */
  public readonly configSecret: ApiObject;
  /** The Service of the web interface and API. */
  public readonly service: ApiObject;
  /** The Service that gives each replica a name. */
  public readonly headlessService: ApiObject;
  /** The ServiceAccount; it may do nothing. */
  public readonly access: ScopedAccess;
  /** The disruption budget, where there are several replicas. */
  public readonly podDisruptionBudget?: ApiObject;

  private readonly metadata: Metadata;
  private readonly replicas: number;
  private readonly config: GrowingConfiguration;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: AlertmanagerProps,
  ) {
    super(scope, id);
    this.metadata = metadataOf('alertmanager', props, this);
    this.replicas = membersOf(props);
    this.config = new GrowingConfiguration(props);
    const { metadata, replicas } = this;
    this.url = serviceUrl(props, metadata);
    this.peerAddresses = replicaAddresses(metadata, replicas, PORT, `alertmanager-${metadata.name}`);

    this.access = new ScopedAccess(this, 'Access', metadata, () => []);
    this.connections = new Connections(this, 'NetworkPolicy', metadata, props.networkPolicy);
    this.connections.declareLate(() =>
      connectAlertmanager(this.connections, props, this.config.current, metadata.namespace),
    );
    this.configSecret = this.makeConfigSecret();
    this.service = webService(this, metadata);
    const gossip = isClustered(props, replicas) ? { tcp: 'mesh-tcp', udp: 'mesh-udp' } : undefined;
    this.headlessService = headlessService(this, metadata, gossip);
    this.resource = this.makeResource();
    const budget = disruptionBudget(this, metadata, replicas);
    if (budget !== undefined) {
      this.podDisruptionBudget = budget;
    }
    this.monitoring = selfMonitoring(props, { metadata, service: this.service, replicas, reloaderSharesTls: true });
    addCheck(this, (problems) => {
      checkAlertmanager(props, this.config.current, problems);
      checkOperatorAlertmanager(props, { metadata, ...this.rendered() }, problems);
    });
    addWarning(this, () => this.warnings.map(({ path, property, message }) => `${path} ${property}: ${message}`));
  }

  public get endpoint(): AlertmanagerEndpoint {
    return endpointOf(this.props, this.metadata, this.peerAddresses);
  }

  public routeOf(labels: Labels): readonly RoutedAlert[] {
    return routeOf(this.config.current, labels);
  }

  public get warnings(): readonly Problem[] {
    return [
      ...adviseAlertmanager(this.props, this.config.current),
      ...adviseOperatorAlertmanager(this.rendered().data),
    ];
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

  /** The files of the Secret, and what they refer to; the operator mounts that under the same paths as we do. */
  private rendered(): { readonly data: Record<string, string>; readonly files: MountedFiles } {
    const files = new MountedFiles(CONFIG_ROOT);
    return { data: operatorConfigFiles(this.config.current, files), files };
  }

  private makeConfigSecret(): ApiObject {
    const encoded = () =>
      Object.fromEntries(
        // Encoded, as the API server gives it back.
        Object.entries(this.rendered().data).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
      );
    return new k8s.KubeSecret(this, 'Config', {
      metadata: this.metadata.object('config'),
      data: Lazy.any({ produce: encoded }) as Record<string, string>,
    });
  }

  private makeResource(): ApiObject {
    const { metadata, replicas, props } = this;
    const spec = () => {
      const { files } = this.rendered();
      return alertmanagerSpec(props, {
        metadata,
        replicas,
        configSecret: this.configSecret.name,
        secrets: files.names('Secret'),
        configMaps: files.names('ConfigMap'),
        storage: operatorStorage(props.storage ?? Storage.emptyDir()),
      });
    };
    return new ApiObject(this, 'Alertmanager', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'Alertmanager',
      metadata: metadata.object(),
      spec: Lazy.any({ produce: spec }),
    });
  }
}
