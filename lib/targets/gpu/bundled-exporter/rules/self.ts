import { parseDuration } from '../../../../model/duration';
import { alert, type Rule } from '../../../../model/rules';
import { runbook } from '../../../../model/runbook';
import type { RuleParts } from './rules';

/** Rules about the exporter itself. */
export function selfRules({ self, node, nodeLabel, staleAfter }: RuleParts, attribution: boolean): readonly Rule[] {
  const driverDown = `unless on (instance, vendor) gpu_exporter_driver_up{${self}} == 0`;
  return [
    // A cluster that has scaled its GPU nodes away has no targets, so their absence is no fault.
    alert('GpuExporterDown', {
      expr: `sum by (job) (up{${self}}) == 0`,
      for: '10m',
      severity: 'critical',
      summary: 'No GPU exporter answers.',
      description: 'Prometheus cannot scrape the GPU exporter on any node, so nothing is known about the GPUs.',
      runbook: runbook('GpuExporterDown'),
    }),
    alert('GpuExporterInstanceUnreachable', {
      expr: `up{${self}} == 0`,
      for: '15m',
      severity: 'warning',
      summary: 'The GPU exporter of a node does not answer.',
      description: `Prometheus cannot scrape the GPU exporter of node ${node} at {{ $labels.instance }}.`,
      runbook: runbook('GpuExporterInstanceUnreachable'),
    }),
    alert('GpuDriverDown', {
      // Who lets the exporter release the driver, for an upgrade, knows about it.
      expr: `gpu_exporter_driver_up{${self}, reason!~"released|starting|stopped"} == 0`,
      for: '10m',
      severity: 'critical',
      summary: 'The GPU driver of a node does not answer.',
      description: `The {{ $labels.vendor }} driver of node ${node} does not answer ({{ $labels.reason }}), so nothing is known about its GPUs.`,
      runbook: runbook('GpuDriverDown'),
    }),
    alert('GpuDriverHung', {
      expr: `gpu_exporter_abandoned_processes{${self}} > 0`,
      for: '15m',
      severity: 'critical',
      summary: 'Calls into a GPU driver never return.',
      description: `Processes of the GPU exporter on node ${node} that hang in the {{ $labels.vendor }} driver and cannot be ended: {{ $value }}. Other programs that ask the driver hang as well.`,
      runbook: runbook('GpuDriverHung'),
    }),
    alert('GpuExporterStale', {
      expr: `gpu_exporter_collection_age_seconds{${self}} > ${(parseDuration(staleAfter) ?? 0) / 1000} ${driverDown}`,
      for: '5m',
      severity: 'warning',
      summary: 'Values of GPUs are old.',
      description: `The values of the {{ $labels.vendor }} GPUs of node ${node} are {{ $value | humanizeDuration }} old. They are no longer shown after a while.`,
      runbook: runbook('GpuExporterStale'),
    }),
    alert('GpuExporterRestarting', {
      expr: `increase(gpu_exporter_collector_restarts_total{${self}, reason!="driver"}[1h]) > 3`,
      for: '1m',
      severity: 'warning',
      summary: 'The process that reads the GPUs of a node is replaced again and again.',
      description: `Times that the process which asks the {{ $labels.vendor }} driver of node ${node} was replaced in an hour: {{ $value | humanize }} ({{ $labels.reason }}).`,
      runbook: runbook('GpuExporterRestarting'),
    }),
    alert('GpuExporterCollectorFailing', {
      expr: `gpu_exporter_collector_success{${self}} == 0 unless on (instance, pci_bus_id) gpu_up{${self}} == 0`,
      for: '15m',
      severity: 'warning',
      summary: 'A part of what is known of a GPU cannot be read.',
      description: `The collector {{ $labels.collector }} of the GPU exporter on node ${node} fails{{ with $labels.pci_bus_id }} for GPU {{ . }}{{ end }}. Its metrics are missing.`,
      runbook: runbook('GpuExporterCollectorFailing'),
    }),
    ...(attribution
      ? [
          alert('GpuExporterSourceDown', {
            expr: `gpu_exporter_source_up{${self}} == 0`,
            for: '10m',
            severity: 'warning',
            summary: 'The GPU exporter of a node cannot ask which pod uses a GPU.',
            description: `The source {{ $labels.source }} of the GPU exporter on node ${node} does not answer. Series lose what it alone knows of pods.`,
            runbook: runbook('GpuExporterSourceDown'),
          }),
        ]
      : []),
    alert('GpuExporterSeriesDropped', {
      expr: `sum by (job, instance, ${nodeLabel}, profile) (rate(gpu_exporter_series_dropped_total{${self}}[10m])) > 0`,
      for: '15m',
      severity: 'warning',
      summary: 'The GPU exporter of a node leaves series out.',
      description: `The GPU exporter of node ${node} has more series of the profile {{ $labels.profile }} than its limit allows.`,
      runbook: runbook('GpuExporterSeriesDropped'),
    }),
  ];
}
