import type { Dashboard } from '../../lib';
import { dashboard, type Variable } from './dashboard';
import { bars, stat, table, timeSeries } from './panel';

const VARIABLES: readonly Variable[] = [
  {
    name: 'namespace',
    label: 'Namespace',
    series: 'DCGM_FI_DEV_FB_USED{namespace!=""}',
    of: 'namespace',
    initial: { all: 'everything' },
  },
  {
    name: 'pod',
    label: 'Pod',
    series: 'DCGM_FI_DEV_FB_USED{namespace=~"$namespace"}',
    of: 'pod',
    initial: { all: 'everything' },
  },
];

/** The series of GPUs that a chosen pod has. Those of an idle GPU have no pod, so nobody is charged for it. */
function used(metric: string): string {
  return `${metric}{namespace=~"$namespace", pod=~"$pod"}`;
}

const POD = '{{namespace}}/{{pod}}';
/** A whole GPU, or an instance of one that MIG divides. */
const DEVICE = 'UUID, GPU_I_ID';
/** Series of kube-state-metrics about the chosen namespaces. */
const REQUESTS = 'kube_pod_container_resource_requests{namespace=~"$namespace", resource=~"nvidia_com_(gpu|mig).*"}';
const ALIVE = 'max by (namespace, pod) (kube_pod_status_phase{namespace=~"$namespace", phase=~"Pending|Running"})';
const PENDING = 'kube_pod_status_phase{namespace=~"$namespace", phase="Pending"}';
const SHARED = 'A GPU that several pods share counts for each of them.';

