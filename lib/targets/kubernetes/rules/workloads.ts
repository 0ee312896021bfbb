import { alert, type Rule, type RuleGroup } from '../../../model/rules';
import { runbook } from '../../../model/runbook';
import { nodeRules } from './nodes';
import { highest } from './object-series';
import { quotaRules } from './quotas';
import { persistentVolumeRules } from './volumes';

/** Rules about the objects of the cluster, as kube-state-metrics describes them. */
export function workloadRules(): readonly RuleGroup[] {
  return [
    { name: 'kubernetes.pods', rules: PODS },
    { name: 'kubernetes.deployments', rules: DEPLOYMENTS },
    { name: 'kubernetes.stateful-sets', rules: STATEFUL_SETS },
    { name: 'kubernetes.daemon-sets', rules: DAEMON_SETS },
    { name: 'kubernetes.jobs', rules: JOBS },
    { name: 'kubernetes.availability', rules: AVAILABILITY },
    { name: 'kubernetes.nodes', rules: nodeRules() },
    { name: 'kubernetes.quotas', rules: quotaRules() },
    { name: 'kubernetes.persistent-volumes', rules: persistentVolumeRules() },
  ];
}

const POD = '{{ $labels.namespace }}/{{ $labels.pod }}';
const CONTAINER = `Container {{ $labels.container }} of pod ${POD}`;

const ofPod = (metric: string, matchers?: string) => highest(['namespace', 'pod'], metric, matchers);
const ofContainer = (metric: string, matchers?: string, range?: string) =>
  highest(['namespace', 'pod', 'container'], metric, matchers, range);

const BACK_OFF = 'reason="CrashLoopBackOff"';
const IMAGE = 'ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable';

const PODS: readonly Rule[] = [
  alert('KubePodCrashLooping', {
    expr:
      `${ofContainer('kube_pod_container_status_waiting_reason', BACK_OFF, '5m')} == 1 ` +
      `or ${ofContainer('kube_pod_init_container_status_waiting_reason', BACK_OFF, '5m')} == 1`,
    for: '15m',
    severity: 'warning',
    summary: 'A container crashes again and again.',
    description: `${CONTAINER} ends soon after each start, and Kubernetes waits longer and longer before the next one.`,
    runbook: runbook('KubePodCrashLooping'),
  }),
  alert('KubePodNotReady', {
    expr:
      `(${ofPod('kube_pod_status_phase', 'phase=~"Pending|Unknown"')} == 1 ` +
      `or (${ofPod('kube_pod_status_phase', 'phase="Running"')} == 1 ` +
      `and ${ofPod('kube_pod_status_ready', 'condition="true"')} == 0)) ` +
      `unless on (namespace, pod) ${ofPod('kube_pod_owner', 'owner_kind="Job"')} == 1`,
    for: '15m',
    severity: 'warning',
    summary: 'A pod is not ready.',
    description: `Pod ${POD} has not been ready for 15 minutes.`,
    runbook: runbook('KubePodNotReady'),
  }),
  alert('KubePodUnschedulable', {
    expr: `${ofPod('kube_pod_status_unschedulable')} == 1`,
    for: '30m',
    severity: 'info',
    summary: 'No node has room for a pod.',
    description: `Pod ${POD} waits for a node that offers what it asks for, such as CPU, memory, GPUs or a volume.`,
    runbook: runbook('KubePodUnschedulable'),
  }),
  alert('KubeContainerImagePullFailing', {
    expr:
      `${ofContainer('kube_pod_container_status_waiting_reason', `reason=~"${IMAGE}"`, '5m')} == 1 ` +
      `or ${ofContainer('kube_pod_init_container_status_waiting_reason', `reason=~"${IMAGE}"`, '5m')} == 1`,
    for: '15m',
    severity: 'warning',
    summary: 'The image of a container cannot be pulled.',
    description: `${CONTAINER} cannot start because its image cannot be pulled.`,
    runbook: runbook('KubeContainerImagePullFailing'),
  }),
  alert('KubeContainerWaiting', {
    expr: `${highest(['namespace', 'pod', 'container', 'reason'], 'kube_pod_container_status_waiting_reason', `reason!~"CrashLoopBackOff|${IMAGE}"`)} == 1`,
    for: '1h',
    severity: 'warning',
    summary: 'A container has been waiting for an hour.',
    description: `${CONTAINER} waits to be started. Reason: {{ $labels.reason }}.`,
    runbook: runbook('KubeContainerWaiting'),
  }),
  alert('KubeContainerOOMKilled', {
    expr:
      `sum by (namespace, pod, container) (increase(kube_pod_container_status_restarts_total{job="kube-state-metrics"}[15m])) > 0 ` +
      `and ${ofContainer('kube_pod_container_status_last_terminated_reason', 'reason="OOMKilled"')} == 1`,
    for: '1m',
    severity: 'warning',
    summary: 'A container was killed because it ran out of memory.',
    description: `${CONTAINER} exceeded its memory limit, or the node had none left, and was started again.`,
    runbook: runbook('KubeContainerOOMKilled'),
  }),
];

