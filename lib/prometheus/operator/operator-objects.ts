import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { ConfigMapTexts } from '../../core/config-map-texts';
import { k8s } from '../../core/k8s';
import { LateObjects } from '../../core/late-objects';
import { addLateObjects } from '../../core/synthesis';
import type { Metadata } from '../../core/workload';
import type { Labels } from '../../model/label';
import { type MonitoringPack, ruleGroups } from '../../model/monitoring-pack';
import { renderRuleGroup } from '../../model/rules';
import { type Monitor, monitorName, renderMonitors } from './monitor';
import type { ScrapeClass } from './scrape-class';

/** How the monitors and rules of a Prometheus are written. */
export interface OperatorObjectsOptions {
  readonly metadata: Metadata;
  /** Labels by which the Prometheus selects them. */
  readonly selectorLabels: Labels;
  /** Put in front of every name, where others write monitors into the same namespace. @default - nothing */
  readonly namePrefix?: string;
  readonly ownsScrapeClasses: boolean;
  /** Whether rules are evaluated. */
  readonly evaluatesRules: boolean;
  readonly packs: () => readonly MonitoringPack[];
}

/**
 * The monitors and rules of everything that a Prometheus monitors, as custom resources; made at synth.
 *
 * The same object selects and stamps: every one bears the labels that the Prometheus asks for.
 */
export class OperatorObjects extends LateObjects {
  private readonly texts: ConfigMapTexts;
  private rendered: readonly Monitor[] | undefined;

  public constructor(
    scope: Construct,
    id: string,
    private readonly options: OperatorObjectsOptions,
  ) {
    super(scope, id);
    this.texts = new ConfigMapTexts(`${this.prefixed(options.metadata.name)}-oauth2-clients`);
    addLateObjects(this, () => this.make());
  }

  /** What refers to a ConfigMap of texts. */
  public get configMapTexts(): ConfigMapTexts {
    return this.texts;
  }

  /** The scrape classes that the monitors name. */
  public get scrapeClasses(): readonly ScrapeClass[] {
    return this.monitors().flatMap(({ scrapeClass }) => scrapeClass ?? []);
  }

  private monitors(): readonly Monitor[] {
    this.rendered ??= this.options
      .packs()
      .flatMap((pack) => pack.targets ?? [])
      .flatMap((target) =>
        renderMonitors(target, { texts: this.texts, ownsScrapeClasses: this.options.ownsScrapeClasses }),
      );
    return this.rendered;
  }

  private make(): void {
    for (const { apiVersion, kind, name, spec } of this.monitors()) {
      this.object(apiVersion, kind, name, spec);
    }
    for (const group of this.options.evaluatesRules ? this.options.packs().flatMap(ruleGroups) : []) {
      const spec = { groups: [renderRuleGroup(group)] };
      this.object('monitoring.coreos.com/v1', 'PrometheusRule', monitorName(group.name), spec);
    }
  }

  /** The ConfigMap of the texts; for the owner, when everything was rendered that may refer to it. */
  public makeConfigMap(): void {
    const data = this.texts.data;
    if (data !== undefined) {
      const metadata = { ...this.options.metadata.object(), name: this.texts.name };
      this.made(new k8s.KubeConfigMap(this, 'OAuth2Clients', { metadata, data }));
    }
  }

  private object(apiVersion: string, kind: string, name: string, spec: Record<string, unknown>): void {
    const own = this.options.metadata.object();
    const metadata = {
      ...own,
      name: this.prefixed(name),
      labels: { ...own.labels, ...this.options.selectorLabels },
    };
    this.made(new ApiObject(this, `${kind}-${name}`, { apiVersion, kind, metadata, spec }));
  }

  private prefixed(name: string): string {
    return `${this.options.namePrefix ?? ''}${name}`;
  }
}
