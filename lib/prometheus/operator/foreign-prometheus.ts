import { Construct } from 'constructs';
import { Connections } from '../../core/connections';
import { GrantedAccess } from '../../core/rbac';
import { addCheck, addLateObjects, addWarning } from '../../core/synthesis';
import { metadataOf } from '../../core/workload';
import type { AlertmanagerEndpoint } from '../../model/alertmanager-endpoint';
import type { Labels } from '../../model/label';
import type { MonitoringPack } from '../../model/monitoring-pack';
import { advisePacks } from '../advise-packs';
import { checkPacks } from '../check-packs';
import { type IPrometheus, type Monitorable, type MonitorSelection, toPack } from '../prometheus';
import { accessFor, endpointsAccess } from '../reach';
import { adviseForeignMonitors } from './check-foreign-monitors';
import { checkMonitor } from './check-monitor';
import { OperatorObjects } from './operator-objects';
import { declareSelection } from './selection';

/** What is put in front of the names of all objects in a namespace that others write into. */
export const NAME_PREFIX = 'gpu-monitoring-';

/** A Prometheus that somebody else's operator runs, such as that of a kube-prometheus-stack release. */
export interface ForeignPrometheusProps {
  /** Labels by which it selects monitors and rules. */
  readonly selectorLabels: Labels;
  /** Namespace in which monitors and rules are written; the Prometheus must look there. @default - that of the Chart, or `monitoring` */
  readonly namespace?: string;
  /**
   * Namespaces in which it looks for monitors and rules.
   *
   * @default all - as kube-prometheus-stack's, whose namespace selectors are empty
   */
  readonly monitorNamespaces?: readonly string[] | 'all';
  /** Put in front of the names of monitors and rules. @default gpu-monitoring- */
  readonly namePrefix?: string;
  /** Address of its web interface. @default - that of the operator's own Service, http://prometheus-operated.<namespace>.svc:9090 */
  readonly url?: string;
  /** Labels of its pods, for NetworkPolicies of others. @default - `app.kubernetes.io/name: prometheus` */
  readonly podLabels?: Labels;
  /**
   * ServiceAccount of its pods in the same namespace, to which the Roles are bound that the targets need.
   *
   * @default - it may find targets in every namespace already, as kube-prometheus-stack's may
   */
  readonly serviceAccountName?: string;
  /** Its external labels, for `routeOf`. @default - none */
  readonly externalLabels?: Labels;
  /** Its scrape interval, for checks. @default 30s */
  readonly scrapeInterval?: string;
  /** Labels of every object, beside those of the selector. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Monitors and rules for a Prometheus that exists: nothing but these is written.
 *
 * @example
 * new ForeignPrometheus(chart, 'prometheus', { namespace: 'monitoring', selectorLabels: { release: 'kps' } });
 */
export class ForeignPrometheus extends Construct implements IPrometheus {
  public readonly url: string;
  public readonly connections: Connections;
  public readonly monitorSelection: MonitorSelection;
  /** Monitors and rules. */
  public readonly objects: OperatorObjects;
  /** Roles and bindings for its ServiceAccount, where that is named. */
  public readonly access?: GrantedAccess;

  private readonly packs: MonitoringPack[] = [];
  private readonly admitted = new Set<string>();

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: ForeignPrometheusProps,
  ) {
    super(scope, id);
    const { selectorLabels, serviceAccountName, monitorNamespaces = 'all' } = props;
    const metadata = metadataOf('prometheus', props, this);
    const prefix = props.namePrefix ?? NAME_PREFIX;
    const interval = props.scrapeInterval ?? '30s';
    this.url = props.url ?? `http://prometheus-operated.${metadata.namespace}.svc:9090`;
    // Whose pods are not ours gets no NetworkPolicy of ours.
    const pods = { ...metadata, selector: props.podLabels ?? { 'app.kubernetes.io/name': 'prometheus' } };
    this.connections = new Connections(this, 'NetworkPolicy', pods, false);
    const reaches = (namespace: string) => monitorNamespaces === 'all' || monitorNamespaces.includes(namespace);
    this.monitorSelection = {
      labels: selectorLabels,
      reaches,
      admit: (namespace) => {
        this.admitted.add(namespace);
      },
    };
    this.objects = new OperatorObjects(this, 'Objects', {
      metadata,
      selectorLabels,
      namePrefix: prefix,
      ownsScrapeClasses: false,
      evaluatesRules: true,
      packs: () => this.packs,
    });
    addLateObjects(this, () => this.objects.makeConfigMap());
    if (serviceAccountName !== undefined) {
      const account = { name: serviceAccountName, namespace: metadata.namespace };
      const own = { ...metadata, name: `${prefix}${metadata.name}` };
      const targets = () => this.packs.flatMap((pack) => pack.targets ?? []);
      const accesses = () => [
        ...targets().flatMap((target) => accessFor(target)),
        endpointsAccess([...this.admitted].sort()),
      ];
      this.access = new GrantedAccess(this, 'Access', own, accesses, account);
    }
    const selection = { labels: selectorLabels, namespaces: monitorNamespaces, evaluatesRules: true };
    declareSelection(this, () => selection);
    addWarning(this, (objects) => [...advisePacks(this.packs, interval), ...adviseForeignMonitors(objects, selection)]);
    addCheck(this, (problems, objects) => {
      if (Object.keys(selectorLabels).length === 0) {
        problems.add('selectorLabels', 'It is empty, so nothing tells the Prometheus which monitors are its own.');
      }
      if (monitorNamespaces !== 'all' && !reaches(metadata.namespace)) {
        problems.add(
          'monitorNamespaces',
          `${monitorNamespaces.join(', ') || 'None'} received, but monitors and rules are written in ${metadata.namespace}, ` +
            'where the Prometheus would not see them. Add it, if the Prometheus looks there; else set namespace to one where it does.',
        );
      }
      checkPacks(this.packs, [], interval, problems, objects);
      this.objects.checkNames(problems);
      for (const pack of this.packs) {
        const here = problems.within(pack.name ?? pack.targets?.[0]?.job ?? 'pack');
        for (const target of pack.targets ?? []) {
          checkMonitor(target, false, here);
        }
      }
    });
  }

  public get alertLabels(): Labels {
    return this.props.externalLabels ?? {};
  }

  public monitor(what: Monitorable): void {
    this.packs.push(toPack(what));
  }

  /** Whom it sends alerts to is its owner's matter. */
  public sendAlertsTo(_endpoint: AlertmanagerEndpoint): void {
    throw new Error(
      `${this.node.path}: this Prometheus is somebody else's, so it cannot be told where to send alerts. ` +
        'Leave alertmanager out; alerting becomes an AlertmanagerConfig.',
    );
  }
}