const ofDeployment = (metric: string, matchers?: string, range?: string) =>
  highest(['namespace', 'deployment'], `kube_deployment_${metric}`, matchers, range);
const DEPLOYMENT = 'Deployment {{ $labels.namespace }}/{{ $labels.deployment }}';

const DEPLOYMENTS: readonly Rule[] = [
  alert('KubeDeploymentReplicasMismatch', {
    expr:
      `${ofDeployment('spec_replicas')} > ${ofDeployment('status_replicas_available')} ` +
      `and ${unchanged(['namespace', 'deployment'], 'kube_deployment_status_replicas_updated')}`,
    for: '15m',
    severity: 'warning',
    summary: 'A deployment has fewer available pods than wanted.',
    description: `${DEPLOYMENT} wants {{ $value }} pods, and not all of them are available.`,
    runbook: runbook('KubeDeploymentReplicasMismatch'),
  }),
  alert('KubeDeploymentGenerationMismatch', {
    expr: `${ofDeployment('status_observed_generation')} != ${ofDeployment('metadata_generation')}`,
    for: '15m',
    severity: 'warning',
    summary: 'A change of a deployment is not acted on.',
    description: `The controller has not looked at the latest change of ${DEPLOYMENT}.`,
    runbook: runbook('KubeDeploymentGenerationMismatch'),
  }),
  alert('KubeDeploymentRolloutStuck', {
    expr: `${ofDeployment('status_condition', 'condition="Progressing", status="false"')} == 1`,
    for: '15m',
    severity: 'warning',
    summary: 'The rollout of a deployment makes no progress.',
    description: `${DEPLOYMENT} exceeded its progress deadline; the pods of the new version do not become available.`,
    runbook: runbook('KubeDeploymentRolloutStuck'),
  }),
];

const ofStatefulSet = (metric: string, matchers?: string) =>
  highest(['namespace', 'statefulset'], `kube_statefulset_${metric}`, matchers);
const STATEFUL_SET = 'StatefulSet {{ $labels.namespace }}/{{ $labels.statefulset }}';
const UPDATED_UNCHANGED = unchanged(['namespace', 'statefulset'], 'kube_statefulset_status_replicas_updated');

const STATEFUL_SETS: readonly Rule[] = [
  alert('KubeStatefulSetReplicasMismatch', {
    expr: `${ofStatefulSet('replicas')} > ${ofStatefulSet('status_replicas_ready')} and ${UPDATED_UNCHANGED}`,
    for: '15m',
    severity: 'warning',
    summary: 'A StatefulSet has fewer ready pods than wanted.',
    description: `${STATEFUL_SET} wants {{ $value }} pods, and not all of them are ready.`,
    runbook: runbook('KubeStatefulSetReplicasMismatch'),
  }),
  alert('KubeStatefulSetGenerationMismatch', {
    expr: `${ofStatefulSet('status_observed_generation')} != ${ofStatefulSet('metadata_generation')}`,
    for: '15m',
    severity: 'warning',
    summary: 'A change of a StatefulSet is not acted on.',
    description: `The controller has not looked at the latest change of ${STATEFUL_SET}.`,
    runbook: runbook('KubeStatefulSetGenerationMismatch'),
  }),
  alert('KubeStatefulSetUpdateNotRolledOut', {
    expr:
      `max by (namespace, statefulset) (kube_statefulset_status_update_revision{job="kube-state-metrics"} ` +
      `unless on (namespace, statefulset, revision) kube_statefulset_status_current_revision{job="kube-state-metrics"}) ` +
      `and ${ofStatefulSet('replicas')} > ${ofStatefulSet('status_replicas_updated')} and ${UPDATED_UNCHANGED}`,
    for: '15m',
    severity: 'warning',
    summary: 'The update of a StatefulSet makes no progress.',
    description: `${STATEFUL_SET} still has pods of its old version, and none was replaced for a while.`,
    runbook: runbook('KubeStatefulSetUpdateNotRolledOut'),
  }),
];

const ofDaemonSet = (metric: string) => highest(['namespace', 'daemonset'], `kube_daemonset_status_${metric}`);
const DAEMON_SET = 'DaemonSet {{ $labels.namespace }}/{{ $labels.daemonset }}';

