import { type ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { Connections } from '../../core/connections';
import { type ConfigFile, FileConfigMaps, toFiles } from '../../core/file-config-maps';
import { k8s } from '../../core/k8s';
import { MountedFiles } from '../../core/mounted-files';
import { type Access, ScopedAccess } from '../../core/rbac';
import { Storage } from '../../core/storage';
import { addCheck, addWarning } from '../../core/synthesis';
import { routePrefix, scheme } from '../../core/web-address';
import { type Metadata, metadataOf } from '../../core/workload';
import { toYaml } from '../../core/yaml';
import type { AlertmanagerEndpoint } from '../../model/alertmanager-endpoint';
import { type MonitoringPack, ruleGroups } from '../../model/monitoring-pack';
import { renderRuleGroup } from '../../model/rules';
import { renderNative } from '../../model/scrape/native';
import type { ScrapeTarget } from '../../model/scrape/scrape-target';
import { renderWebConfig } from '../../model/server-tls';
import { advisePacks } from '../advise-packs';
import { checkPacks } from '../check-packs';
import { checkPrometheus } from '../check-prometheus';
import { type IPrometheus, type Monitorable, toPack } from '../prometheus';
import type { PrometheusProps } from '../prometheus-props';
import { accessFor, connectPrometheus } from '../reach';
import { retentionSize } from '../retention';
import { selfMonitoring } from '../self-monitoring';
import { disruptionBudget, headlessService, PORT, webService } from '../services';
import { CONFIG_ROOT, renderConfiguration, WEB_CONFIG } from './configuration';
import { prometheusPod } from './pod';

/**
 * A Prometheus server as a plain StatefulSet with its configuration in ConfigMaps; no operator, no CRDs.
 *
 * Whatever is passed to `monitor` before synthesis becomes scrape configurations, rule files, the RBAC that finding
 * the targets needs, and the NetworkPolicy that reaching them needs; pods that are known only by a Service of others or by
 * annotations are reached by namespace. A sidecar reloads the server when
 * a ConfigMap changes.
 *
 * @example
 * const prometheus = new StandalonePrometheus(chart, 'prometheus', { retention: '30d' });
 * prometheus.monitor(ScrapeTarget.service(api, { port: 'metrics' }));
 */
export class StandalonePrometheus extends Construct implements IPrometheus {
  public readonly url: string;
  public readonly connections: Connections;
  /** The Service of the web interface and API. */
  public readonly service: ApiObject;
  /** The Service that gives each replica a name. */
  public readonly headlessService: ApiObject;
  public readonly statefulSet: ApiObject;
  /** ConfigMap with `prometheus.yml`. */
  public readonly configMap: ApiObject;
  /** ConfigMaps with the rule files. */
  public readonly rules: FileConfigMaps;
  /** ConfigMaps with the scrape configurations. */
  public readonly scrapeConfigs: FileConfigMaps;
  /** ServiceAccount, Roles and their bindings. */
  public readonly access: ScopedAccess;
  /** The disruption budget, where there are several replicas. */
  public readonly podDisruptionBudget?: ApiObject;

  private readonly metadata: Metadata;
  private readonly replicas: number;
  private readonly storage: Storage;
  private readonly files = new MountedFiles(CONFIG_ROOT);
  private readonly packs: MonitoringPack[] = [];
  private readonly alertmanagers: AlertmanagerEndpoint[];

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: PrometheusProps = {},
  ) {
    super(scope, id);
    this.metadata = metadataOf('prometheus', props, this);
    this.replicas = props.replicas ?? 1;
    this.storage = props.storage ?? Storage.emptyDir();
    this.alertmanagers = [...(props.alertmanagers ?? [])];
    const { name, namespace } = this.metadata;
    this.url = `${scheme(props)}://${name}.${namespace}.svc:${PORT}${routePrefix(props)}`;

    const access = () => this.targets().flatMap((each): readonly Access[] => accessFor(each));
    this.access = new ScopedAccess(this, 'Access', this.metadata, access, props.serviceAccountAnnotations);
    this.connections = new Connections(this, 'NetworkPolicy', this.metadata, props.networkPolicy);
    this.connections.allowToApiServer();
    this.connections.declareLate(() =>
      connectPrometheus(this.connections, props, this.targets(), this.metadata.network),
    );

    this.configMap = new k8s.KubeConfigMap(this, 'Config', {
      metadata: this.metadata.object('config'),
      data: Lazy.any({ produce: () => this.configFiles() }) as Record<string, string>,
    });
    this.scrapeConfigs = new FileConfigMaps(this, 'ScrapeConfigs', this.metadata, 'scrape-configs', () =>
      this.scrapeFiles(),
    );
    this.rules = new FileConfigMaps(this, 'Rules', this.metadata, 'rules', () => this.ruleFiles());
    this.service = webService(this, this.metadata, this.replicas);
    this.headlessService = headlessService(this, this.metadata);
    this.statefulSet = this.makeStatefulSet();
    const budget = disruptionBudget(this, this.metadata, this.replicas);
    if (budget !== undefined) {
      this.podDisruptionBudget = budget;
    }

    addWarning(this, () => [
      ...advisePacks(this.allPacks(), props.scrapeInterval ?? '30s'),
      ...this.targets()
        .filter(({ options }) => options.scrapeClass !== undefined)
        .map(
          ({ job }) =>
            `${job}: there are scrape classes with prometheus-operator only, so scrapeClass does nothing here.`,
        ),
    ]);
    addCheck(this, (problems, objects) => {
      checkPrometheus(props, problems);
      checkPacks(
        this.allPacks(),
        (props.rawScrapeConfigs ?? []).map(({ job_name }) => job_name),
        props.scrapeInterval ?? '30s',
        problems,
        objects,
      );
    });
  }

  /** What this Prometheus does about itself, without being asked: scrape target and alerts. */
  public get monitoring(): MonitoringPack {
    return selfMonitoring(this.props, this.service, {
      replicas: this.replicas,
      alertmanagers: this.alertmanagers.length > 0,
    });
  }

  public monitor(what: Monitorable): void {
    this.refuseAfterSynthesis('monitor');
    this.packs.push(toPack(what));
  }

  /** Sends alerts to an Alertmanager; one of this package hands out its `endpoint`. */
  public sendAlertsTo(endpoint: AlertmanagerEndpoint): void {
    this.refuseAfterSynthesis('sendAlertsTo');
    this.alertmanagers.push(endpoint);
  }

  /** Labels that every alert gets before it reaches an Alertmanager. */
  public get alertLabels(): Readonly<Record<string, string>> {
    return this.props.externalLabels ?? {};
  }

  /** Roles and ConfigMaps exist by then; what came later would be dropped without a word. */
  private refuseAfterSynthesis(method: string): void {
    if (this.rules.objects.length > 0) {
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

  private get replicaLabel(): string {
    return this.props.replicaLabel ?? 'prometheus_replica';
  }

  private configuration(): Record<string, unknown> {
    return renderConfiguration(this.props, {
      replicaLabel: this.replicaLabel,
      retention: this.props.retention ?? '15d',
      retentionSize: retentionSize(this.props, this.storage),
      alertmanagers: this.alertmanagers,
      files: this.files,
    });
  }

  private configFiles(): Record<string, string> {
    const tls = this.props.web?.tls;
    return {
      'prometheus.yml': toYaml(this.configuration()),
      ...(tls && { [WEB_CONFIG]: toYaml(renderWebConfig(tls, this.files)) }),
    };
  }

  private scrapeFiles(): readonly ConfigFile[] {
    const configs = this.targets().flatMap((target) =>
      renderNative(target, this.files).map((config) => ({ job: target.job, config })),
    );
    const raw = (this.props.rawScrapeConfigs ?? []).map((config) => ({ job: config.job_name, config }));
    return toFiles(
      [...configs, ...raw],
      ({ job }) => job,
      (all) => ({ scrape_configs: all.map(({ config }) => config) }),
    );
  }

  private ruleFiles(): readonly ConfigFile[] {
    const groups = this.allPacks().flatMap(ruleGroups);
    return toFiles(
      groups,
      ({ name }) => name,
      (all) => ({ groups: all.map(renderRuleGroup) }),
    );
  }

  private volumes(): readonly k8s.Volume[] {
    const data = this.storage.volume('data');
    return [
      { name: 'config', configMap: { name: `${this.metadata.name}-config` } },
      this.scrapeConfigs.volume('scrape-configs'),
      this.rules.volume('rules'),
      ...(data === undefined ? [] : [data]),
      ...this.referencedFiles().volumes(),
    ];
  }

  /** Scrape configurations were rendered before any object; `prometheus.yml` refers to files of its own. */
  private referencedFiles(): MountedFiles {
    this.configFiles();
    return this.files;
  }

  private makeStatefulSet(): ApiObject {
    const { metadata, replicas, url } = this;
    const spec = prometheusPod(this.props, {
      metadata,
      replicas,
      url,
      volumes: () => this.volumes(),
      fileMounts: () => this.referencedFiles().mounts(),
    });
    const claim = this.storage.claimTemplate('data');
    return new k8s.KubeStatefulSet(this, 'StatefulSet', {
      metadata: this.metadata.object(),
      spec: {
        replicas,
        serviceName: `${this.metadata.name}-headless`,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: this.metadata.selector },
        volumeClaimTemplates: claim === undefined ? undefined : [claim],
        template: { metadata: this.metadata.pod(), spec },
      },
    });
  }
}
