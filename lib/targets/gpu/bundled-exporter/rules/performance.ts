import { alert, type Rule } from '../../../../model/rules';
import { runbook } from '../../../../model/runbook';
import type { RuleParts } from './rules';

/** Errors of links that count codes or packets which NVLink corrects or leaves out as a matter of course. */
const ORDINARY_LINK_ERRORS = 'effective|symbol|link_recovery_successful|transmit_discard|vl15_dropped';

/** Rules about GPUs that are slower than they could be. */
export function performanceRules({ self, nodeLabel, node, gpu }: RuleParts): readonly Rule[] {
  const link = `max by (job, ${nodeLabel}, vendor, gpu, uuid, link)`;
  return [
    alert('GpuThrottledByHeat', {
      expr: throttled(self, 'reason=~"thermal|sw_thermal|hw_thermal"'),
      for: '15m',
      severity: 'warning',
      summary: 'A GPU is slowed down for heat.',
      description: `Heat keeps the clocks of ${gpu} down for {{ $value | humanizePercentage }} of the time.`,
      runbook: runbook('GpuThrottledByHeat'),
    }),
    alert('GpuThrottledByPowerBrake', {
      expr: throttled(self, 'reason="hw_power_brake"'),
      for: '5m',
      severity: 'warning',
      summary: 'A GPU is slowed down by the power supply.',
      description: `The power supply of the node keeps the clocks of ${gpu} down for {{ $value | humanizePercentage }} of the time.`,
      runbook: runbook('GpuThrottledByPowerBrake'),
    }),
    alert('GpuPcieLinkDegraded', {
      // A link slows down to save power while the GPU is idle.
      expr:
        `gpu_pcie_link_width{${self}} / gpu_pcie_link_max_width{${self}} ` +
        `* 2 ^ (gpu_pcie_link_generation{${self}} - gpu_pcie_link_max_generation{${self}}) < 0.9 ` +
        `and gpu_utilization_ratio{${self}} > 0.5`,
      for: '15m',
      severity: 'warning',
      summary: 'The PCI Express link of a busy GPU is slower than it could be.',
      description: `The PCI Express link of ${gpu} has {{ $value | humanizePercentage }} of its greatest bandwidth while the GPU is busy.`,
      runbook: runbook('GpuPcieLinkDegraded'),
    }),
    alert('GpuNvLinkDown', {
      // Boards have links that lead nowhere, so only one that was up counts.
      expr: `${link} (gpu_nvlink_up{${self}}) == 0 ` + `and ${link} (max_over_time(gpu_nvlink_up{${self}}[1d])) == 1`,
      for: '10m',
      severity: 'warning',
      summary: 'An NVLink of a GPU went down.',
      description: `NVLink {{ $labels.link }} of ${gpu} is down, and was up within the last day.`,
      runbook: runbook('GpuNvLinkDown'),
    }),
    alert('GpuNvLinkErrors', {
      expr: `increase(gpu_nvlink_errors_total{${self}, type!~"${ORDINARY_LINK_ERRORS}"}[1h]) > 10`,
      for: '5m',
      severity: 'warning',
      summary: 'An NVLink of a GPU has errors.',
      description: `Errors ({{ $labels.type }}) of NVLink {{ $labels.link }} of GPU {{ $labels.gpu }} of node ${node} in an hour: {{ $value | humanize }}.`,
      runbook: runbook('GpuNvLinkErrors'),
    }),
  ];
}

/** Share of time of the worst of several reasons, which overlap; by samples where the driver counts no time. */
function throttled(self: string, reason: string): string {
  const worst = (share: string) => `max without (reason) (${share}) > 0.1`;
  return (
    `${worst(`rate(gpu_throttle_seconds_total{${self}, ${reason}}[5m])`)} ` +
    `or ${worst(`avg_over_time(gpu_throttle_active{${self}, ${reason}}[5m])`)}`
  );
}