const DAEMON_SETS: readonly Rule[] = [
  alert('KubeDaemonSetRolloutStuck', {
    expr:
      `(${ofDaemonSet('current_number_scheduled')} - ${ofDaemonSet('number_available')} > 0 ` +
      `or ${ofDaemonSet('current_number_scheduled')} - ${ofDaemonSet('updated_number_scheduled')} > 0) ` +
      `and ${unchanged(['namespace', 'daemonset'], 'kube_daemonset_status_updated_number_scheduled')}`,
    for: '15m',
    severity: 'warning',
    summary: 'Pods of a DaemonSet are missing or old.',
    description: `Pods of ${DAEMON_SET} that are not available or still of the old version: {{ $value }}.`,
    runbook: runbook('KubeDaemonSetRolloutStuck'),
  }),
  alert('KubeDaemonSetNotScheduled', {
    expr: `${ofDaemonSet('desired_number_scheduled')} - ${ofDaemonSet('current_number_scheduled')} > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'Nodes lack the pod of a DaemonSet.',
    description: `Nodes that should run a pod of ${DAEMON_SET} and have none: {{ $value }}.`,
    runbook: runbook('KubeDaemonSetNotScheduled'),
  }),
  alert('KubeDaemonSetMisScheduled', {
    expr: `${ofDaemonSet('number_misscheduled')} > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'Pods of a DaemonSet run where they should not.',
    description: `Nodes that run a pod of ${DAEMON_SET} and should not: {{ $value }}.`,
    runbook: runbook('KubeDaemonSetMisScheduled'),
  }),
];

const ofJob = (metric: string, matchers?: string) => highest(['namespace', 'job_name'], metric, matchers);
const ofCronJob = (metric: string) => highest(['namespace', 'cronjob'], metric);

const JOBS: readonly Rule[] = [
  alert('KubeJobFailed', {
    expr: `${ofJob('kube_job_failed', 'condition="true"')} == 1`,
    for: '15m',
    severity: 'warning',
    summary: 'A job failed.',
    description: 'Job {{ $labels.namespace }}/{{ $labels.job_name }} failed and is not tried again.',
    runbook: runbook('KubeJobFailed'),
  }),
  alert('KubeJobNotCompleted', {
    expr:
      `time() - (${ofJob('kube_job_status_start_time')} and ${ofJob('kube_job_status_active')} > 0 ` +
      `and ${ofJob('kube_job_owner', 'owner_kind="CronJob"')}) > 12 * 3600`,
    for: '5m',
    severity: 'warning',
    summary: 'A job of a CronJob does not finish.',
    description:
      'Job {{ $labels.namespace }}/{{ $labels.job_name }} has been running for {{ $value | humanizeDuration }}.',
    runbook: runbook('KubeJobNotCompleted'),
  }),
  alert('KubeCronJobMissedSchedule', {
    expr:
      `time() - ${ofCronJob('kube_cronjob_next_schedule_time')} > 3600 ` +
      `unless ${ofCronJob('kube_cronjob_status_active')} > 0`,
    for: '10m',
    severity: 'warning',
    summary: 'A CronJob was not started when it should have been.',
    description:
      'The next run of CronJob {{ $labels.namespace }}/{{ $labels.cronjob }} is {{ $value | humanizeDuration }} late.',
    runbook: runbook('KubeCronJobMissedSchedule'),
  }),
];

const ofAutoscaler = (metric: string) =>
  highest(['namespace', 'horizontalpodautoscaler'], `kube_horizontalpodautoscaler_${metric}`);
const ofBudget = (metric: string) =>
  highest(['namespace', 'poddisruptionbudget'], `kube_poddisruptionbudget_status_${metric}`);
const AUTOSCALER = 'HorizontalPodAutoscaler {{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }}';

const AVAILABILITY: readonly Rule[] = [
  alert('KubeHpaReplicasMismatch', {
    expr:
      `${ofAutoscaler('status_desired_replicas')} != ${ofAutoscaler('status_current_replicas')} ` +
      `and ${unchanged(['namespace', 'horizontalpodautoscaler'], 'kube_horizontalpodautoscaler_status_current_replicas')}`,
    for: '15m',
    severity: 'warning',
    summary: 'An autoscaler does not reach the number of pods that it wants.',
    description: `${AUTOSCALER} wants {{ $value }} pods, and their number does not change.`,
    runbook: runbook('KubeHpaReplicasMismatch'),
  }),
  alert('KubeHpaMaxedOut', {
    expr:
      `${ofAutoscaler('status_current_replicas')} >= ${ofAutoscaler('spec_max_replicas')} ` +
      `and ${ofAutoscaler('spec_max_replicas')} > ${ofAutoscaler('spec_min_replicas')}`,
    for: '15m',
    severity: 'warning',
    summary: 'An autoscaler runs at its maximum.',
    description: `${AUTOSCALER} has all of the {{ $value }} pods that it may have, and cannot answer more load.`,
    runbook: runbook('KubeHpaMaxedOut'),
  }),
  alert('KubePdbNotEnoughHealthyPods', {
    expr: `${ofBudget('desired_healthy')} - ${ofBudget('current_healthy')} > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'A disruption budget has fewer healthy pods than it demands.',
    description:
      'Healthy pods that PodDisruptionBudget {{ $labels.namespace }}/{{ $labels.poddisruptionbudget }} lacks: {{ $value }}. Nodes with its pods cannot be drained.',
    runbook: runbook('KubePdbNotEnoughHealthyPods'),
  }),
];

/** Holds while an update makes no progress; during one, a mismatch is normal. */
function unchanged(by: readonly string[], metric: string): string {
  return `max by (${by.join(', ')}) (changes(${metric}{job="kube-state-metrics"}[10m])) == 0`;
}
