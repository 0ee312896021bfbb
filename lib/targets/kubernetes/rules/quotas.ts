import { alert, type Rule } from '../../../model/rules';
import { runbook } from '../../../model/runbook';
import { highest } from './object-series';

const ofQuota = (type: string) =>
  highest(['namespace', 'resourcequota', 'resource'], 'kube_resourcequota', `type="${type}"`);
const USED = `${ofQuota('used')} / (${ofQuota('hard')} > 0)`;
const QUOTA = 'quota {{ $labels.resourcequota }} of namespace {{ $labels.namespace }}';

/** Rules about resource quotas. */
export function quotaRules(): readonly Rule[] {
  return [
    alert('KubeQuotaAlmostFull', {
      expr: `${USED} > 0.9 < 1`,
      for: '15m',
      severity: 'info',
      summary: 'A resource quota is almost used up.',
      description: `{{ $value | humanizePercentage }} of {{ $labels.resource }} in ${QUOTA} are used.`,
      runbook: runbook('KubeQuotaAlmostFull'),
    }),
    alert('KubeQuotaFullyUsed', {
      expr: `${USED} == 1`,
      for: '15m',
      severity: 'info',
      summary: 'A resource quota is used up.',
      description: `All of {{ $labels.resource }} in ${QUOTA} is used; whatever asks for more is refused.`,
      runbook: runbook('KubeQuotaFullyUsed'),
    }),
    alert('KubeQuotaExceeded', {
      expr: `${USED} > 1`,
      for: '15m',
      severity: 'warning',
      summary: 'More is used than a resource quota allows.',
      description: `{{ $value | humanizePercentage }} of {{ $labels.resource }} in ${QUOTA} are used. Pods that end are not replaced.`,
      runbook: runbook('KubeQuotaExceeded'),
    }),
  ];
}