/** Which pod and which namespace uses the GPUs of a cluster, and how well. */
export function gpuByPodDashboard(): Dashboard {
  return dashboard({
    uid: 'gpu-by-pod',
    title: 'GPU by pod and namespace',
    description:
      'Who has the GPUs of the cluster, and what becomes of them: by the labels namespace and pod of the workload, as ' +
      'dcgm-exporter gives them.',
    variables: VARIABLES,
    rows: [
      {
        title: 'Now',
        panels: [
          stat({
            title: 'GPUs in use',
            description: 'GPUs, and instances of divided ones, that the chosen pods have.',
            unit: 'none',
            queries: [{ expr: `count(count by (${DEVICE}) (${used('DCGM_FI_DEV_FB_USED')})) or vector(0)` }],
          }),
          stat({
            title: 'GPUs without a pod',
            description: 'GPUs of the whole cluster that no pod has, whatever is chosen above.',
            unit: 'none',
            queries: [{ expr: `count(count by (${DEVICE}) (DCGM_FI_DEV_FB_USED{pod=""})) or vector(0)` }],
          }),
          stat({
            title: 'Pods that wait for a GPU',
            description: 'Pods of the chosen namespaces that ask for a GPU and do not run yet.',
            unit: 'none',
            queries: [
              {
                expr: `count(count by (namespace, pod) (${REQUESTS} and on (namespace, pod) ${PENDING} == 1)) or vector(0)`,
              },
            ],
            redFrom: 1,
          }),
          stat({
            title: 'Utilization',
            description: 'Share of time in which a kernel ran, on average over the GPUs in use.',
            unit: 'percent',
            queries: [{ expr: `avg(${used('DCGM_FI_DEV_GPU_UTIL')})` }],
          }),
          stat({
            title: 'Memory used',
            description: 'Memory of the GPUs that is used, of all chosen pods together.',
            unit: 'mbytes',
            queries: [{ expr: `sum(max by (${DEVICE}) (${used('DCGM_FI_DEV_FB_USED')}))` }],
          }),
          stat({
            title: 'Power',
            description: 'What the boards in use draw; one that several pods share counts once.',
            unit: 'watt',
            queries: [{ expr: `sum(max by (UUID) (${used('DCGM_FI_DEV_POWER_USAGE')}))` }],
          }),
        ],
      },
      {
        title: 'By namespace',
        panels: [
          timeSeries({
            title: 'GPUs in use',
            description: `GPUs that the pods of a namespace have. ${SHARED}`,
            unit: 'none',
            queries: [
              {
                expr: `count by (namespace) (count by (namespace, ${DEVICE}) (${used('DCGM_FI_DEV_FB_USED')}))`,
                legend: '{{namespace}}',
              },
            ],
            min: 0,
          }),
          timeSeries({
            title: 'GPUs asked for',
            description: 'GPUs that pods ask for which wait or run. More than are in use means that some wait.',
            unit: 'none',
            queries: [
              {
                expr: `sum by (namespace) (max by (namespace, pod, container, resource) (${REQUESTS}) * on (namespace, pod) group_left () ${ALIVE})`,
                legend: '{{namespace}}',
              },
            ],
            min: 0,
          }),
          timeSeries({
            title: 'Utilization',
            description: 'Share of time in which a kernel ran, on average over the GPUs of a namespace.',
            unit: 'percent',
            queries: [{ expr: `avg by (namespace) (${used('DCGM_FI_DEV_GPU_UTIL')})`, legend: '{{namespace}}' }],
            min: 0,
            max: 100,
          }),
          bars({
            title: 'Energy in the time range',
            description: `What the boards took while a pod of the namespace had them. ${SHARED}`,
            unit: 'kwatth',
            queries: [
              {
                expr: `sum by (namespace) (increase(${used('DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION')}[$__range])) / 3.6e9`,
                legend: '{{namespace}}',
              },
            ],
            min: 0,
          }),
        ],
      },
      {
        title: 'By pod',
        panels: [
          timeSeries({
            title: 'Utilization',
            description:
              'Share of time in which a kernel ran, on average over the GPUs of a pod. It says nothing of how much of ' +
              'the GPU the kernel used, and is absent for instances of a divided GPU.',
            unit: 'percent',
            queries: [{ expr: `avg by (namespace, pod) (${used('DCGM_FI_DEV_GPU_UTIL')})`, legend: POD }],
            min: 0,
            max: 100,
          }),
          timeSeries({
            title: 'SM activity',
            description:
              'Share of the streaming multiprocessors that had work, on average. Absent unless dcgm-exporter collects ' +
              'DCGM_FI_PROF_SM_ACTIVE, which its counters file leaves out at first.',
            unit: 'percentunit',
            queries: [{ expr: `avg by (namespace, pod) (${used('DCGM_FI_PROF_SM_ACTIVE')})`, legend: POD }],
            min: 0,
            max: 1,
          }),
          timeSeries({
            title: 'Memory used',
            description: 'Memory of all GPUs of a pod that is used. Frameworks keep what they once took.',
            unit: 'mbytes',
            queries: [{ expr: `sum by (namespace, pod) (${used('DCGM_FI_DEV_FB_USED')})`, legend: POD }],
            min: 0,
          }),
          timeSeries({
            title: 'Share of the memory',
            description: 'The fullest GPU of each pod. At 100 % the next allocation fails.',
            unit: 'percentunit',
            queries: [
              {
                expr: `max by (namespace, pod) (${used('DCGM_FI_DEV_FB_USED')} / (${used('DCGM_FI_DEV_FB_USED')} + ${used('DCGM_FI_DEV_FB_FREE')}))`,
                legend: POD,
              },
            ],
            min: 0,
            max: 1,
          }),
          timeSeries({
            title: 'Power',
            description: `What the boards of a pod draw. ${SHARED}`,
            unit: 'watt',
            queries: [
              {
                expr: `sum by (namespace, pod) (max by (namespace, pod, UUID) (${used('DCGM_FI_DEV_POWER_USAGE')}))`,
                legend: POD,
              },
            ],
            min: 0,
          }),
          timeSeries({
            title: 'Temperature',
            description: 'The hottest GPU of each pod. Clocks fall when it comes near the limit of the board.',
            unit: 'celsius',
            queries: [{ expr: `max by (namespace, pod) (${used('DCGM_FI_DEV_GPU_TEMP')})`, legend: POD }],
          }),
        ],
      },
      {
        title: 'Which pod has which GPU',
        panels: [
          table({
            title: 'GPUs of the pods',
            description: 'Each GPU, or instance of one, that a chosen pod has at the end of the time range.',
            unit: 'none',
            queries: ['DCGM_FI_DEV_GPU_UTIL', 'DCGM_FI_DEV_FB_USED', 'DCGM_FI_DEV_POWER_USAGE'].map((metric) => ({
              expr: `max by (namespace, pod, container, node, gpu, GPU_I_ID, modelName) (${used(metric)})`,
            })),
            columns: [
              { field: 'namespace', heading: 'Namespace' },
              { field: 'pod', heading: 'Pod' },
              { field: 'container', heading: 'Container' },
              { field: 'node', heading: 'Node' },
              { field: 'gpu', heading: 'GPU' },
              { field: 'GPU_I_ID', heading: 'MIG instance' },
              { field: 'modelName', heading: 'Model' },
              { field: 'Value #A', heading: 'Utilization', unit: 'percent' },
              { field: 'Value #B', heading: 'Memory used', unit: 'mbytes' },
              { field: 'Value #C', heading: 'Power', unit: 'watt' },
            ],
          }),
        ],
      },
    ],
  });
}
