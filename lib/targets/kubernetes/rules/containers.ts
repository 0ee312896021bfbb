import { alert, type RuleGroup } from '../../../model/rules';
import { runbook } from '../../../model/runbook';
import { highest } from './object-series';

/** Bounds of what containers may use of the cluster. */
export interface ContainerRulesOptions {
  /** Share of all CPUs of the cluster that all containers together use, 0 to 1. @default 0.8 */
  readonly cpuThreshold?: number;
  /** Share of the memory that the nodes of the cluster offer to pods, 0 to 1. @default 0.8 */
  readonly memoryThreshold?: number;
}

/** A container's own series; cAdvisor also reports sums, for the pod and for every control group above it. */
const CONTAINER = 'job="cadvisor", container!="", container!="POD", pod!=""';
const WHO = 'Container {{ $labels.container }} of pod {{ $labels.namespace }}/{{ $labels.pod }}';

/** Rules about what containers use of the cluster and of what they were granted. */
export function containerRules({
  cpuThreshold = 0.8,
  memoryThreshold = 0.8,
}: ContainerRulesOptions = {}): readonly RuleGroup[] {
  const periods = (kind: string) =>
    `sum by (namespace, pod, container) (rate(container_cpu_cfs_${kind}periods_total{${CONTAINER}}[5m]))`;
  return [
    {
      name: 'containers.alerts',
      rules: [
        alert('ContainersCPUShareHigh', {
          expr:
            `sum(rate(container_cpu_usage_seconds_total{${CONTAINER}}[5m])) ` +
            `/ sum(max by (node) (machine_cpu_cores{job="cadvisor"})) > ${cpuThreshold}`,
          for: '5m',
          severity: 'warning',
          summary: 'Containers use most of the CPUs of the cluster.',
          description: 'Containers use {{ $value | humanizePercentage }} of the CPUs of all nodes.',
          runbook: runbook('ContainersCPUShareHigh'),
        }),
        alert('ContainersMemoryShareHigh', {
          expr:
            `sum(container_memory_working_set_bytes{${CONTAINER}}) ` +
            `/ sum(${highest(['node'], 'kube_node_status_allocatable', 'resource="memory"')}) > ${memoryThreshold}`,
          for: '5m',
          severity: 'warning',
          summary: 'Containers use most of the memory of the cluster.',
          description: 'Containers use {{ $value | humanizePercentage }} of the memory that the nodes offer to pods.',
          runbook: runbook('ContainersMemoryShareHigh'),
        }),
        alert('CPUThrottlingHigh', {
          expr: `${periods('throttled_')} / ${periods('')} > 0.25`,
          for: '15m',
          severity: 'info',
          summary: 'The CPU limit slows a container down.',
          description: `${WHO} is held back in {{ $value | humanizePercentage }} of the periods in which it runs.`,
          runbook: runbook('CPUThrottlingHigh'),
        }),
        alert('ContainerMemoryNearLimit', {
          expr:
            `max by (namespace, pod, container) (container_memory_working_set_bytes{${CONTAINER}} ` +
            `/ (container_spec_memory_limit_bytes{${CONTAINER}} > 0)) > 0.9`,
          for: '15m',
          severity: 'warning',
          summary: 'A container is close to its memory limit.',
          description: `${WHO} uses {{ $value | humanizePercentage }} of its memory limit and is killed when it reaches it.`,
          runbook: runbook('ContainerMemoryNearLimit'),
        }),
      ],
    },
  ];
}
