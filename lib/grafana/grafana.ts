import { type ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { Connections } from '../core/connections';
import { Exposure } from '../core/exposure';
import { k8s } from '../core/k8s';
import { Peer } from '../core/peer';
import { servicePort } from '../core/service';
import { addCheck } from '../core/synthesis';
import { type Metadata, metadataOf } from '../core/workload';
import type { Dashboard } from '../model/dashboard';
import type { IMonitored, MonitoringPack } from '../model/monitoring-pack';
import { SecretKey, SecretName } from '../model/references';
import { shipped } from '../model/rules';
import { ScrapeTarget } from '../model/scrape/scrape-target';
import { Auth } from './auth';
import { checkGrafana } from './check-grafana';
import { Configuration } from './configuration';
import { DashboardFiles } from './dashboard-files';
import type { DataSource } from './data-source';
import { outgoingPorts } from './egress';
import type { AdminCredentials, GrafanaProps } from './grafana-props';
import { mergeIni } from './ini';
import { podTemplate } from './pod';
import { grafanaRules } from './rules';
import { typedSettings } from './settings';

export type { GrafanaProps } from './grafana-props';

/**
 * A Grafana server whose data sources and dashboards are files: nothing of them is kept by hand, nothing watches the
 * cluster for them.
 *
 * It expects the Secret `grafana-admin` with the keys `admin-user` and `admin-password`.
 *
 * @example
 * const grafana = new Grafana(chart, 'grafana', { host: 'grafana.example.com', tls: SecretName.of('grafana-tls') });
 * grafana.addDataSource(DataSource.prometheus({ url: prometheus.url }));
 * grafana.addDashboard(queueDashboard, 'Queues');
 * @see https://grafana.com/docs/grafana/latest/
 */
export class Grafana extends Construct implements IMonitored {
  /** Address inside the cluster, such as `http://grafana.monitoring.svc:3000`. */
  public readonly url: string;
  /** Address that users type; that inside the cluster where it is not exposed. */
  public readonly rootUrl: string;
  public readonly connections: Connections;
  public readonly deployment: ApiObject;
  /** Has the port `http`. */
  public readonly service: ApiObject;
  public readonly serviceAccount: ApiObject;
  /** Holds `grafana.ini` and the provisioning files. */
  public readonly configMap: ApiObject;
  /** The claim of a persistent storage. */
  public readonly persistentVolumeClaim?: ApiObject;
  /** Where there is more than one replica. */
  public readonly podDisruptionBudget?: ApiObject;
  /** The Ingress or HTTPRoutes. */
  public readonly exposed: readonly ApiObject[];

  private readonly metadata: Metadata;
  private readonly dataSources: DataSource[] = [];
  private readonly dashboards: DashboardFiles;

  public constructor(scope: Construct, id: string, props: GrafanaProps = {}) {
    super(scope, id);
    const metadata = metadataOf('grafana', props, this);
    const { name, namespace } = metadata;
    const exposure = exposureOf(props);
    const auth = props.auth instanceof Auth ? [props.auth] : (props.auth ?? []);
    this.metadata = metadata;
    this.url = `http://${name}.${namespace}.svc:3000`;
    this.rootUrl = exposure?.url ?? this.url;
    this.connections = new Connections(this, 'Connections', metadata, props.networkPolicy ?? true);
    this.dashboards = new DashboardFiles(this, 'Dashboards', metadata);

    const typed = () => {
      const homeDashboardPath =
        props.homeDashboard === undefined ? undefined : this.dashboards.file(props.homeDashboard);
      return typedSettings({ props, exposure, auth, homeDashboardPath });
    };
    const configuration = new Configuration(
      () => mergeIni(typed(), props.config ?? {}),
      this.dataSources,
      this.dashboards,
      props.dashboardUpdateIntervalSeconds ?? 30,
    );
    this.serviceAccount = new k8s.KubeServiceAccount(this, 'ServiceAccount', {
      metadata: metadata.object(),
      automountServiceAccountToken: false,
    });
    this.configMap = new k8s.KubeConfigMap(this, 'ConfigMap', {
      metadata: metadata.object(),
      data: Lazy.any({ produce: () => configuration.render().data }) as Record<string, string>,
    });
    const { dashboards } = this;
    this.persistentVolumeClaim = this.makeClaim(props);
    this.deployment = new k8s.KubeDeployment(this, 'Deployment', {
      metadata: metadata.object(),
      spec: {
        replicas: props.replicas ?? 1,
        // Two pods cannot share a volume, nor the database in it.
        strategy: { type: this.persistentVolumeClaim === undefined ? 'RollingUpdate' : 'Recreate' },
        selector: { matchLabels: metadata.selector },
        template: podTemplate({
          props,
          metadata,
          configuration,
          dashboards,
          admin: adminOf(props),
          data: this.volume(props),
        }),
      },
    });
    this.service = new k8s.KubeService(this, 'Service', {
      metadata: metadata.object(),
      spec: { selector: metadata.selector, ports: [servicePort('http', 3000)] },
    });
    this.podDisruptionBudget = this.makeDisruptionBudget(props);
    this.exposed = exposure?.expose(this, { metadata, service: name, port: 3000 }) ?? [];
    this.connect(props, auth);
    for (const dataSource of props.dataSources ?? []) {
      this.addDataSource(dataSource);
    }
    for (const dashboard of props.dashboards ?? []) {
      this.addDashboard(dashboard);
    }
    addCheck(this, (problems) => {
      checkGrafana({ props, exposure, auth, sections: typed(), dataSources: this.dataSources }, problems);
      this.dashboards.check(problems);
      this.dashboards.checkUid(props.homeDashboard, 'homeDashboard', problems);
    });
  }

  /** The objects of the dashboards. */
  public get dashboardConfigMaps(): readonly ApiObject[] {
    return this.dashboards.objects;
  }

  /** Scrape target and alerts of Grafana itself. */
  public get monitoring(): MonitoringPack {
    return {
      name: 'grafana',
      targets: [ScrapeTarget.service(this.service, { port: 'http', job: this.metadata.name })],
      rules: shipped(grafanaRules(this.metadata.name, this.metadata.namespace)),
    };
  }

  /**
   * Adds a data source, and lets Grafana connect to it.
   *
   * @param peer who answers at its address; by default anyone at its port.
   */
  public addDataSource(dataSource: DataSource, peer = Peer.anywhere()): void {
    this.dataSources.push(dataSource);
    if (dataSource.port !== undefined) {
      this.connections.allowTo(peer, { port: dataSource.port });
    }
  }

  /**
   * Adds a dashboard, by default in no folder.
   *
   * @param folder title of the folder; it is made by Grafana.
   */
  public addDashboard(dashboard: Dashboard, folder = ''): void {
    this.dashboards.add(dashboard, folder);
  }

  private makeClaim({ storage }: GrafanaProps): ApiObject | undefined {
    const spec = storage?.claimSpec();
    if (spec === undefined) {
      return undefined;
    }
    const metadata = this.metadata.object();
    const annotations = { ...metadata.annotations, ...storage?.claimAnnotations };
    return new k8s.KubePersistentVolumeClaim(this, 'Claim', {
      metadata: Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations },
      spec,
    });
  }

  private volume({ storage }: GrafanaProps): k8s.Volume {
    return this.persistentVolumeClaim === undefined
      ? (storage?.volume('data') ?? { name: 'data', emptyDir: {} })
      : { name: 'data', persistentVolumeClaim: { claimName: this.metadata.name } };
  }

  private makeDisruptionBudget({ replicas = 1 }: GrafanaProps): ApiObject | undefined {
    return replicas > 1
      ? new k8s.KubePodDisruptionBudget(this, 'DisruptionBudget', {
          metadata: this.metadata.object(),
          spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: this.metadata.selector } },
        })
      : undefined;
  }

  private connect(props: GrafanaProps, auth: readonly Auth[]): void {
    const open = this.exposed.length > 0 ? [Peer.anywhere()] : [];
    for (const peer of props.allowFrom ?? open) {
      this.connections.allowFrom(peer, { port: 'http' });
    }
    for (const port of outgoingPorts(props, auth)) {
      this.connections.allowTo(Peer.anywhere(), { port });
    }
  }
}

function exposureOf({ exposure, host, tls, ingress }: GrafanaProps): Exposure | undefined {
  if (exposure !== undefined || host === undefined) {
    return exposure;
  }
  return Exposure.ingress({ host, tls, ingressClassName: ingress?.className, annotations: ingress?.annotations });
}

function adminOf({ admin = SecretName.of('grafana-admin') }: GrafanaProps): AdminCredentials {
  return admin instanceof SecretName
    ? { user: SecretKey.of(admin.name, 'admin-user'), password: SecretKey.of(admin.name, 'admin-password') }
    : admin;
}
