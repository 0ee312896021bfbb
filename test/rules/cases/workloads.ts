import type { Labels } from '../../../lib/model/label';
import { growing, type RuleCase, type Samples, type Series, series } from '../rule-case';

/** Labels of the scrape that an alert about another object must not carry. */
const SCRAPED = { job: 'kube-state-metrics', instance: '10.1.0.9:8080', service: 'kube-state-metrics' };
const EXPORTER = { pod: 'kube-state-metrics-5c9f', container: 'kube-state-metrics' };
const POD = { namespace: 'shop', pod: 'cart-7d4b' };
const CONTAINER = { ...POD, container: 'cart' };
const DEPLOYMENT = { namespace: 'shop', deployment: 'cart' };
const STATEFUL_SET = { namespace: 'shop', statefulset: 'orders' };
const DAEMON_SET = { namespace: 'kube-system', daemonset: 'network' };
const JOB = { namespace: 'reports', job_name: 'daily-29' };
const CRON_JOB = { namespace: 'reports', cronjob: 'daily' };
const AUTOSCALER = { namespace: 'shop', horizontalpodautoscaler: 'cart' };
const BUDGET = { namespace: 'shop', poddisruptionbudget: 'orders' };
const QUOTA = { namespace: 'shop', resourcequota: 'team', resource: 'requests.nvidia.com/gpu' };
const NODE = { node: 'gpu-1' };
const NODE_SCRAPED = { namespace: 'monitoring', ...EXPORTER, ...NODE };

const state = (metric: string, labels: Labels, samples: Samples): Series => [
  series(`kube_${metric}`, SCRAPED, EXPORTER, labels),
  samples,
];
const deployment = (metric: string, samples: Samples): Series => state(`deployment_${metric}`, DEPLOYMENT, samples);
const statefulSet = (metric: string, samples: Samples, labels: Labels = {}): Series =>
  state(`statefulset_${metric}`, { ...STATEFUL_SET, ...labels }, samples);
const daemonSet = (metric: string, samples: Samples): Series =>
  state(`daemonset_status_${metric}`, DAEMON_SET, samples);
const autoscaler = (metric: string, samples: Samples): Series =>
  state(`horizontalpodautoscaler_${metric}`, AUTOSCALER, samples);
const quota = (type: string, samples: Samples): Series => state('resourcequota', { ...QUOTA, type }, samples);
const waiting = (reason: string, samples: Samples): Series =>
  state('pod_container_status_waiting_reason', { ...CONTAINER, reason }, samples);
const condition = (name: string, status: string, samples: Samples): Series =>
  state('node_status_condition', { ...NODE_SCRAPED, condition: name, status }, samples);
const cordoned = (samples: Samples): Series => state('node_spec_unschedulable', NODE_SCRAPED, samples);

