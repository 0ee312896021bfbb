import { ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { ConfigMapTexts } from '../../core/config-map-texts';
import { k8s } from '../../core/k8s';
import { addCheck, addLateObjects, addWarning } from '../../core/synthesis';
import { checkWorkload, type Metadata, metadataOf } from '../../core/workload';
import { checkAlertmanagerConfig } from '../../model/alerting/check-configuration';
import type { AlertmanagerConfiguration } from '../../model/alerting/configuration';
import { renderAlertmanagerConfigSpec } from '../../model/alerting/custom-resource/alertmanager-config';
import type { InhibitRule } from '../../model/alerting/inhibit-rule';
import type { Matchers } from '../../model/alerting/matcher';
import type { Receiver } from '../../model/alerting/receiver';
import { type RoutedAlert, routeOf } from '../../model/alerting/route-of';
import type { RouteOptions, Routing } from '../../model/alerting/routing';
import type { Labels } from '../../model/label';
import { type Problem, Problems } from '../../model/problem';
import { GrowingConfiguration } from '../growing-configuration';
import { type MatcherStrategy, namespaceOf, unreachableRoutes } from './matcher-strategy';

export type { MatcherStrategy } from './matcher-strategy';

/** Receivers and routes for an Alertmanager that somebody else runs. */
export interface AlertmanagerConfigProps extends AlertmanagerConfiguration {
  /** Name of the object; the operator puts it in front of the names of receivers. @default alertmanager-config */
  readonly name?: string;
  /** Namespace of the object, and of the Secrets of the receivers. @default - that of the Chart, or `monitoring` */
  readonly namespace?: string;
  /** Labels by which the Alertmanager selects it, beside the recommended ones. @default - none */
  readonly labels?: Labels;
  /** @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** How that Alertmanager narrows the routes of AlertmanagerConfigs. @default OnNamespace */
  readonly matcherStrategy?: MatcherStrategy;
  /** Namespace of that Alertmanager. @default - any other one */
  readonly alertmanagerNamespace?: string;
  /** Names of templates that its owner has added; texts may call them. @default - Alertmanager's own templates alone */
  readonly knownTemplates?: readonly string[];
}

/**
 * Receivers, routes, inhibitions and times as an AlertmanagerConfig, for an Alertmanager that somebody else runs, such
 * as that of kube-prometheus-stack.
 *
 * It gets the alerts of its own namespace only, as long as that Alertmanager's `alertmanagerConfigMatcherStrategy` is
 * not `None`: the operator adds a matcher to the top route and to both sides of every inhibition. Alerts then go on to
 * the Alertmanager's other routes, too, but not to the receiver of its topmost route, which gets only what no route
 * takes: with `None` that is nothing any more.
 *
 * @see https://prometheus-operator.dev/docs/developer/alerting/#alertmanagerconfig-resource
 *
 * @example
 * new AlertmanagerConfig(chart, 'alerts', {
 *   labels: { release: 'kube-prometheus-stack' },
 *   matcherStrategy: 'None',
 *   routing: Routing.to(chat).when({ severity: 'critical' }, oncall),
 * });
 */
export class AlertmanagerConfig extends Construct {
  /** The AlertmanagerConfig. */
  public readonly resource: ApiObject;

  private readonly metadata: Metadata;
  private readonly config: GrowingConfiguration;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: AlertmanagerConfigProps,
  ) {
    super(scope, id);
    this.metadata = metadataOf('alertmanager-config', props, this);
    this.config = new GrowingConfiguration(props);
    this.resource = new ApiObject(this, 'AlertmanagerConfig', {
      apiVersion: 'monitoring.coreos.com/v1alpha1',
      kind: 'AlertmanagerConfig',
      metadata: this.metadata.object(),
      spec: Lazy.any({ produce: () => this.spec(this.texts(), Problems.at('')) }),
    });
    addLateObjects(this, () => this.makeTexts());
    addCheck(this, (problems) => this.check(problems));
    addWarning(this, () => this.warnings.map(({ path, property, message }) => `${path} ${property}: ${message}`));
  }

  /**
   * Who is notified of an alert with these labels, as that Alertmanager decides it for this object's routes; none where
   * the alert is of another namespace, and the operator's matcher keeps it away.
   */
  public routeOf(labels: Labels): readonly RoutedAlert[] {
    const namespace = namespaceOf(this.props, this.metadata.namespace);
    const ours = namespace === undefined || labels.namespace === namespace;
    const top = namespace === undefined ? '{}' : `{namespace="${namespace}"}`;
    // The routes stand below the top route of that Alertmanager.
    return ours
      ? routeOf(this.config.current, labels).map((each) => ({ ...each, path: `{}/${top}${each.path.slice(2)}` }))
      : [];
  }

  /** What is accepted, but may not be what was meant. */
  public get warnings(): readonly Problem[] {
    const namespace = namespaceOf(this.props, this.metadata.namespace);
    if (namespace === undefined) {
      return [];
    }
    const strategy = this.props.matcherStrategy ?? 'OnNamespace';
    return [
      {
        path: 'route',
        property: 'matcherStrategy',
        message:
          `With ${strategy} the operator adds namespace="${namespace}": alerts of other namespaces, and those without ` +
          'a namespace, do not get here. Set None where the Alertmanager has that.',
      },
      ...unreachableRoutes(this.config.current.routing, namespace),
    ];
  }

  /** Adds a receiver that routes name by text. */
  public addReceiver(receiver: Receiver): void {
    this.config.addReceiver(receiver);
  }

  /** Adds a route behind those that are there; the first that matches wins. */
  public addRoute(matchers: Matchers, to: Receiver | string | Routing | RouteOptions, options?: RouteOptions): void {
    this.config.addRoute(matchers, to, options);
  }

  /** Mutes alerts while others fire. */
  public addInhibitRule(rule: InhibitRule): void {
    this.config.addInhibitRule(rule);
  }

  private texts(): ConfigMapTexts {
    return new ConfigMapTexts(`${this.metadata.name}-oauth2-clients`);
  }

  private spec(texts: ConfigMapTexts, problems: Problems): Record<string, unknown> {
    return renderAlertmanagerConfigSpec(this.config.current, texts, problems);
  }

  private makeTexts(): void {
    const texts = this.texts();
    this.spec(texts, Problems.at(''));
    const { data } = texts;
    if (data !== undefined) {
      new k8s.KubeConfigMap(this, 'Texts', { metadata: this.metadata.object('oauth2-clients'), data });
    }
  }

  private check(problems: Problems): void {
    const { matcherStrategy, alertmanagerNamespace, knownTemplates = [] } = this.props;
    const { global: _global, tracing: _tracing, eventRecorder: _recorder, ...own } = this.config.current;
    checkWorkload(this.props, problems);
    const define = (name: string) => `{{ define ${JSON.stringify(name)} }}{{ end }}`;
    const known = knownTemplates.length > 0 && { 'known.tmpl': knownTemplates.map(define).join('') };
    checkAlertmanagerConfig({ ...own, templates: { ...own.templates, ...known } }, problems);
    this.spec(this.texts(), problems);
    if (matcherStrategy === 'OnNamespaceExceptForAlertmanagerNamespace' && alertmanagerNamespace === undefined) {
      problems.add('alertmanagerNamespace', `It is missing. ${matcherStrategy} depends on it.`);
    }
  }
}
