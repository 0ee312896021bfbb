import { alert, type Rule } from '../../../model/rules';
import { runbook } from '../../../model/runbook';
import { highest } from './object-series';

/** Rules about persistent volumes as objects. */
export function persistentVolumeRules(): readonly Rule[] {
  return [
    alert('KubePersistentVolumeErrors', {
      expr: `${highest(['persistentvolume', 'phase'], 'kube_persistentvolume_status_phase', 'phase=~"Failed|Pending"')} == 1`,
      for: '10m',
      severity: 'warning',
      summary: 'A persistent volume cannot be provided or cleaned up.',
      description: 'Volume {{ $labels.persistentvolume }} stays in phase {{ $labels.phase }}.',
      runbook: runbook('KubePersistentVolumeErrors'),
    }),
    alert('KubePersistentVolumeClaimLost', {
      expr: `${highest(['namespace', 'persistentvolumeclaim'], 'kube_persistentvolumeclaim_status_phase', 'phase="Lost"')} == 1`,
      for: '5m',
      severity: 'critical',
      summary: 'The volume of a claim is gone.',
      description:
        'Claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} was bound to a volume that no longer exists.',
      runbook: runbook('KubePersistentVolumeClaimLost'),
    }),
  ];
}

/** Rules about the space in volumes, as the kubelets measure it. */
export function volumeUsageRules(): readonly Rule[] {
  const share = (free: string, total: string) =>
    `min by (namespace, persistentvolumeclaim) (${of(free)} / ${of(total)})`;
  // A trend of a few minutes, such as that of a volume that is filled for the first time, says nothing about days.
  const filling = (free: string) =>
    `and min by (namespace, persistentvolumeclaim) ` +
    `(predict_linear(${of(free)}[6h], 4 * 24 * 3600) < 0 and ${of(free)} offset 3h)`;
  const claim = 'claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }}';
  return [
    alert('KubePersistentVolumeFillingUp', {
      expr: `${share('available_bytes', 'capacity_bytes')} < 0.15 ${filling('available_bytes')}`,
      for: '1h',
      severity: 'warning',
      summary: 'A persistent volume will be full within four days.',
      description: `The volume of ${claim} has {{ $value | humanizePercentage }} of its space left and is full within four days if it goes on like this.`,
      runbook: runbook('KubePersistentVolumeFillingUp'),
    }),
    alert('KubePersistentVolumeAlmostFull', {
      expr: `${share('available_bytes', 'capacity_bytes')} < 0.03`,
      for: '5m',
      severity: 'critical',
      summary: 'A persistent volume is almost full.',
      description: `The volume of ${claim} has {{ $value | humanizePercentage }} of its space left.`,
      runbook: runbook('KubePersistentVolumeAlmostFull'),
    }),
    alert('KubePersistentVolumeInodesFillingUp', {
      expr: `${share('inodes_free', 'inodes')} < 0.15 ${filling('inodes_free')}`,
      for: '1h',
      severity: 'warning',
      summary: 'A persistent volume will be out of inodes within four days.',
      description: `The volume of ${claim} has {{ $value | humanizePercentage }} of its inodes left and runs out within four days if it goes on like this.`,
      runbook: runbook('KubePersistentVolumeInodesFillingUp'),
    }),
    alert('KubePersistentVolumeAlmostOutOfInodes', {
      expr: `${share('inodes_free', 'inodes')} < 0.03`,
      for: '5m',
      severity: 'critical',
      summary: 'A persistent volume is almost out of inodes.',
      description: `The volume of ${claim} has {{ $value | humanizePercentage }} of its inodes left.`,
      runbook: runbook('KubePersistentVolumeAlmostOutOfInodes'),
    }),
  ];
}

function of(metric: string): string {
  return `kubelet_volume_stats_${metric}{job="kubelet"}`;
}