const PODS: readonly RuleCase[] = [
  {
    alert: 'KubePodCrashLooping',
    // Between two starts the container runs for a moment and does not wait.
    fires: {
      series: [waiting('CrashLoopBackOff', '_ 1x2 _ 1x4 _x2 1x150')],
      labels: CONTAINER,
      says: 'Container cart of pod shop/cart-7d4b ends soon after each start, and Kubernetes waits longer and longer before the next one.',
    },
    quiet: { series: [waiting('CrashLoopBackOff', '_x140 1x2 _x20')] },
  },
  {
    alert: 'KubePodNotReady',
    fires: {
      series: [
        state('pod_status_phase', { ...POD, phase: 'Running' }, 1),
        state('pod_status_ready', { ...POD, condition: 'true' }, 0),
        state('pod_owner', { ...POD, owner_kind: 'ReplicaSet' }, 1),
      ],
      labels: POD,
      says: 'Pod shop/cart-7d4b has not been ready for 15 minutes.',
    },
    // A training job may wait for GPUs as long as it likes.
    quiet: {
      series: [
        state('pod_status_phase', { ...POD, phase: 'Pending' }, 1),
        state('pod_status_ready', { ...POD, condition: 'true' }, 0),
        state('pod_owner', { ...POD, owner_kind: 'Job' }, 1),
      ],
    },
  },
  {
    alert: 'KubePodUnschedulable',
    fires: {
      series: [state('pod_status_unschedulable', POD, 1)],
      labels: POD,
      says: 'Pod shop/cart-7d4b waits for a node that offers what it asks for, such as CPU, memory, GPUs or a volume.',
    },
    quiet: { series: [state('pod_status_unschedulable', POD, '_x130 1x30')] },
  },
  {
    alert: 'KubeContainerImagePullFailing',
    // The reason alternates between the attempt and the wait after it.
    fires: {
      series: [waiting('ErrImagePull', '1 _ 1x40 _x120'), waiting('ImagePullBackOff', '_ 1 _x40 1x120')],
      labels: CONTAINER,
      says: 'Container cart of pod shop/cart-7d4b cannot start because its image cannot be pulled.',
    },
    quiet: { series: [waiting('ContainerCreating', 1)] },
  },
  {
    alert: 'KubeContainerWaiting',
    fires: {
      series: [waiting('CreateContainerConfigError', 1)],
      labels: { ...CONTAINER, reason: 'CreateContainerConfigError' },
      says: 'Container cart of pod shop/cart-7d4b waits to be started. Reason: CreateContainerConfigError.',
    },
    quiet: { series: [waiting('ContainerCreating', '_x100 1x60'), waiting('CrashLoopBackOff', 1)] },
  },
  {
    alert: 'KubeContainerOOMKilled',
    fires: {
      series: [
        state('pod_container_status_restarts_total', CONTAINER, '0x145 1x15'),
        state('pod_container_status_last_terminated_reason', { ...CONTAINER, reason: 'OOMKilled' }, '_x145 1x15'),
      ],
      labels: CONTAINER,
      says: 'Container cart of pod shop/cart-7d4b exceeded its memory limit, or the node had none left, and was started again.',
    },
    quiet: {
      series: [
        state('pod_container_status_restarts_total', CONTAINER, '0x145 1x15'),
        state('pod_container_status_last_terminated_reason', { ...CONTAINER, reason: 'Error' }, '_x145 1x15'),
      ],
    },
  },
];

