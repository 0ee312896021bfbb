import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { ConfigMapTexts } from '../../core/config-map-texts';
import { k8s } from '../../core/k8s';
import { LateObjects } from '../../core/late-objects';
import { addLateObjects } from '../../core/synthesis';
import type { Metadata } from '../../core/workload';
import type { Labels } from '../../model/label';
import { type MonitoringPack, ruleGroups } from '../../model/monitoring-pack';
import type { Problems } from '../../model/problem';
import { type RuleGroup, renderRuleGroup } from '../../model/rules';
import { checkNames, type NamedObject } from './check-names';
import { type Monitor, monitorName, renderMonitors } from './monitor';
import type { ScrapeClassOptions } from './operator-props';
import type { ScrapeClass } from './scrape-class';

/** How the monitors and rules of a Prometheus are written. */
export interface OperatorObjectsOptions {
  readonly metadata: Metadata;
  /** Labels by which the Prometheus selects them. */
  readonly selectorLabels: Labels;
  /** Put in front of every name, where others write monitors into the same namespace. @default - nothing */
  readonly namePrefix?: string;
  readonly ownsScrapeClasses: boolean;
  /** The class that holds for every monitor that names none. @default - none */
  readonly defaultScrapeClass?: ScrapeClassOptions | undefined;
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
    this.texts = new ConfigMapTexts(this.prefixed(`${options.metadata.component}-oauth2-clients`));
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
    const { packs, ownsScrapeClasses, defaultScrapeClass } = this.options;
    const context = { texts: this.texts, ownsScrapeClasses, defaultScrapeClass };
    this.rendered ??= packs()
      .flatMap((pack) => pack.targets ?? [])
      .flatMap((target) => renderMonitors(target, context));
    return this.rendered;
  }

  /** Reports jobs and groups of rules that cannot give their objects a name. */
  public checkNames(problems: Problems): void {
    checkNames(
      this.options.packs().flatMap((pack) => this.namesOf(pack)),
      problems,
    );
  }

  private namesOf(pack: MonitoringPack): readonly NamedObject[] {
    const here = pack.name ?? pack.targets?.[0]?.job ?? 'pack';
    const monitors = this.monitors().filter(({ target }) => pack.targets?.includes(target));
    return [
      ...monitors.flatMap(({ kind, name, target: { job }, scrapeClass }): readonly NamedObject[] => {
        const source = { source: job, path: `${here}/ScrapeTarget ${job}`, property: 'job' } as const;
        return [
          { kind, name: this.prefixed(monitorName(job) && name), ...source },
          ...(scrapeClass ? [{ kind: 'scrape class', name: monitorName(job) && name, ...source }] : []),
        ];
      }),
      ...this.groups(pack).map(({ name }): NamedObject => {
        const source = { source: name, path: here, property: 'rules' } as const;
        return { kind: 'PrometheusRule', name: this.prefixed(monitorName(name)), ...source };
      }),
    ];
  }

  private groups(pack: MonitoringPack): readonly RuleGroup[] {
    return this.options.evaluatesRules ? ruleGroups(pack) : [];
  }

  private make(): void {
    for (const { apiVersion, kind, name, spec } of this.monitors()) {
      this.object(apiVersion, kind, name, spec);
    }
    for (const group of this.options.packs().flatMap((pack) => this.groups(pack))) {
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
    const id = `${kind}-${name}`;
    // A name that is missing or another's is reported; an object of it would hide the report.
    if (name === '' || this.node.tryFindChild(id) !== undefined) {
      return;
    }
    const own = this.options.metadata.object();
    const metadata = {
      ...own,
      name: this.prefixed(name),
      labels: { ...own.labels, ...this.options.selectorLabels },
    };
    this.made(new ApiObject(this, id, { apiVersion, kind, metadata, spec }));
  }

  private prefixed(name: string): string {
    return name === '' ? '' : `${this.options.namePrefix ?? ''}${name}`;
  }
}
