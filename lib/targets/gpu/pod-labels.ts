import type { Problems } from '../../model/problem';
import { matchesRegex } from '../../model/regex';
import { Relabel, type RelabelConfig } from '../../model/relabel';

/** The labels that mean the workload in a GPU exporter's answer, and the exporter's own pod at the target. */
export const POD_LABELS = ['namespace', 'pod', 'container'] as const;

/** What a hand-written solution consists of beside its relabelings of the target. */
export interface CustomPodLabels {
  /** Rewrites the series, after the scrape; this is where `exported_pod` exists. @default - none */
  readonly metricRelabelings?: readonly RelabelConfig[];
  /** Labels of the exporter's answer win over those of the target. @default false */
  readonly honorLabels?: boolean;
}

/** Relabelings that are checked: where they stand, and what they are. */
interface Relabelings {
  readonly property: string;
  readonly configs: readonly RelabelConfig[];
}

/**
 * Whose pod the labels `namespace`, `pod` and `container` of a GPU's series name.
 *
 * A GPU exporter means the workload by them; Prometheus puts the same labels on every series for the pod that it
 * scrapes. Which side wins decides to whom an idle GPU is charged, so it is decided here once, for every back end.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
 */
export class PodLabels {
  /**
   * The labels name the workload, and are absent while there is none; those of the exporter become
   * `exporter_namespace`, `exporter_pod` and `exporter_container`.
   */
  public static renameTarget(): PodLabels {
    return new PodLabels('renameTarget', false, [
      ...POD_LABELS.map((label) => Relabel.copy(label, `exporter_${label}`)),
      Relabel.labelDrop(`(${POD_LABELS.join('|')})`),
    ]);
  }

  /**
   * The exporter's labels win where it sends any. Where it sends none, as dcgm-exporter for an idle GPU, the labels
   * name the exporter's own pod; a warning at synth says so.
   */
  public static honor(): PodLabels {
    return new PodLabels('honor', true, []);
  }

  /** Relabelings by hand; they see the labels that discovery has set: `namespace`, `pod`, `container` and so on. */
  public static custom(relabelings: readonly RelabelConfig[], options: CustomPodLabels = {}): PodLabels {
    return new PodLabels('custom', options.honorLabels ?? false, relabelings, options.metricRelabelings ?? []);
  }

  private constructor(
    private readonly way: 'renameTarget' | 'honor' | 'custom',
    /** Whether labels of the exporter's answer win over those of the target. */
    public readonly honorLabels: boolean,
    /** What happens to the target's labels, after everything that discovery sets. */
    public readonly relabelings: readonly RelabelConfig[],
    /** What happens to the series' labels. */
    public readonly metricRelabelings: readonly RelabelConfig[] = [],
  ) {}

  /** What a user should know about the choice. */
  public get warnings(): readonly string[] {
    return this.way === 'honor'
      ? [
          'podLabels: PodLabels.honor() gives every series without a pod label, such as those of an idle GPU of ' +
            "dcgm-exporter, the exporter's own namespace, pod and container; queries by pod then charge idle GPUs to the " +
            'exporter. PodLabels.renameTarget() leaves those labels out instead.',
        ]
      : [];
  }

  /** Checks that no relabeling, of the choice itself or beside it, drops or overwrites the wrong side. */
  public check(
    more: { readonly relabelings: readonly RelabelConfig[]; readonly metricRelabelings: readonly RelabelConfig[] },
    problems: Problems,
  ): void {
    const target: readonly Relabelings[] = [
      { property: 'podLabels.relabelings', configs: this.way === 'custom' ? this.relabelings : [] },
      { property: 'relabelings', configs: more.relabelings },
    ];
    const series: readonly Relabelings[] = [
      { property: 'podLabels.metricRelabelings', configs: this.metricRelabelings },
      { property: 'metricRelabelings', configs: more.metricRelabelings },
    ];
    for (const [at, config] of each(target)) {
      this.checkTarget(at, config, problems);
    }
    for (const [at, config] of each(series)) {
      this.checkSeries(at, config, problems);
    }
  }

  private checkTarget(at: string, config: RelabelConfig, problems: Problems): void {
    const dropped = removed(config);
    if (this.honorLabels && config.action === 'labeldrop' && dropped.length > 0) {
      problems.add(
        at,
        `honorLabels: true keeps the exporter's labels already, and labeldrop of ${dropped.join(', ')} takes away those ` +
          'of the target: two ways at once. Use PodLabels.renameTarget(), which does the latter, or remove the labeldrop.',
      );
    }
    const written = POD_LABELS.find((label) => label === config.targetLabel);
    if (this.way === 'renameTarget' && written !== undefined) {
      problems.add(
        at,
        `It gives the target a label ${written} again, which then stands on the series of idle GPUs too. Write to another ` +
          'label, or say how all of them are meant with PodLabels.custom(relabelings).',
      );
    }
  }

  private checkSeries(at: string, config: RelabelConfig, problems: Problems): void {
    const dropped = removed(config);
    if (dropped.length > 0) {
      problems.add(
        at,
        `${config.action} removes ${dropped.join(', ')} after the scrape, which are the workload's, not the exporter's. ` +
          'Remove it: PodLabels.renameTarget() drops those of the exporter before the scrape.',
      );
    }
    const exported = config.sourceLabels?.find((label) => POD_LABELS.some((name) => label === `exported_${name}`));
    if (exported !== undefined && (this.honorLabels || this.way === 'renameTarget')) {
      problems.add(
        at,
        `There is no ${exported}: it exists only where the target has a label of the same name and honorLabels is false. ` +
          "Remove it, since the label without the prefix is the workload's already.",
      );
    }
  }
}

function* each(lists: readonly Relabelings[]): Generator<[string, RelabelConfig]> {
  for (const { property, configs } of lists) {
    for (const [index, config] of configs.entries()) {
      yield [`${property}[${index}]`, config];
    }
  }
}

/** The labels of the three that a labeldrop or labelkeep removes. */
function removed({ action, regex = '(.*)' }: RelabelConfig): readonly string[] {
  if (action !== 'labeldrop' && action !== 'labelkeep') {
    return [];
  }
  return POD_LABELS.filter((label) => matchesRegex(regex, label) === (action === 'labeldrop'));
}