const CONTROLLERS: readonly RuleCase[] = [
  {
    alert: 'KubeDeploymentReplicasMismatch',
    fires: {
      series: [
        deployment('spec_replicas', 3),
        deployment('status_replicas_available', 2),
        deployment('status_replicas_updated', 3),
      ],
      labels: DEPLOYMENT,
      says: 'Deployment shop/cart wants 3 pods, and not all of them are available.',
    },
    // A large rollout that makes progress.
    quiet: {
      series: [
        deployment('spec_replicas', 200),
        deployment('status_replicas_available', 190),
        deployment('status_replicas_updated', growing(1)),
      ],
    },
  },
  {
    alert: 'KubeDeploymentGenerationMismatch',
    fires: {
      series: [deployment('status_observed_generation', 3), deployment('metadata_generation', 4)],
      labels: DEPLOYMENT,
      says: 'The controller has not looked at the latest change of Deployment shop/cart.',
    },
    quiet: { series: [deployment('status_observed_generation', 4), deployment('metadata_generation', 4)] },
  },
  {
    alert: 'KubeDeploymentRolloutStuck',
    fires: {
      series: [state('deployment_status_condition', { ...DEPLOYMENT, condition: 'Progressing', status: 'false' }, 1)],
      labels: DEPLOYMENT,
      says: 'Deployment shop/cart exceeded its progress deadline; the pods of the new version do not become available.',
    },
    quiet: {
      series: [
        state('deployment_status_condition', { ...DEPLOYMENT, condition: 'Progressing', status: 'false' }, 0),
        state('deployment_status_condition', { ...DEPLOYMENT, condition: 'Progressing', status: 'true' }, 1),
        state('deployment_status_condition', { ...DEPLOYMENT, condition: 'Available', status: 'false' }, 1),
      ],
    },
  },
  {
    alert: 'KubeStatefulSetReplicasMismatch',
    fires: {
      series: [
        statefulSet('replicas', 3),
        statefulSet('status_replicas_ready', 2),
        statefulSet('status_replicas_updated', 3),
      ],
      labels: STATEFUL_SET,
      says: 'StatefulSet shop/orders wants 3 pods, and not all of them are ready.',
    },
    quiet: {
      series: [
        statefulSet('replicas', 3),
        statefulSet('status_replicas_ready', 3),
        statefulSet('status_replicas_updated', 3),
      ],
    },
  },
  {
    alert: 'KubeStatefulSetGenerationMismatch',
    fires: {
      series: [statefulSet('status_observed_generation', 3), statefulSet('metadata_generation', 4)],
      labels: STATEFUL_SET,
      says: 'The controller has not looked at the latest change of StatefulSet shop/orders.',
    },
    quiet: { series: [statefulSet('status_observed_generation', 4), statefulSet('metadata_generation', 4)] },
  },
  {
    alert: 'KubeStatefulSetUpdateNotRolledOut',
    fires: {
      series: [
        statefulSet('status_current_revision', 1, { revision: 'orders-1' }),
        statefulSet('status_update_revision', 1, { revision: 'orders-2' }),
        statefulSet('replicas', 3),
        statefulSet('status_replicas_updated', 1),
      ],
      labels: STATEFUL_SET,
      says: 'StatefulSet shop/orders still has pods of its old version, and none was replaced for a while.',
    },
    quiet: {
      series: [
        statefulSet('status_current_revision', 1, { revision: 'orders-2' }),
        statefulSet('status_update_revision', 1, { revision: 'orders-2' }),
        statefulSet('replicas', 3),
        statefulSet('status_replicas_updated', 0),
      ],
    },
  },
  {
    alert: 'KubeDaemonSetRolloutStuck',
    fires: {
      series: [
        daemonSet('current_number_scheduled', 8),
        daemonSet('number_available', 8),
        daemonSet('updated_number_scheduled', 5),
      ],
      labels: DAEMON_SET,
      says: 'Pods of DaemonSet kube-system/network that are not available or still of the old version: 3.',
    },
    quiet: {
      series: [
        daemonSet('current_number_scheduled', 200),
        daemonSet('number_available', 199),
        daemonSet('updated_number_scheduled', growing(1)),
      ],
    },
  },
  {
    alert: 'KubeDaemonSetNotScheduled',
    fires: {
      series: [daemonSet('desired_number_scheduled', 8), daemonSet('current_number_scheduled', 7)],
      labels: DAEMON_SET,
      says: 'Nodes that should run a pod of DaemonSet kube-system/network and have none: 1.',
    },
    quiet: { series: [daemonSet('desired_number_scheduled', 8), daemonSet('current_number_scheduled', 8)] },
  },
  {
    alert: 'KubeDaemonSetMisScheduled',
    fires: {
      series: [daemonSet('number_misscheduled', 1)],
      labels: DAEMON_SET,
      says: 'Nodes that run a pod of DaemonSet kube-system/network and should not: 1.',
    },
    quiet: { series: [daemonSet('number_misscheduled', 0)] },
  },
];

