import type { AlertRule, RuleGroup } from '../../lib/model/rules';
import { prometheusOperatorRules } from '../../lib/prometheus/operator/operator-rules';
import { prometheusRules } from '../../lib/prometheus/rules';
import { generalRules } from '../../lib/targets/general-rules';
import { gpuExporterRules } from '../../lib/targets/gpu/bundled-exporter/rules/rules';
import { kubeStateMetricsRules } from '../../lib/targets/kube-state-metrics/rules';
import { apiServerRules } from '../../lib/targets/kubernetes/rules/api-server';
import { containerRules } from '../../lib/targets/kubernetes/rules/containers';
import {
  controllerManagerRules,
  etcdRules,
  kubeProxyRules,
  schedulerRules,
} from '../../lib/targets/kubernetes/rules/control-plane';
import { coreDnsRules } from '../../lib/targets/kubernetes/rules/coredns';
import { kubeletRules } from '../../lib/targets/kubernetes/rules/kubelet';
import { workloadRules } from '../../lib/targets/kubernetes/rules/workloads';
import { nodeExporterRules } from '../../lib/targets/node-exporter/rules';

/** Every group that can be in a stack, with everything switched on. */
export const ALL_GROUPS: readonly RuleGroup[] = [
  ...generalRules(),
  ...prometheusRules({ remoteWrite: true, replicas: 2, alertmanagers: true }),
  ...prometheusOperatorRules(),
  ...nodeExporterRules(),
  ...kubeStateMetricsRules(),
  ...workloadRules(),
  ...containerRules(),
  ...kubeletRules(),
  ...apiServerRules(),
  ...coreDnsRules(),
  ...schedulerRules(),
  ...controllerManagerRules(),
  ...kubeProxyRules(),
  ...etcdRules(),
  ...gpuExporterRules(),
];

/** Every alert of these groups. */
export const ALL_ALERTS: readonly AlertRule[] = ALL_GROUPS.flatMap(({ rules }) =>
  rules.filter((rule): rule is AlertRule => rule.kind === 'alert'),
);
