import type { Chart } from 'cdk8s';
import { Alertmanager, type AlertmanagerProps } from './alertmanager/alertmanager';
import type { IAlertmanager } from './alertmanager/alertmanager-interface';
import { AlertmanagerConfig, type MatcherStrategy } from './alertmanager/operator/alertmanager-config';
import { OperatorAlertmanager } from './alertmanager/operator/operator-alertmanager';
import { Crds } from './core/crds';
import type { GrantedAccess } from './core/rbac';
import type { WorkloadProps } from './core/workload';
import type { SidecarDashboardsProps } from './grafana/sidecar-dashboards';
import type { RoutedAlert } from './model/alerting/route-of';
import type { Routing } from './model/alerting/routing';
import { defined } from './model/defined';
import type { Labels } from './model/label';
import { ForeignPrometheus, type ForeignPrometheusProps, NAME_PREFIX } from './prometheus/operator/foreign-prometheus';
import { OperatorPrometheus } from './prometheus/operator/operator-prometheus';
import type { OperatorOptions } from './prometheus/operator/operator-props';
import { PrometheusOperator, type PrometheusOperatorProps } from './prometheus/operator/prometheus-operator';
import type { IPrometheus } from './prometheus/prometheus';
import type { PrometheusProps } from './prometheus/prometheus-props';
import { StandalonePrometheus } from './prometheus/standalone/standalone-prometheus';

/** Whoever routes alerts: it can say who would get one. */
export interface AlertRouter {
  routeOf(labels: Labels): readonly RoutedAlert[];
}

/** What a back end is given by the stack. */
export interface BackendContext {
  /** A chart of its own for a part. */
  chart(part: string): Chart;
  /** What holds for every part: namespace, images, NetworkPolicies. */
  readonly shared: WorkloadProps;
}

/** What a back end makes. */
export interface BackendParts<P extends IPrometheus, A extends AlertRouter> {
  readonly prometheus: P;
  /** The Alertmanager, where one is wanted. */
  alertmanager(props: Omit<AlertmanagerProps, 'routing'> | undefined, routing: Routing | undefined): A | undefined;
  /** The permissions of the Prometheus, where they are written here. */
  readonly prometheusAccess?: Pick<GrantedAccess, 'allow'>;
  /** The operator, where this stack brings it. */
  readonly operator?: PrometheusOperator;
}

/** How prometheus-operator is told apart from our own, and from where its CRDs come. */
export interface OperatorBackendOptions extends OperatorOptions {
  /** Options of prometheus-operator; false where one that serves the namespace exists already. @default - one of our own */
  readonly operator?:
    | Omit<PrometheusOperatorProps, 'namespace' | 'images' | 'network' | 'userIds' | 'namespaces'>
    | false;
  /** Where the CRDs come from. @default - the pinned upstream release, by a kustomization; none with `operator: false` */
  readonly crds?: Crds;
}

/** A release of prometheus-operator with a Prometheus that exists, such as kube-prometheus-stack. */
export interface ExistingOperatorOptions extends Partial<Omit<ForeignPrometheusProps, 'namespace'>> {
  /** Helm release: its monitors bear the label `release`. @default - see selectorLabels */
  readonly release?: string;
  /** Namespace of the release. @default - that of the stack */
  readonly namespace?: string;
  /** Labels by which its Alertmanager selects AlertmanagerConfigs. @default - those of monitors */
  readonly alertmanagerConfigLabels?: Labels;
  /** How its Alertmanager narrows the routes of an AlertmanagerConfig. @default OnNamespace */
  readonly matcherStrategy?: MatcherStrategy;
  /** How the sidecar of its Grafana finds dashboards. @default - by the label `grafana_dashboard: "1"` */
  readonly dashboards?: Omit<SidecarDashboardsProps, 'namespace'>;
}

/**
 * Who runs Prometheus and Alertmanager: plain StatefulSets, prometheus-operator, or an operator that exists.
 *
 * Everything else of a stack stays the same, and the same series come out.
 */
export class Backend<P extends IPrometheus = IPrometheus, A extends AlertRouter = AlertRouter> {
  /** Plain StatefulSets with their configuration in ConfigMaps; no operator, no CRDs. */
  public static standalone(): Backend<StandalonePrometheus, Alertmanager> {
    return new Backend('standalone', ({ chart, shared }, props) => {
      const prometheus = new StandalonePrometheus(chart('prometheus'), 'prometheus', { ...shared, ...props });
      return {
        prometheus,
        prometheusAccess: prometheus.access,
        alertmanager: (own, routing) =>
          own && routing && new Alertmanager(chart('alertmanager'), 'alertmanager', { ...shared, ...own, routing }),
      };
    });
  }