const JOBS: readonly RuleCase[] = [
  {
    alert: 'KubeJobFailed',
    fires: {
      series: [state('job_failed', { ...JOB, condition: 'true' }, 1)],
      labels: JOB,
      says: 'Job reports/daily-29 failed and is not tried again.',
    },
    quiet: {
      series: [
        state('job_failed', { ...JOB, condition: 'true' }, 0),
        state('job_failed', { ...JOB, condition: 'false' }, 1),
      ],
    },
  },
  {
    alert: 'KubeJobNotCompleted',
    fires: {
      series: [
        state('job_status_start_time', JOB, -12 * 3600),
        state('job_status_active', JOB, 1),
        state('job_owner', { ...JOB, owner_kind: 'CronJob', owner_name: 'daily' }, 1),
      ],
      labels: JOB,
      says: 'Job reports/daily-29 has been running for 14h 30m 0s.',
    },
    // A job of its own may train a model for weeks.
    quiet: {
      series: [
        state('job_status_start_time', JOB, -12 * 3600),
        state('job_status_active', JOB, 1),
        state('job_owner', { ...JOB, owner_kind: '', owner_name: '' }, 1),
      ],
    },
  },
  {
    alert: 'KubeCronJobMissedSchedule',
    fires: {
      series: [state('cronjob_next_schedule_time', CRON_JOB, 60), state('cronjob_status_active', CRON_JOB, 0)],
      labels: CRON_JOB,
      says: 'The next run of CronJob reports/daily is 2h 29m 0s late.',
    },
    quiet: {
      series: [state('cronjob_next_schedule_time', CRON_JOB, 60), state('cronjob_status_active', CRON_JOB, 1)],
    },
  },
];

const AVAILABILITY: readonly RuleCase[] = [
  {
    alert: 'KubeHpaReplicasMismatch',
    fires: {
      series: [autoscaler('status_desired_replicas', 5), autoscaler('status_current_replicas', 3)],
      labels: AUTOSCALER,
      says: 'HorizontalPodAutoscaler shop/cart wants 5 pods, and their number does not change.',
    },
    quiet: {
      series: [autoscaler('status_desired_replicas', 200), autoscaler('status_current_replicas', growing(1))],
    },
  },
  {
    alert: 'KubeHpaMaxedOut',
    fires: {
      series: [
        autoscaler('status_current_replicas', 10),
        autoscaler('spec_max_replicas', 10),
        autoscaler('spec_min_replicas', 2),
      ],
      labels: AUTOSCALER,
      says: 'HorizontalPodAutoscaler shop/cart has all of the 10 pods that it may have, and cannot answer more load.',
    },
    // Pinned on purpose.
    quiet: {
      series: [
        autoscaler('status_current_replicas', 1),
        autoscaler('spec_max_replicas', 1),
        autoscaler('spec_min_replicas', 1),
      ],
    },
  },
  {
    alert: 'KubePdbNotEnoughHealthyPods',
    fires: {
      series: [
        state('poddisruptionbudget_status_desired_healthy', BUDGET, 2),
        state('poddisruptionbudget_status_current_healthy', BUDGET, 1),
      ],
      labels: BUDGET,
      says: 'Healthy pods that PodDisruptionBudget shop/orders lacks: 1. Nodes with its pods cannot be drained.',
    },
    quiet: {
      series: [
        state('poddisruptionbudget_status_desired_healthy', BUDGET, 2),
        state('poddisruptionbudget_status_current_healthy', BUDGET, 2),
      ],
    },
  },
];

const NODES: readonly RuleCase[] = [
  {
    alert: 'KubeNodeNotReady',
    fires: {
      series: [condition('Ready', 'true', 0), cordoned(0)],
      labels: NODE,
      says: 'Node gpu-1 has not been ready for 15 minutes and takes no new pods.',
    },
    quiet: { series: [condition('Ready', 'true', 0), cordoned(1)] },
  },
  {
    alert: 'KubeNodeUnreachable',
    fires: {
      series: [
        state('node_spec_taint', { ...NODE_SCRAPED, key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }, 1),
        state('node_spec_taint', { ...NODE_SCRAPED, key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }, 1),
      ],
      labels: NODE,
      says: 'The control plane hears nothing from node gpu-1. Its pods are moved elsewhere where possible.',
    },
    quiet: {
      series: [
        state('node_spec_taint', { ...NODE_SCRAPED, key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }, 1),
        state('node_spec_taint', { ...NODE_SCRAPED, key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }, 1),
      ],
    },
  },
  {
    alert: 'KubeNodeReadinessFlapping',
    fires: {
      series: [condition('Ready', 'true', `${'1x2 0x2 '.repeat(27)}`.trim()), cordoned(0)],
      labels: NODE,
      says: 'The readiness of node gpu-1 changed 5 times in 15 minutes.',
    },
    quiet: { series: [condition('Ready', 'true', '1x140 0x4 1x20'), cordoned(0)] },
  },
  {
    alert: 'KubeNodePressure',
    fires: {
      series: [condition('DiskPressure', 'true', 1), condition('MemoryPressure', 'true', 0)],
      labels: { ...NODE, condition: 'DiskPressure' },
      says: 'Node gpu-1 reports DiskPressure. The kubelet evicts pods to free it.',
    },
    quiet: { series: [condition('DiskPressure', 'false', 1), condition('Ready', 'true', 1)] },
  },
  {
    alert: 'KubeNodeNetworkUnavailable',
    fires: {
      series: [condition('NetworkUnavailable', 'true', 1)],
      labels: NODE,
      says: 'Node gpu-1 reports that the routes of its pods are missing.',
    },
    quiet: { series: [condition('NetworkUnavailable', 'true', '1x5 0x150')], at: '10m' },
  },
];

