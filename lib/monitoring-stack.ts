import { type ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { Alertmanager } from './alertmanager/alertmanager';
import type { AlertmanagerProps } from './alertmanager/alertmanager-props';
import type { ClusterProfile } from './core/cluster-profile';
import type { Connections } from './core/connections';
import { type ImageOptions, Images, listImages } from './core/images';
import { allowSystemPriority, namespaceWithLevel } from './core/namespace';
import { addCheck, addOutputFile, addTitle, addWarning } from './core/synthesis';
import { DataSource } from './grafana/data-source';
import { Grafana, type GrafanaProps } from './grafana/grafana';
import type { RoutedAlert } from './model/alerting/route-of';
import { Routing } from './model/alerting/routing';
import { defined } from './model/defined';
import { checkDuration } from './model/duration';
import type { Labels } from './model/label';
import type { MonitoringPack } from './model/monitoring-pack';
import { shipped } from './model/rules';
import { type Monitorable, toPack } from './prometheus/prometheus';
import type { PrometheusProps } from './prometheus/prometheus-props';
import { StandalonePrometheus } from './prometheus/standalone/standalone-prometheus';
import { generalRules } from './targets/general-rules';
import { KubeStateMetrics, type KubeStateMetricsProps } from './targets/kube-state-metrics/kube-state-metrics';
import { checkKubernetes, type KubernetesOptions, kubernetesPacks } from './targets/kubernetes/kubernetes';
import { NodeExporter, type NodeExporterProps } from './targets/node-exporter/node-exporter';

/** What the stack decides for its parts. */
type Decided = 'namespace' | 'images' | 'network' | 'userIds';

/** A whole monitoring stack for one cluster. */
export interface MonitoringStackProps {
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
export class MonitoringStack extends Construct {
  public readonly prometheus: StandalonePrometheus;
  public readonly alertmanager?: Alertmanager;
  public readonly grafana?: Grafana;
  public readonly nodeExporter?: NodeExporter;
  public readonly kubeStateMetrics?: KubeStateMetrics;

  /** The namespaces that the stack makes. */
  public readonly namespaces: readonly ApiObject[];

  /** Dashboards of packs that no Grafana shows. */
  private readonly unseen: string[] = [];

  /** @param scope an App, or a construct under one that is not inside a Chart. */
  public constructor(
    scope: Construct,
    private readonly id: string,
    private readonly props: MonitoringStackProps,
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
    this.namespaces =
      props.createNamespaces === false ? [] : this.makeNamespaces(namespace, props.nodeExporter !== false);

    this.prometheus = new StandalonePrometheus(this.chart('prometheus'), 'prometheus', {
      ...shared,
      ...defined(props.prometheus ?? {}),
      externalLabels: { cluster: cluster.name, ...props.prometheus?.externalLabels },
    });
    if (props.alertmanager !== false) {
      const routing = props.alerting ?? Routing.none();
      const options = { ...shared, ...defined(props.alertmanager ?? {}), routing };
      this.alertmanager = new Alertmanager(this.chart('alertmanager'), 'alertmanager', options);
      this.prometheus.sendAlertsTo(this.alertmanager.endpoint);
      this.own(this.alertmanager.monitoring, this.alertmanager.connections);
      this.prometheus.connections.allowTo(this.alertmanager.connections.peer, { port: 'web' });
    }
    if (props.kubeStateMetrics !== false) {
      const options = { ...shared, ...defined(props.kubeStateMetrics ?? {}) };
      this.kubeStateMetrics = new KubeStateMetrics(this.chart('kube-state-metrics'), 'kube-state-metrics', options);
      this.own(this.kubeStateMetrics.monitoring, this.kubeStateMetrics.connections);
    }
    if (props.nodeExporter !== false) {
      const { nodeAccessClusterRole, nodeExporterPort } = cluster;
      const options = {
        ...shared,
        port: nodeExporterPort,
        ...(nodeAccessClusterRole !== undefined && { nodeAccessClusterRole }),
        ...defined(props.nodeExporter ?? {}),
        namespace: nodeAgents(namespace),
      };
      this.nodeExporter = new NodeExporter(this.chart('node-exporter'), 'node-exporter', options);
      this.prometheus.monitor(this.nodeExporter);
    }
    if (props.grafana !== false) {
      this.grafana = this.makeGrafana({ ...shared, ...defined(props.grafana ?? {}) });
    }
    for (const pack of props.kubernetes === false ? [] : kubernetesPacks(cluster, props.kubernetes)) {
      this.monitor(pack);
    }
    this.monitor({ name: 'general', rules: shipped(generalRules()) });
    this.register();
  }

  /** Scrapes targets, evaluates rules and shows dashboards: of a target alone, a pack, or a thing that brings one. */
  public monitor(what: Monitorable): void {
    const pack = toPack(what);
    this.prometheus.monitor(pack);
    for (const dashboard of pack.dashboards ?? []) {
      if (this.grafana === undefined) {
        this.unseen.push(dashboard.uid);
      } else {
        this.grafana.addDashboard(dashboard);
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

  private chart(component: string): Chart {
    return new Chart(this.node.scope as Construct, `${this.id}-${component}`, { disableResourceNameHashes: true });
  }

  private makeNamespaces(namespace: string, withNodeAgents: boolean): readonly ApiObject[] {
    const chart = this.chart('namespaces');
    const own = namespaceWithLevel(chart, namespace, namespace, 'restricted');
    if (!withNodeAgents) {
      return [own];
    }
    const agents = nodeAgents(namespace);
    if (this.props.cluster.limitsSystemPriority) {
      allowSystemPriority(chart, agents);
    }
    // What sees the host's processes and network passes no lower level.
    return [own, namespaceWithLevel(chart, agents, agents, 'privileged')];
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
    if (this.alertmanager !== undefined) {
      const client = this.alertmanager.endpoint.tls;
      grafana.addDataSource(
        DataSource.alertmanager({ url: this.alertmanager.url, ...(client && { tls: client }) }),
        this.alertmanager.connections.peer,
      );
      this.alertmanager.connections.allowFrom(grafana.connections.peer, { port: 'web' });
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

  private register(): void {
    const { cluster, alerting, alertmanager, kubernetes } = this.props;
    addTitle(this, `${cluster.name}/${this.node.path}`);
    addOutputFile(this, 'images.txt', listImages);
    addCheck(this, (problems) => {
      if (alertmanager === false && alerting !== undefined) {
        problems.add(
          'alerting',
          'There is no Alertmanager that could route (alertmanager: false). Leave one of them out.',
        );
      }
      checkKubernetes(cluster, kubernetes || {}, problems.within('kubernetes'));
    });
    addWarning(this, () =>
      cluster.kubeletTlsNote === undefined || kubernetes === false || cluster.kubeletThroughApiServer
        ? []
        : [`${cluster.kubeletTlsNote} To say that it is verified, set kubeletTls: { ca: SERVICE_ACCOUNT.ca }.`],
    );
    addWarning(this, () =>
      this.grafana === undefined && this.unseen.length > 0
        ? [`no Grafana shows the dashboards ${this.unseen.join(', ')} (grafana: false).`]
        : [],
    );
    addWarning(this, () =>
      alerting === undefined && alertmanager !== false
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
