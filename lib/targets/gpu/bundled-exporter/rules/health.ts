import { type AlertRule, alert, type Rule, type Severity } from '../../../../model/rules';
import { runbook } from '../../../../model/runbook';
import type { RuleParts } from './rules';

/** Rules about GPUs that are gone, broken, or ask for help. */
export function healthRules(parts: RuleParts): readonly Rule[] {
  const { self, node, nodeLabel, gpu } = parts;
  const expected = `gpu_devices_expected{${self}}`;
  const byNode = `max by (job, ${nodeLabel}, vendor)`;
  return [
    alert('GpuLost', {
      expr:
        `gpu_status{${self}, status!="ok"} == 1 ` + `unless on (instance, vendor) gpu_exporter_driver_up{${self}} == 0`,
      for: '5m',
      severity: 'critical',
      summary: 'A GPU does not answer.',
      description: `The {{ $labels.vendor }} GPU at {{ $labels.pci_bus_id }} of node ${node} does not answer: {{ $labels.status }}.`,
      runbook: runbook('GpuLost'),
    }),
    alert('GpuMissing', {
      // By node, since the address of a pod is another one after a restart.
      expr: `${byNode} (max_over_time(${expected}[1d])) - ${byNode} (${expected}) > 0`,
      for: '15m',
      severity: 'warning',
      summary: 'A node has fewer GPUs than within the last day.',
      description: `{{ $labels.vendor }} GPUs of node ${node} that were there within the last day and are no longer on its PCI bus: {{ $value }}.`,
      runbook: runbook('GpuMissing'),
    }),
    alert('GpuRecoveryActionNeeded', {
      expr: `gpu_recovery_action{${self}, action!="none"} == 1`,
      for: '5m',
      severity: 'critical',
      summary: 'The driver asks for an action to recover a GPU.',
      description: `To recover ${gpu}, the driver asks for: {{ $labels.action }}.`,
      runbook: runbook('GpuRecoveryActionNeeded'),
    }),
    xid(parts, 'GpuXidErrorCritical', 'reset|reboot', 'critical', 'A GPU has to be reset after an error.'),
    xid(parts, 'GpuXidErrorHardware', 'hardware|unknown', 'warning', 'A GPU reported an error of its hardware.'),
    xid(parts, 'GpuXidErrorApplication', 'application', 'info', 'A program on a GPU ran into an error.'),
    alert('GpuFabricNotReady', {
      expr: `gpu_fabric_state{${self}, state=~"not_started|in_progress"} == 1`,
      for: '15m',
      severity: 'warning',
      summary: 'A GPU has not joined the fabric of NVSwitches.',
      description: `${gpu} has not joined the fabric of NVSwitches ({{ $labels.state }}). CUDA programs cannot start on it.`,
      runbook: runbook('GpuFabricNotReady'),
    }),
  ];
}

/** An alert about XID errors of some classes. The counters begin at 0, so that the first error counts. */
function xid({ self, gpu }: RuleParts, name: string, classes: string, severity: Severity, summary: string): AlertRule {
  return alert(name, {
    expr: `increase(gpu_xid_errors_total{${self}, class=~"${classes}"}[15m]) > 0`,
    for: '1m',
    severity,
    summary,
    description: `The driver reported XID {{ $labels.xid }} ({{ $labels.class }}) for ${gpu} within 15 minutes.`,
    runbook: runbook(name),
  });
}
