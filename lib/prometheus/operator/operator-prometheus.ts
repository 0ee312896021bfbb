import { ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { Connections } from '../../core/connections';
import { k8s } from '../../core/k8s';
import { MountedFiles } from '../../core/mounted-files';
import { operatorStorage } from '../../core/operator-storage';
import { Peer } from '../../core/peer';
import { type Access, ScopedAccess } from '../../core/rbac';
import { Storage } from '../../core/storage';
import { addCheck, addLateObjects, addWarning } from '../../core/synthesis';
import { routePrefix, scheme } from '../../core/web-address';
import { type Metadata, metadataOf } from '../../core/workload';
import { toYaml } from '../../core/yaml';
import { type AlertmanagerEndpoint, renderAlertmanagerEndpoint } from '../../model/alertmanager-endpoint';
import type { Labels } from '../../model/label';
import { type MonitoringPack, ruleGroups } from '../../model/monitoring-pack';
import { renderRelabel } from '../../model/relabel';
import { ScrapeTarget } from '../../model/scrape/scrape-target';
import { advisePacks } from '../advise-packs';
import { checkPacks } from '../check-packs';
import { checkPrometheus } from '../check-prometheus';
import { type IPrometheus, type Monitorable, type MonitorSelection, toPack } from '../prometheus';
import type { PrometheusProps } from '../prometheus-props';
import { accessFor, connectPrometheus, endpointsAccess } from '../reach';
import { retentionSize } from '../retention';
import { selfMonitoring } from '../self-monitoring';
import { disruptionBudget, headlessService, PORT, webService } from '../services';
import { adviseForeignMonitors, checkForeignMonitors } from './check-foreign-monitors';
import { adviseOperator, checkOperator } from './check-operator';
import { OperatorObjects } from './operator-objects';
import type { OperatorOptions } from './operator-props';
import { isFoundByService, prometheusSpec } from './prometheus-spec';
import { declareSelection } from './selection';

/** A Prometheus that prometheus-operator runs. */
export interface OperatorPrometheusProps extends PrometheusProps, OperatorOptions {}

/** Where the operator mounts Secrets and ConfigMaps. */
const CONFIG_ROOT = '/etc/prometheus';
/** Keys of the Secret with what only Prometheus' own spelling can say. */
const SCRAPE_CONFIGS = 'scrape-configs.yaml';
const ALERTMANAGERS = 'alertmanagers.yaml';

/**
 * A Prometheus as a custom resource of prometheus-operator, with monitors and rules as custom resources.
 *
 * It takes the same props and monitors the same packs as `StandalonePrometheus`, and the same series come out. Whoever
 * runs the operator: `PrometheusOperator` of this package, or a release that exists.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.Prometheus
 *
 * @example
 * const prometheus = new OperatorPrometheus(chart, 'prometheus', { retention: '30d', shards: 2 });
 * prometheus.monitor(ScrapeTarget.service(api, { port: 'metrics' }));
 */
export class OperatorPrometheus extends Construct implements IPrometheus {
  public readonly url: string;
  public readonly connections: Connections;
  public readonly monitorSelection: MonitorSelection;
  /** The Prometheus, or PrometheusAgent. */
  public readonly resource: ApiObject;
  /** The Service of the web interface and API. */
  public readonly service: ApiObject;
  /** The Service that gives each replica a name. */
  public readonly headlessService: ApiObject;
  /** Monitors and rules. */
  public readonly objects: OperatorObjects;
  /** ServiceAccount, Roles and their bindings. */
  public readonly access: ScopedAccess;
  /** The disruption budget, where there are several replicas. */
  public readonly podDisruptionBudget?: ApiObject;
  /** Labels that monitors and rules bear. */
  public readonly selectorLabels: Labels;

  private readonly metadata: Metadata;
  private readonly replicas: number;
  private readonly replicaLabel: string;
  private readonly storage: Storage;
  private readonly additional: Construct;
  private readonly packs: MonitoringPack[] = [];
  private readonly alertmanagers: AlertmanagerEndpoint[];
  private readonly admitted: Set<string>;
  private isSynthesized = false;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: OperatorPrometheusProps = {},
  ) {
    super(scope, id);
    // The operator labels the pods of an agent so.
    this.metadata = metadataOf(props.agent === true ? 'prometheus-agent' : 'prometheus', props, this);
    this.replicas = props.replicas ?? 1;
    this.replicaLabel = props.replicaLabel ?? 'prometheus_replica';
    this.storage = props.storage ?? Storage.emptyDir();
    this.alertmanagers = [...(props.alertmanagers ?? [])];
    this.admitted = new Set(props.foreignMonitors?.namespaces ?? []);
    const { metadata } = this;
    this.url = `${scheme(props)}://${metadata.name}.${metadata.namespace}.svc:${PORT}${routePrefix(props)}`;
    this.selectorLabels = props.selectorLabels ?? { prometheus: metadata.name };
    this.monitorSelection = {
      labels: this.selectorLabels,
      // It looks wherever a namespace is admitted.
      reaches: () => true,
      admit: (namespace) => {
        this.refuseAfterSynthesis('admit');
        this.admitted.add(namespace);
      },
    };

    this.access = new ScopedAccess(this, 'Access', metadata, () => this.accesses(), props.serviceAccountAnnotations);
    this.connections = new Connections(this, 'NetworkPolicy', metadata, props.networkPolicy);
    this.connections.allowToApiServer();
    this.connections.declareLate(() => this.declareConnections());
    this.objects = new OperatorObjects(this, 'Objects', {
      metadata,
      selectorLabels: this.selectorLabels,
      // Several in one namespace have monitors and rules of their own.
      namePrefix: metadata.name === metadata.component ? '' : `${metadata.name}-`,
      ownsScrapeClasses: true,
      evaluatesRules: props.agent !== true,
      defaultScrapeClass: props.scrapeClasses?.find((each) => each.default === true),
      packs: () => this.allPacks(),
    });
    this.service = webService(this, metadata, this.replicas);
    this.headlessService = headlessService(this, metadata, this.hasSidecar);
    // In front of what refers to it, so that the operator finds it.
    this.additional = new Construct(this, 'AdditionalConfigs');
    this.resource = this.makeResource();
    const budget = disruptionBudget(this, metadata, this.replicas);
    if (budget !== undefined) {
      this.podDisruptionBudget = budget;
    }
    addLateObjects(this, () => this.makeLateObjects());
    declareSelection(this, () => this.selection);
    addWarning(this, (objects) => [
      ...advisePacks(this.allPacks(), props.scrapeInterval ?? '30s'),
      ...this.unserved(),
      ...adviseOperator(props),
      ...adviseForeignMonitors(objects, this.selection),
    ]);
    addCheck(this, (problems, objects) => {
      const raw = (props.rawScrapeConfigs ?? []).map(({ job_name }) => job_name);
      checkPrometheus(props, problems);
      checkPacks(this.allPacks(), raw, props.scrapeInterval ?? '30s', problems, objects);
      checkOperator(props, props, this.allPacks(), this.objects.scrapeClasses, problems);
      this.objects.checkNames(problems);
      checkForeignMonitors(objects, this.selection, this.access, problems);
    });
  }

  /** What this Prometheus does about itself, without being asked: scrape target and alerts. */
  public get monitoring(): MonitoringPack {
    const { targets = [], ...pack } = selfMonitoring(this.props, this.service, {
      replicas: this.replicas,
      alertmanagers: this.alertmanagers.length > 0,
    });
    const sidecars = this.hasSidecar
      ? [ScrapeTarget.service(this.headlessService, { job: 'thanos-sidecar', port: 'http' })]
      : [];
    return { ...pack, targets: [...targets.map((target) => this.withSharedTls(target)), ...sidecars] };
  }

  /** An agent has no blocks, so no sidecar; asking for both is a problem. */
  private get hasSidecar(): boolean {
    return this.props.thanos !== undefined && this.props.agent !== true;
  }

  /** The operator gives its reloader the TLS of the server. */
  private withSharedTls(target: ScrapeTarget): ScrapeTarget {
    const { tls } = this.props.web ?? {};
    if (tls === undefined) {
      return target;
    }
    const transport = { scheme: 'https' as const, ...(tls.client && { tls: tls.client }) };
    const endpoints = (target.options.endpoints ?? []).map((endpoint) => ({ ...endpoint, ...transport }));
    return ScrapeTarget.service(this.service, { ...target.options, endpoints });
  }

  public monitor(what: Monitorable): void {
    this.refuseAfterSynthesis('monitor');
    this.packs.push(toPack(what));
  }

  public sendAlertsTo(endpoint: AlertmanagerEndpoint): void {
    this.refuseAfterSynthesis('sendAlertsTo');
    this.alertmanagers.push(endpoint);
  }

  public get alertLabels(): Labels {
    return this.props.externalLabels ?? {};
  }

  /** Namespaces whose monitors and rules are taken up: those that the operator must be allowed to read. */
  public get monitorNamespaces(): readonly string[] {
    return [...new Set([this.metadata.namespace, ...this.admitted])].sort();
  }

  private get selection() {
    const { selectorLabels: labels, monitorNamespaces: namespaces } = this;
    return { labels, namespaces, evaluatesRules: this.props.agent !== true };
  }

  /** Roles and monitors exist by then; what came later would be dropped without a word. */
  private refuseAfterSynthesis(method: string): void {
    if (this.isSynthesized) {
      throw new Error(
        `${this.node.path}: ${method} was called after the app was synthesized. Call it before app.synth().`,
      );
    }
  }

  private allPacks(): readonly MonitoringPack[] {
    return [this.monitoring, ...this.packs];
  }

  private targets(): readonly ScrapeTarget[] {
    return this.allPacks().flatMap((pack) => pack.targets ?? []);
  }

  private accesses(): readonly Access[] {
    const found = this.alertmanagers.filter(isFoundByService).flatMap(({ service }) => service?.namespace ?? []);
    return [
      ...this.targets().flatMap((target): readonly Access[] => accessFor(target)),
      ...[...new Set([...found, ...this.admitted])].map((namespace) => endpointsAccess([namespace])),
    ];
  }

  private declareConnections(): void {
    connectPrometheus(this.connections, this.props, this.targets(), this.metadata.network);
    for (const namespace of this.admitted) {
      this.connections.allowTo(Peer.namespace(namespace));
    }
    if (this.hasSidecar) {
      this.connections.allowFrom(this.connections.peer, { port: 'http' });
      if (this.props.thanos?.objectStorageConfig !== undefined) {
        // Only the Secret knows where the store is.
        this.connections.allowTo(Peer.anywhere(), { port: 443 });
      }
    }
  }

  /** What an agent, or a shard, was given but cannot do. */
  private unserved(): readonly string[] {
    if (this.props.agent !== true) {
      return (this.props.shards ?? 1) > 1
        ? [
            'each shard evaluates rules on its own targets alone, so rules that join or count targets see a part. Evaluate ' +
              'those where all shards are read, such as in a ThanosRuler.',
          ]
        : [];
    }
    const rules = this.packs.flatMap(ruleGroups).flatMap((group) => group.rules).length;
    return [
      ...(rules === 0
        ? []
        : [`an agent evaluates no rules, so ${rules} are not written. Evaluate them where the samples go.`]),
      ...(this.alertmanagers.length === 0
        ? []
        : ['an agent sends no alerts, so no Alertmanager hears of it. Send them from where the samples go.']),
    ];
  }

  private makeResource(): ApiObject {
    const agent = this.props.agent === true;
    return new ApiObject(this, 'Prometheus', {
      apiVersion: agent ? 'monitoring.coreos.com/v1alpha1' : 'monitoring.coreos.com/v1',
      kind: agent ? 'PrometheusAgent' : 'Prometheus',
      metadata: this.metadata.object(),
      spec: Lazy.any({ produce: () => this.spec() }),
    });
  }

  private spec(): Record<string, unknown> {
    const files = new MountedFiles(CONFIG_ROOT);
    const further = this.additionalConfigs(files);
    const secret = `${this.metadata.name}-additional`;
    const selector = (key: string) => (further[key] === undefined ? undefined : { name: secret, key });
    return prometheusSpec(this.props, this.props, {
      metadata: this.metadata,
      url: this.url,
      replicas: this.replicas,
      replicaLabel: this.replicaLabel,
      retentionSize: retentionSize(this.props, this.storage),
      storage: operatorStorage(this.storage),
      alertmanagers: this.alertmanagers.filter(isFoundByService),
      additionalScrapeConfigs: selector(SCRAPE_CONFIGS),
      additionalAlertmanagers: selector(ALERTMANAGERS),
      secrets: files.names('Secret'),
      configMaps: files.names('ConfigMap'),
      scrapeClasses: this.objects.scrapeClasses,
      selectorLabels: this.selectorLabels,
      namespaces: this.monitorNamespaces,
      texts: this.objects.configMapTexts,
    });
  }

  /** What the custom resource takes only in Prometheus' own spelling, out of a Secret; no secret is in it. */
  private additionalConfigs(files: MountedFiles): Readonly<Record<string, string>> {
    const raw = this.props.rawScrapeConfigs ?? [];
    const byAddress = this.alertmanagers.filter((endpoint) => !isFoundByService(endpoint));
    const relabelings = this.props.ruleEvaluation?.alertRelabelings?.map(renderRelabel);
    return {
      ...(raw.length > 0 && { [SCRAPE_CONFIGS]: toYaml(raw) }),
      ...(byAddress.length > 0 && {
        [ALERTMANAGERS]: toYaml(
          byAddress.map((endpoint) => ({
            ...renderAlertmanagerEndpoint(endpoint, files),
            alert_relabel_configs: relabelings,
          })),
        ),
      }),
    };
  }

  private makeLateObjects(): void {
    const configs = Object.entries(this.additionalConfigs(new MountedFiles(CONFIG_ROOT)));
    if (configs.length > 0) {
      new k8s.KubeSecret(this.additional, 'Secret', {
        metadata: this.metadata.object('additional'),
        // Encoded, as the API server gives it back.
        data: Object.fromEntries(configs.map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
      });
    }
    // Rendered once, so that every text which it refers to is known.
    this.spec();
    this.objects.makeConfigMap();
    this.isSynthesized = true;
  }
}
