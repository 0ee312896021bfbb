import { alert, type Rule } from '../../../../model/rules';
import { runbook } from '../../../../model/runbook';
import type { RuleParts } from './rules';

/** Rules about what is made of GPUs. */
export function usageRules({ self, nodeLabel, node, gpu }: RuleParts, attribution: boolean): readonly Rule[] {
  const seconds = (what: 'idle' | 'allocated') =>
    `sum by (${nodeLabel}, namespace, pod) (increase(gpu_pod_${what}_seconds_total{${self}}[15m]))`;
  return [
    alert('GpuMemoryAlmostFull', {
      expr: `gpu_memory_free_bytes{${self}} / gpu_memory_total_bytes{${self}} < 0.02`,
      for: '15m',
      severity: 'info',
      summary: 'The memory of a GPU is almost full.',
      description: `${gpu} has {{ $value | humanizePercentage }} of its memory left. Frameworks that take all of it at once are no cause for concern.`,
      runbook: runbook('GpuMemoryAlmostFull'),
    }),
    ...(attribution
      ? [
          alert('GpuPodIdle', {
            expr: `${seconds('idle')} / ${seconds('allocated')} > 0.95`,
            for: '1h',
            severity: 'info',
            summary: 'A pod has GPUs and does not use them.',
            description: `Pod {{ $labels.namespace }}/{{ $labels.pod }} has had GPUs of node ${node} for more than an hour, idle for {{ $value | humanizePercentage }} of the time. Others may wait for them.`,
            runbook: runbook('GpuPodIdle'),
          }),
        ]
      : []),
  ];
}
