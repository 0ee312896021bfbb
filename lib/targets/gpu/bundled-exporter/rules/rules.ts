import type { RuleGroup } from '../../../../model/rules';
import { healthRules } from './health';
import { memoryErrorRules } from './memory-errors';
import { performanceRules } from './performance';
import { selfRules } from './self';
import { usageRules } from './usage';

/** What the rules are about. */
export interface GpuRuleOptions {
  /** Job of the exporter. @default gpu-exporter */
  readonly job?: string;
  /** Label with the name of the node. @default node */
  readonly nodeLabel?: string;
  /** Age from which on values count as stale. @default 5m */
  readonly staleAfter?: string;
  /** Whether the exporter says which pod has a GPU. @default true */
  readonly attribution?: boolean;
}

/** The options, resolved to what expressions and texts are made of. */
export interface RuleParts {
  /** Matchers of the series of the exporter. */
  readonly self: string;
  readonly nodeLabel: string;
  /** The node in a text. */
  readonly node: string;
  /** A GPU in a text. */
  readonly gpu: string;
  readonly staleAfter: string;
}

/** Rules about GPUs and their exporter, on the native metrics of docs/gpu-metrics.md. */
export function gpuExporterRules(options: GpuRuleOptions = {}): readonly RuleGroup[] {
  const { job = 'gpu-exporter', nodeLabel = 'node', staleAfter = '5m', attribution = true } = options;
  const node = `{{ $labels.${nodeLabel} }}`;
  const parts: RuleParts = {
    self: `job=${JSON.stringify(job)}`,
    nodeLabel,
    node,
    gpu: `GPU {{ $labels.gpu }} ({{ $labels.uuid }}) of node ${node}`,
    staleAfter,
  };
  return [
    { name: 'gpu-exporter.alerts', rules: selfRules(parts, attribution) },
    { name: 'gpu-exporter.health', rules: healthRules(parts) },
    { name: 'gpu-exporter.memory-errors', rules: memoryErrorRules(parts) },
    { name: 'gpu-exporter.performance', rules: performanceRules(parts) },
    { name: 'gpu-exporter.usage', rules: usageRules(parts, attribution) },
  ];
}
