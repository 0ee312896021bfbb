import { type ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import type { Alertmanager } from './alertmanager/alertmanager';
import type { AlertmanagerProps } from './alertmanager/alertmanager-props';
import { type AlertRouter, Backend, isOwnAlertmanager } from './backend';
import type { ClusterProfile } from './core/cluster-profile';
import type { Connections } from './core/connections';
import { GitOps } from './core/gitops/gitops';
import { layOut } from './core/gitops/layout';
import { type ImageOptions, Images, listImages } from './core/images';
import { lock } from './core/lock-file';
import { allowSystemPriority, namespaceWithLevel } from './core/namespace';
import { addCheck, addOutputFile, addTitle, addWarning } from './core/synthesis';
import { DataSource } from './grafana/data-source';
import { Grafana, type GrafanaProps } from './grafana/grafana';
import { SidecarDashboards } from './grafana/sidecar-dashboards';
import type { RoutedAlert } from './model/alerting/route-of';
import { Routing } from './model/alerting/routing';
import { defined } from './model/defined';
import { checkDuration } from './model/duration';
import type { Labels } from './model/label';
import { type MonitoringPack, ruleGroups } from './model/monitoring-pack';
import { shipped } from './model/rules';
import type { PrometheusOperator } from './prometheus/operator/prometheus-operator';
import { type IPrometheus, type Monitorable, toPack } from './prometheus/prometheus';
import type { PrometheusProps } from './prometheus/prometheus-props';
import type { StandalonePrometheus } from './prometheus/standalone/standalone-prometheus';
import { generalRules } from './targets/general-rules';
import { bindGpus, type Gpu } from './targets/gpu/gpu';
import type { BoundGpu } from './targets/gpu/gpu-source';
import { KubeStateMetrics, type KubeStateMetricsProps } from './targets/kube-state-metrics/kube-state-metrics';
import { checkKubernetes, type KubernetesOptions, kubernetesPacks } from './targets/kubernetes/kubernetes';
import { NodeExporter, type NodeExporterProps } from './targets/node-exporter/node-exporter';

/** What the stack decides for its parts. */
type Decided = 'namespace' | 'images' | 'network' | 'userIds';

/** A whole monitoring stack for one cluster. */
export interface MonitoringStackProps<
  P extends IPrometheus = StandalonePrometheus,
  A extends AlertRouter = Alertmanager,
> {
  /** What is true of the cluster because of its distribution; also gives the external label `cluster`. */
  readonly cluster: ClusterProfile;
  /** Namespace of everything but the node agents, which get `<namespace>-node-agents`. @default monitoring */
  readonly namespace?: string;
  /** Makes the namespaces, with their Pod Security labels. @default true */
  readonly createNamespaces?: boolean;
  /** How images are rewritten, for a mirror. @default - the pinned upstream images */
  readonly images?: ImageOptions;
  /** Secrets by which images are pulled. @default - none */
  readonly imagePullSecrets?: readonly string[];
  /** Makes NetworkPolicies from the connections of the stack. @default true */
  readonly networkPolicies?: boolean;
  readonly prometheus?: Omit<PrometheusProps, Decided>;
  /** Who gets which alert. @default - nobody, with a warning */
  readonly alerting?: Routing;
  /** Options of the Alertmanager; false for none. @default - one replica */
  readonly alertmanager?: Omit<AlertmanagerProps, Decided | 'routing'> | false;
  /** Options of Grafana; false for none. @default - the admin of the Secret `grafana-admin`, not exposed */
  readonly grafana?: Omit<GrafanaProps, Decided> | false;
  /** Options of node-exporter; false for none. @default - on every Linux node */
  readonly nodeExporter?: Omit<NodeExporterProps, Decided> | false;
  /** Options of kube-state-metrics; false for none. @default - everything but Secrets and ConfigMaps */
  readonly kubeStateMetrics?: Omit<KubeStateMetricsProps, Decided> | false;
  /** Which parts of Kubernetes are monitored; false for none. @default - all that the cluster profile allows */
  readonly kubernetes?: KubernetesOptions | false;
  /** Who runs Prometheus and Alertmanager. @default Backend.standalone() */
  readonly backend?: Backend<P, A>;
  /** GPUs of the cluster, and the exporters that say how they are. @default - none */
  readonly gpus?: readonly Gpu[];
  /** How the output is laid out, and in which order it is applied. @default GitOps.none() */
  readonly gitops?: GitOps;
  /**
   * Path of a file with what must not change unnoticed: selectors, claims and names of alerts.
   *
   * @default - changes are not noticed
   */
  readonly lockFile?: string;
}

/**
 * Prometheus, Alertmanager, Grafana, exporters, rules and dashboards for one cluster, as one construct.
 *
 * Each part lies in a chart, and so in a file, of its own: `<id>-prometheus.k8s.yaml`. Everything is checked together
 * when the app is synthesized; nothing is written while anything is wrong.
 *
 * @example
 * new MonitoringStack(app, 'monitoring', { cluster: ClusterProfile.kubeadm('training-1') });
 */
export class MonitoringStack<
  P extends IPrometheus = StandalonePrometheus,
  A extends AlertRouter = Alertmanager,
> extends Construct {
  public readonly prometheus: P;
  /** Whoever routes alerts: the Alertmanager, or the AlertmanagerConfig for somebody else's. */
  public readonly alertmanager?: A;
  /** The operator that this stack brings. */
  public readonly operator?: PrometheusOperator;
  public readonly grafana?: Grafana;
  public readonly nodeExporter?: NodeExporter;
  public readonly kubeStateMetrics?: KubeStateMetrics;

  /** What became of the GPUs, in the order in which they were passed. */
  public readonly gpus: readonly BoundGpu[];

  /** The namespaces that the stack makes. */
  public readonly namespaces: readonly ApiObject[];

  private readonly backend: Backend<P, A>;
  private readonly charts: Chart[] = [];
  private readonly packs: MonitoringPack[] = [];
  private dashboards: SidecarDashboards | undefined;
  /** Dashboards of packs that no Grafana shows. */
  private readonly unseen: string[] = [];

  /** @param scope an App, or a construct under one that is not inside a Chart. */
  public constructor(
    scope: Construct,
    private readonly id: string,
    private readonly props: MonitoringStackProps<P, A>,
  ) {
    super(scope, id);
    if (props?.cluster === undefined) {
      throw new Error(
        `${this.node.path}: cluster is missing. Allowed: a profile, such as ClusterProfile.kubeadm('name').`,
      );
    }
    if (scope.node.scopes.some((parent) => Chart.isChart(parent))) {
      throw new Error(
        `${this.node.path}: a MonitoringStack makes charts of its own, so its scope cannot be inside a Chart ` +
          `(${scope.node.path} is). Allowed: the App.`,
      );
    }
    const { cluster } = props;
    const namespace = props.namespace ?? 'monitoring';
    const images = Images.of(props.images);
    const shared = {
      namespace,
      images,
      network: cluster.network,
      userIds: cluster.assignsUserIds ? ('assigned' as const) : ('fixed' as const),
      networkPolicy: props.networkPolicies ?? true,
      ...(props.imagePullSecrets && { imagePullSecrets: props.imagePullSecrets }),
    };
    this.backend = props.backend ?? (Backend.standalone() as unknown as Backend<P, A>);
    const hasAgents = this.wants('nodeExporter') || (props.gpus ?? []).some(({ runsOnNodes }) => runsOnNodes);
    this.namespaces = this.makeNamespaces(namespace, hasAgents);

    const parts = this.backend.make(
      { chart: (part) => this.chart(part), shared },
      {
        ...defined(props.prometheus ?? {}),
        externalLabels: { cluster: cluster.name, ...props.prometheus?.externalLabels },
      },
    );
    this.prometheus = parts.prometheus;
    if (parts.operator !== undefined) {
      this.operator = parts.operator;
      this.own(parts.operator.monitoring, parts.operator.connections);
    }
    const router = parts.alertmanager(
      this.wants('alertmanager') || this.backend.isAddition ? defined(props.alertmanager || {}) : undefined,
      props.alerting ?? (this.backend.isAddition ? undefined : Routing.none()),
    );
    if (router !== undefined) {
      this.alertmanager = router;
    }
    if (isOwnAlertmanager(router)) {
      this.prometheus.sendAlertsTo(router.endpoint);
      this.own(router.monitoring, router.connections);
      this.prometheus.connections.allowTo(router.connections.peer, { port: 'web' });
    }
    if (this.wants('kubeStateMetrics')) {
      const options = { ...shared, ...defined(props.kubeStateMetrics || {}) };
      this.kubeStateMetrics = new KubeStateMetrics(this.chart('kube-state-metrics'), 'kube-state-metrics', options);
      this.own(this.kubeStateMetrics.monitoring, this.kubeStateMetrics.connections);
    }
    if (this.wants('nodeExporter')) {
      const { nodeAccessClusterRole, nodeExporterPort } = cluster;
      const options = {
        ...shared,
        port: nodeExporterPort,
        ...(nodeAccessClusterRole !== undefined && { nodeAccessClusterRole }),
        ...defined(props.nodeExporter || {}),
        namespace: nodeAgents(namespace),
      };
      this.nodeExporter = new NodeExporter(this.chart('node-exporter'), 'node-exporter', options);
      this.monitor(this.nodeExporter);
    }
    if (this.wants('grafana')) {
      this.grafana = this.makeGrafana({ ...shared, ...defined(props.grafana || {}) });
    }
    for (const pack of this.wants('kubernetes') ? kubernetesPacks(cluster, props.kubernetes || {}) : []) {
      this.monitor(pack);
    }
    if (!this.backend.isAddition) {
      this.monitor({ name: 'general', rules: shipped(generalRules()) });
    }
    this.gpus = bindGpus(props.gpus ?? [], {
      scope: this,
      chart: (part) => this.chart(part),
      agents: { ...shared, namespace: nodeAgents(namespace) },
      ...(cluster.nodeAccessClusterRole !== undefined && { nodeAccessClusterRole: cluster.nodeAccessClusterRole }),
      prometheus: this.prometheus,
      ...(parts.prometheusAccess && { prometheusAccess: parts.prometheusAccess }),
      monitor: (what) => this.monitor(what),
    });
    this.register();
  }

  /** Scrapes targets, evaluates rules and shows dashboards: of a target alone, a pack, or a thing that brings one. */
  public monitor(what: Monitorable): void {
    const pack = toPack(what);
    this.packs.push(pack);
    this.prometheus.monitor(pack);
    for (const dashboard of pack.dashboards ?? []) {
      const shown = this.grafana ?? this.sidecarDashboards();
      if (shown === undefined) {
        this.unseen.push(dashboard.uid);
      } else {
        shown.addDashboard(dashboard);
      }
    }
  }

  /**
   * Who would get an alert with these labels, by the rules of Alertmanager; in the order of notification.
   *
   * The external labels that Prometheus adds are added here too.
   */
  public routeOf(labels: Labels): readonly RoutedAlert[] {
    return this.alertmanager?.routeOf({ ...this.prometheus.alertLabels, ...labels }) ?? [];
  }

  /** Dashboards for the Grafana of a release that exists, made with the first one. */
  private sidecarDashboards(): SidecarDashboards | undefined {
    if (this.backend.isAddition && this.props.grafana !== false) {
      const options = { namespace: this.props.namespace ?? 'monitoring', ...this.backend.more.dashboards };
      this.dashboards ??= new SidecarDashboards(this.chart('dashboards'), 'dashboards', options);
    }
    return this.dashboards;
  }

  /** Whether a part is made: as the user says; else unless the cluster has one, or nothing here could use it. */
  private wants(part: 'alertmanager' | 'grafana' | 'nodeExporter' | 'kubeStateMetrics' | 'kubernetes'): boolean {
    const option = this.props[part];
    if (part === 'alertmanager' && this.backend.isAddition) {
      return false;
    }
    const isUseful = this.backend.evaluatesRules || !['alertmanager', 'grafana'].includes(part);
    return option === undefined ? !this.backend.isAddition && isUseful : option !== false;
  }

  private chart(component: string): Chart {
    const id = `${this.id}-${component}`;
    const chart = new Chart(this.node.scope as Construct, id, { disableResourceNameHashes: true });
    this.charts.push(chart);
    return chart;
  }

  private makeNamespaces(namespace: string, withNodeAgents: boolean): readonly ApiObject[] {
    const { createNamespaces = true, cluster } = this.props;
    // A release that exists has its namespace; agents on the nodes still need one of their own.
    const withOwn = createNamespaces && !this.backend.isAddition;
    const withAgents = createNamespaces && withNodeAgents;
    if (!withOwn && !withAgents) {
      return [];
    }
    const chart = this.chart('namespaces');
    const agents = nodeAgents(namespace);
    if (withAgents && cluster.limitsSystemPriority) {
      allowSystemPriority(chart, agents);
    }
    return [
      ...(withOwn ? [namespaceWithLevel(chart, namespace, namespace, 'restricted')] : []),
      // What sees the host's processes and network passes no lower level.
      ...(withAgents ? [namespaceWithLevel(chart, agents, agents, 'privileged')] : []),
    ];
  }

  private makeGrafana(props: GrafanaProps): Grafana {
    const grafana = new Grafana(this.chart('grafana'), 'grafana', props);
    const { scrapeInterval = '30s', web: { tls } = {} } = this.props.prometheus ?? {};
    grafana.addDataSource(
      DataSource.prometheus({
        url: this.prometheus.url,
        isDefault: true,
        // A wrong one is reported where it was set.
        ...(checkDuration(scrapeInterval) === undefined && { timeInterval: scrapeInterval }),
        ...(tls?.client && { tls: tls.client }),
      }),
      this.prometheus.connections.peer,
    );
    this.prometheus.connections.allowFrom(grafana.connections.peer, { port: 'web' });
    const router: AlertRouter | undefined = this.alertmanager;
    if (isOwnAlertmanager(router)) {
      const client = router.endpoint.tls;
      grafana.addDataSource(
        DataSource.alertmanager({ url: router.url, ...(client && { tls: client }) }),
        router.connections.peer,
      );
      router.connections.allowFrom(grafana.connections.peer, { port: 'web' });
    }
    this.own(grafana.monitoring, grafana.connections);
    return grafana;
  }

  /** Monitors a part of the stack, and lets Prometheus in. */
  private own(pack: MonitoringPack, connections: Connections): void {
    this.monitor(pack);
    const ports = (pack.targets ?? []).flatMap(({ endpoints }) => endpoints.map(({ port }) => ({ port })));
    connections.allowFrom(this.prometheus.connections.peer, ...ports);
  }

  private alertNames(): readonly string[] {
    const own = 'monitoring' in this.prometheus ? [this.prometheus.monitoring as MonitoringPack] : [];
    const rules = [...own, ...this.packs].flatMap(ruleGroups).flatMap((group) => group.rules);
    return rules.filter(({ kind }) => kind === 'alert').map(({ name }) => name);
  }

  private register(): void {
    const { cluster, alerting, alertmanager, kubernetes, prometheus } = this.props;
    const scrapesKubelet = this.wants('kubernetes') && !cluster.kubeletThroughApiServer;
    addTitle(this, `${cluster.name}/${this.node.path}`);
    addOutputFile(this, 'images.txt', listImages);
    const { gitops = GitOps.none(), lockFile } = this.props;
    const { crds } = this.backend.more;
    layOut(this, { gitOps: gitops, charts: () => this.charts, ...(crds && { crds }) });
    if (lockFile !== undefined) {
      lock(this, {
        path: lockFile,
        name: `${cluster.name}/${this.node.path}`,
        charts: () => this.charts,
        alerts: () => this.alertNames(),
      });
    }
    addCheck(this, (problems) => {
      if (alertmanager === false && alerting !== undefined) {
        problems.add(
          'alerting',
          'There is no Alertmanager that could route (alertmanager: false). Leave one of them out.',
        );
      }
      if (!this.backend.evaluatesRules && (alerting !== undefined || alertmanager)) {
        problems.add('alerting', 'An agent evaluates no rules, so there are no alerts. Leave it out, or the agent.');
      }
      if (this.backend.isAddition) {
        for (const [property, value] of Object.entries({ prometheus, alertmanager: alertmanager || undefined })) {
          if (value !== undefined) {
            problems.add(
              property,
              'It belongs to the release that exists, so nothing can be set here. Leave it out, and set it there.',
            );
          }
        }
      }
      checkKubernetes(cluster, kubernetes || {}, problems.within('kubernetes'));
    });
    addWarning(this, () =>
      cluster.kubeletTlsNote === undefined || !scrapesKubelet
        ? []
        : [`${cluster.kubeletTlsNote} To say that it is verified, set kubeletTls: { ca: SERVICE_ACCOUNT.ca }.`],
    );
    addWarning(this, () =>
      this.unseen.length > 0 ? [`no Grafana shows the dashboards ${this.unseen.join(', ')} (grafana: false).`] : [],
    );
    addWarning(this, () =>
      alerting === undefined && isOwnAlertmanager(this.alertmanager)
        ? [
            'no alert is delivered to anyone. Pass alerting: Routing.to(receiver), or alerting: Routing.none() to say that this is meant.',
          ]
        : [],
    );
  }
}

function nodeAgents(namespace: string): string {
  return `${namespace}-node-agents`;
}
