import type { Dashboard } from '../../lib';
import { dashboard, type Variable } from './dashboard';
import { type State, stat, stateTimeline, table, timeSeries } from './panel';
import { GPU, job, perGpu, WORKER, worker } from './worker-queries';
import { hostRow, skewRow, trafficRow } from './worker-rows';
/** The Job that is chosen when the dashboard is opened. */
export interface InitialJob {
  readonly namespace: string;
  readonly name: string;
}

function variables({ namespace, name }: InitialJob): readonly Variable[] {
  return [
    { name: 'namespace', label: 'Namespace', series: 'kube_job_info', of: 'namespace', initial: namespace },
    {
      name: 'job',
      label: 'Job',
      series: 'kube_job_info{namespace="$namespace"}',
      of: 'job_name',
      initial: name,
    },
    {
      name: 'worker',
      label: 'Worker',
      series: 'kube_pod_owner{namespace="$namespace", owner_kind="Job", owner_name="$job"}',
      of: 'pod',
      initial: { all: 'every value that is offered' },
    },
  ];
}

/** The phases of a pod, in the order of its life. */
const PHASES: readonly State[] = [
  { value: 1, text: 'Pending', color: 'yellow' },
  { value: 2, text: 'Running', color: 'green' },
  { value: 3, text: 'Succeeded', color: 'blue' },
  { value: 4, text: 'Failed', color: 'red' },
  { value: 5, text: 'Unknown', color: 'purple' },
];
const PHASE = PHASES.map(
  ({ value, text }) => `${value} * max by (pod) (${worker('kube_pod_status_phase', `, phase="${text}"`)})`,
).join(' + ');
const WAITING = worker('kube_pod_container_status_waiting_reason');
const ENDED = worker('kube_pod_container_status_terminated_reason', ', reason!="Completed"');

/** How a Job whose pods train together is doing, and which of them holds the others up. */
export function trainingJobDashboard(initial: InitialJob): Dashboard {
  return dashboard({
    uid: 'gpu-training-job',
    title: 'Distributed training job',
    description:
      'A Job whose pods train one network together: whether all are there, what their GPUs do, and which worker the ' +
      'others wait for.',
    variables: variables(initial),
    rows: [
      {
        title: 'The job',
        panels: [
          stat({
            title: 'Workers asked for',
            description: 'Pods that have to succeed for the Job to be complete.',
            unit: 'none',
            queries: [{ expr: job('kube_job_spec_completions') }],
          }),
          stat({
            title: 'Workers active',
            description: 'Pods that wait or run. Training begins when all are there.',
            unit: 'none',
            queries: [{ expr: job('kube_job_status_active') }],
          }),
          stat({
            title: 'Workers without a node',
            description: 'Pods that fit nowhere, most often for want of a free GPU; all others wait for them.',
            unit: 'none',
            queries: [{ expr: `sum(max by (pod) (${worker('kube_pod_status_unschedulable')})) or vector(0)` }],
            redFrom: 1,
          }),
          stat({
            title: 'Workers succeeded',
            description: 'Pods that ended well.',
            unit: 'none',
            queries: [{ expr: job('kube_job_status_succeeded') }],
          }),
          stat({
            title: 'Workers failed',
            description: 'Pods that ended badly. One that does takes the others with it, and all start anew.',
            unit: 'none',
            queries: [
              { expr: `sum(max by (pod) (${worker('kube_pod_status_phase', ', phase="Failed"')})) or vector(0)` },
            ],
            redFrom: 1,
          }),
          stat({
            title: 'Running time',
            description: 'From the start of the Job to its success, or until now.',
            unit: 's',
            queries: [
              {
                expr: `(${job('kube_job_status_completion_time')} or vector(time())) - ${job('kube_job_status_start_time')}`,
              },
            ],
          }),
          stateTimeline({
            title: 'Workers',
            description: 'The phase of each pod.',
            unit: 'none',
            queries: [{ expr: PHASE, legend: WORKER }],
            states: PHASES,
          }),
          table({
            title: 'Why workers do not run',
            description: 'What keeps containers from starting, and how those ended that failed. Empty is good.',
            unit: 'none',
            queries: [{ expr: `max by (pod, container, reason) (${WAITING} or ${ENDED}) == 1` }],
            columns: [
              { field: 'pod', heading: 'Worker' },
              { field: 'container', heading: 'Container' },
              { field: 'reason', heading: 'Reason' },
            ],
            width: 12,
          }),
        ],
      },
      {
        title: 'GPUs of the workers',
        panels: [
          timeSeries({
            title: 'Utilization',
            description:
              'Share of time in which a kernel ran. Waiting for the others is a kernel too, so a worker that is held up ' +
              'looks busy here; its power and SM activity tell.',
            unit: 'percent',
            queries: [{ expr: perGpu('DCGM_FI_DEV_GPU_UTIL'), legend: GPU }],
            min: 0,
            max: 100,
          }),
          timeSeries({
            title: 'SM and tensor core activity',
            description:
              'Share of the streaming multiprocessors that had work, and share of time in which the tensor cores had. ' +
              'Absent unless dcgm-exporter collects DCGM_FI_PROF_SM_ACTIVE and DCGM_FI_PROF_PIPE_TENSOR_ACTIVE.',
            unit: 'percentunit',
            queries: [
              { expr: perGpu('DCGM_FI_PROF_SM_ACTIVE'), legend: `${GPU} SM` },
              { expr: perGpu('DCGM_FI_PROF_PIPE_TENSOR_ACTIVE'), legend: `${GPU} tensor` },
            ],
            min: 0,
            max: 1,
          }),
          timeSeries({
            title: 'Memory used',
            description: 'Memory of each GPU that is used. Every process holds the whole network, so all are alike.',
            unit: 'mbytes',
            queries: [{ expr: perGpu('DCGM_FI_DEV_FB_USED'), legend: GPU }],
            min: 0,
          }),
          timeSeries({
            title: 'Power',
            description: 'What each board draws.',
            unit: 'watt',
            queries: [{ expr: perGpu('DCGM_FI_DEV_POWER_USAGE'), legend: GPU }],
            min: 0,
          }),
          timeSeries({
            title: 'Temperature',
            description: 'Of each GPU. Clocks fall when it comes near the limit of the board.',
            unit: 'celsius',
            queries: [{ expr: perGpu('DCGM_FI_DEV_GPU_TEMP'), legend: GPU }],
          }),
          timeSeries({
            title: 'Clock of the multiprocessors',
            description: 'A GPU whose clock is below that of the others is held back by heat or power.',
            unit: 'hertz',
            queries: [{ expr: `${perGpu('DCGM_FI_DEV_SM_CLOCK')} * 1e6`, legend: GPU }],
            min: 0,
          }),
        ],
      },
      skewRow(),
      trafficRow(),
      hostRow(),
    ],
  });
}