const QUOTAS_AND_VOLUMES: readonly RuleCase[] = [
  {
    alert: 'KubeQuotaAlmostFull',
    fires: {
      series: [quota('used', 19), quota('hard', 20)],
      labels: QUOTA,
      says: '95% of requests.nvidia.com/gpu in quota team of namespace shop are used.',
    },
    quiet: { series: [quota('used', 20), quota('hard', 20)] },
  },
  {
    alert: 'KubeQuotaFullyUsed',
    fires: {
      series: [quota('used', 20), quota('hard', 20)],
      labels: QUOTA,
      says: 'All of requests.nvidia.com/gpu in quota team of namespace shop is used; whatever asks for more is refused.',
    },
    // Nothing is allowed, and nothing is used.
    quiet: { series: [quota('used', 0), quota('hard', 0)] },
  },
  {
    alert: 'KubeQuotaExceeded',
    fires: {
      series: [quota('used', 24), quota('hard', 20)],
      labels: QUOTA,
      says: '120% of requests.nvidia.com/gpu in quota team of namespace shop are used. Pods that end are not replaced.',
    },
    quiet: { series: [quota('used', 20), quota('hard', 20)] },
  },
  {
    alert: 'KubePersistentVolumeErrors',
    fires: {
      series: [
        state(
          'persistentvolume_status_phase',
          { namespace: 'monitoring', persistentvolume: 'pvc-1', phase: 'Failed' },
          1,
        ),
        state(
          'persistentvolume_status_phase',
          { namespace: 'monitoring', persistentvolume: 'pvc-1', phase: 'Bound' },
          0,
        ),
      ],
      labels: { persistentvolume: 'pvc-1', phase: 'Failed' },
      says: 'Volume pvc-1 stays in phase Failed.',
    },
    quiet: {
      series: [state('persistentvolume_status_phase', { persistentvolume: 'pvc-1', phase: 'Bound' }, 1)],
    },
  },
  {
    alert: 'KubePersistentVolumeClaimLost',
    fires: {
      series: [
        state(
          'persistentvolumeclaim_status_phase',
          { namespace: 'shop', persistentvolumeclaim: 'orders-0', phase: 'Lost' },
          1,
        ),
      ],
      labels: { namespace: 'shop', persistentvolumeclaim: 'orders-0' },
      says: 'Claim shop/orders-0 was bound to a volume that no longer exists.',
    },
    quiet: {
      series: [
        state(
          'persistentvolumeclaim_status_phase',
          { namespace: 'shop', persistentvolumeclaim: 'orders-0', phase: 'Lost' },
          0,
        ),
        state(
          'persistentvolumeclaim_status_phase',
          { namespace: 'shop', persistentvolumeclaim: 'orders-0', phase: 'Pending' },
          1,
        ),
      ],
    },
  },
];

export const WORKLOAD_CASES: readonly RuleCase[] = [
  ...PODS,
  ...CONTROLLERS,
  ...JOBS,
  ...AVAILABILITY,
  ...NODES,
  ...QUOTAS_AND_VOLUMES,
];