  /**
   * Custom resources of prometheus-operator, and the operator with access to the namespaces that it serves.
   *
   * @example backend: Backend.operator({ shards: 2 })
   */
  public static operator(options: OperatorBackendOptions = {}): Backend<OperatorPrometheus, OperatorAlertmanager> {
    const { operator: operatorProps, crds, ...own } = options;
    return new Backend(
      'operator',
      ({ chart, shared }, props) => {
        const operator =
          operatorProps === false
            ? undefined
            : new PrometheusOperator(chart('prometheus-operator'), 'prometheus-operator', {
                ...shared,
                ...defined(operatorProps ?? {}),
              });
        const prometheus = new OperatorPrometheus(chart('prometheus'), 'prometheus', {
          ...shared,
          ...props,
          ...defined(own),
        });
        operator?.serve(() => prometheus.monitorNamespaces);
        return {
          prometheus,
          prometheusAccess: prometheus.access,
          alertmanager: (mine, routing) =>
            mine &&
            routing &&
            new OperatorAlertmanager(chart('alertmanager'), 'alertmanager', { ...shared, ...mine, routing }),
          ...(operator && { operator }),
        };
      },
      { crds: crds ?? (operatorProps === false ? Crds.none() : Crds.release()), isAgent: options.agent === true },
    );
  }

  /**
   * Monitors, rules and dashboards alone, for a Prometheus that somebody else's operator runs.
   *
   * The parts that such a release has already are left out unless they are asked for: Grafana, node-exporter,
   * kube-state-metrics, the targets of Kubernetes, and namespaces.
   *
   * @example backend: Backend.existingOperator({ release: 'kps', namespace: 'monitoring' })
   */
  public static existingOperator(options: ExistingOperatorOptions): Backend<ForeignPrometheus, AlertmanagerConfig> {
    const { release, namespace, alertmanagerConfigLabels, matcherStrategy, dashboards, ...own } = options;
    const selectorLabels = own.selectorLabels ?? (release === undefined ? {} : { release });
    const prefix = own.namePrefix ?? NAME_PREFIX;
    const dashboardName = prefix.replace(/-+$/, '');
    return new Backend(
      'existing',
      ({ chart, shared }) => {
        const place = { namespace: namespace ?? shared.namespace ?? 'monitoring' };
        const prometheus = new ForeignPrometheus(chart('prometheus'), 'prometheus', {
          ...defined(own),
          ...place,
          selectorLabels,
        });
        return {
          prometheus,
          ...(prometheus.access && { prometheusAccess: prometheus.access }),
          alertmanager: (_props, routing) =>
            routing &&
            new AlertmanagerConfig(chart('alertmanager'), 'alertmanager', {
              ...place,
              name: `${prefix}alertmanager-config`,
              labels: alertmanagerConfigLabels ?? selectorLabels,
              routing,
              // The release's Alertmanager is beside its Prometheus.
              alertmanagerNamespace: place.namespace,
              ...(matcherStrategy && { matcherStrategy }),
            }),
        };
      },
      {
        dashboards: {
          ...(dashboardName !== '' && { name: dashboardName }),
          ...dashboards,
          ...(namespace !== undefined && { namespace }),
        },
      },
    );
  }

  private constructor(
    /** Which one it is. */
    public readonly kind: 'standalone' | 'operator' | 'existing',
    /** Makes the parts. */
    public readonly make: (
      context: BackendContext,
      props: Omit<PrometheusProps, keyof WorkloadProps> & Partial<WorkloadProps>,
    ) => BackendParts<P, A>,
    /** What the stack must know beyond that. */
    public readonly more: {
      readonly crds?: Crds;
      readonly dashboards?: SidecarDashboardsProps;
      readonly isAgent?: boolean;
    } = {},
  ) {}

  /** Whether rules are evaluated, so that there can be alerts. */
  public get evaluatesRules(): boolean {
    return this.more.isAgent !== true;
  }

  /** Whether the cluster has a stack already, to which this one only adds. */
  public get isAddition(): boolean {
    return this.kind === 'existing';
  }
}

/** Whether it is an Alertmanager of the stack, which is scraped and shown in Grafana. */
export function isOwnAlertmanager(router: AlertRouter | undefined): router is IAlertmanager {
  return router !== undefined && 'endpoint' in router;
}
