import { alert, type Rule } from '../../../../model/rules';
import { runbook } from '../../../../model/runbook';
import type { RuleParts } from './rules';

/** Rules about errors of a GPU's memory, and their repair. */
export function memoryErrorRules({ self, gpu }: RuleParts): readonly Rule[] {
  return [
    alert('GpuMemoryUncorrectableErrors', {
      expr: `increase(gpu_ecc_errors_total{${self}, error="uncorrected", period="volatile"}[1h]) > 0`,
      for: '1m',
      severity: 'critical',
      summary: 'The memory of a GPU had an error that could not be corrected.',
      description: `Memory errors of ${gpu} in an hour that could not be corrected: {{ $value | humanize }}. What ran on it may have wrong results.`,
      runbook: runbook('GpuMemoryUncorrectableErrors'),
    }),
    alert('GpuReplacementNeeded', {
      expr: `gpu_row_remap_failed{${self}} == 1 or gpu_ecc_sram_threshold_exceeded{${self}} == 1`,
      for: '5m',
      severity: 'critical',
      summary: 'The memory of a GPU cannot be repaired any more.',
      description: `${gpu} has no spare rows left for broken ones, or too many errors in its SRAM.`,
      runbook: runbook('GpuReplacementNeeded'),
    }),
    alert('GpuRepairPending', {
      expr:
        `gpu_row_remap_pending{${self}} == 1 or gpu_retired_pages_pending{${self}} == 1 ` +
        `or gpu_repair_pending{${self}} == 1`,
      for: '15m',
      severity: 'warning',
      summary: 'A repair of a GPU waits for its reset.',
      description: `${gpu} found broken memory, and takes it out of use with the next reset.`,
      runbook: runbook('GpuRepairPending'),
    }),
  ];
}
