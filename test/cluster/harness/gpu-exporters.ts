import { App, Chart, JsonPatch, Testing } from 'cdk8s';
import { Backend, ClusterProfile, Gpu, GpuExporter, MonitoringStack, NvidiaExporter } from '../../../lib';
import type { GpuNode } from './gpu-node';
import { synthesizeHere } from './synthesize-here';
import type { Output, SynthesizedObject } from './synthesized';

type Props = NonNullable<ConstructorParameters<typeof GpuExporter>[2]>;

/** Where the exporters are that belong to no stack. */
export const EXPORTERS_NAMESPACE = 'gpu-exporters';

/** An exporter, and what a person changed in its DaemonSet. */
interface Variant {
  readonly props: Props;
  /** Arguments that take the place of those of the same name. */
  readonly args?: readonly string[];
  /** @default - as the construct says */
  readonly user?: number;
}

/** A source alone. No option of the construct parts the kubelet's two sockets. */
const alone = {
  'pod-resources': { props: {}, args: ['--kubernetes.pods-api=off'] },
  'pods-api': { props: {}, args: ['--kubernetes.pod-resources=off', '--kubernetes.pods-api=on'] },
  'api-server': { props: { attribution: { kubelet: false } } },
  'runtime-files': { props: { attribution: { kubelet: false, apiServer: false, runtimeFiles: 'containerd' } } },
} as const satisfies Readonly<Record<string, Variant>>;

/** The exporters that run beside each other on the one node. */
const VARIANTS = {
  ...alone,
  'all-sources': { props: { attribution: { kubelet: true, apiServer: true, runtimeFiles: 'containerd' } } },
  device: { props: { privileges: 'device' } },
  'device-with-kubelet': { props: { privileges: 'device', attribution: { kubelet: true } } },
  process: { props: {} },
  privileged: { props: { privileges: 'privileged' } },
  // Only root may connect to the kubelet's sockets.
  refused: { props: {}, user: 65532 },
} as const satisfies Readonly<Record<string, Variant>>;
export type VariantName = keyof typeof VARIANTS;
export const VARIANT_NAMES = Object.keys(VARIANTS) as VariantName[];

/** What the node asks of every exporter on it. */
const onNode = (node: GpuNode) => ({
  deviceAccess: { driverDirectory: node.driverDirectory },
  extraEnv: node.environment,
  resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
});

/** The objects of an exporter, as an app with nothing else would write them. */
export function exporterObjects(node: GpuNode, name: VariantName): readonly SynthesizedObject[] {
  const { props, args = [], user }: Variant = VARIANTS[name];
  const chart = new Chart(new App(), name, { namespace: EXPORTERS_NAMESPACE, disableResourceNameHashes: true });
  const exporter = new GpuExporter(chart, 'gpu-exporter', {
    name,
    collect: { interval: '1s' },
    ...onNode(node),
    ...props,
  });
  if (user !== undefined) {
    const path = '/spec/template/spec/securityContext';
    exporter.daemonSet.addJsonPatch(JsonPatch.replace(`${path}/runAsUser`, user));
    exporter.daemonSet.addJsonPatch(JsonPatch.replace(`${path}/runAsGroup`, user));
  }
  const written = exporter.daemonSet.toJson().spec.template.spec.containers[0].args as readonly string[];
  const flag = (argument: string) => argument.replace(/=.*/, '');
  const replaced = written.filter((each) => !args.some((argument) => flag(argument) === flag(each)));
  exporter.daemonSet.addJsonPatch(JsonPatch.replace('/spec/template/spec/containers/0/args', [...replaced, ...args]));
  return Testing.synth(chart) as SynthesizedObject[];
}

/** Stacks with an exporter each, by namespace. */
const BACKENDS = {
  'gpu-stack-by-hand': () => Backend.standalone() as unknown as Backend,
  'gpu-stack-by-operator': () => Backend.operator(),
} as const;
export const GPU_STACKS = Object.keys(BACKENDS) as (keyof typeof BACKENDS)[];

/** A stack with nothing in it that has no part in GPUs. */
export function synthesizeExporterStack(node: GpuNode, namespace: keyof typeof BACKENDS): Promise<Output> {
  return synthesizeHere(namespace, (app) => {
    new MonitoringStack(app, 'stack', {
      cluster: ClusterProfile.kubeadm('gpus'),
      namespace,
      backend: BACKENDS[namespace](),
      gpus: [Gpu.nvidia({ exporter: NvidiaExporter.bundled(onNode(node)) })],
      prometheus: {
        scrapeInterval: '2s',
        scrapeTimeout: '2s',
        evaluationInterval: '2s',
        resources: { requests: { cpu: '20m', memory: '64Mi' } },
      },
      alertmanager: false,
      grafana: false,
      nodeExporter: false,
      kubeStateMetrics: false,
      kubernetes: false,
    });
  });
}

/** Images of the pods of DaemonSets. */
export function imagesOf(objects: readonly SynthesizedObject[]): readonly string[] {
  return objects.flatMap(({ spec }) =>
    [...JSON.stringify(spec ?? {}).matchAll(/"image":"([^"@]+)/g)].map(([, image = '']) => image),
  );
}
