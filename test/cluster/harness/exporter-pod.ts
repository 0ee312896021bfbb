import type { Cluster } from './cluster';
import type { ExporterCounts } from './exporter-stand-in';

/** The stand-in for exporters in a pod: its admin address, through the API server's proxy to pods. */
export class ExporterPod {
  constructor(
    private readonly cluster: Cluster,
    private readonly namespace: string,
    readonly pod: string,
  ) {}

  /** The one pod that the labels select, such as that of a DaemonSet on a cluster of one node. */
  static async find(cluster: Cluster, namespace: string, selector: string): Promise<ExporterPod> {
    const { items } = await cluster.get<{ items: readonly { readonly metadata: { readonly name: string } }[] }>([
      'pods',
      '-n',
      namespace,
      '-l',
      selector,
    ]);
    const [pod, ...others] = items.map(({ metadata }) => metadata.name);
    if (pod === undefined || others.length > 0) {
      throw new Error(`${selector} selects ${items.length} pods in ${namespace}, and not one`);
    }
    return new ExporterPod(cluster, namespace, pod);
  }

  async counts(): Promise<ExporterCounts> {
    return JSON.parse(await this.cluster.kubectl(['get', '--raw', this.path('counts')])) as ExporterCounts;
  }

  /** Changes `exposition` or `workloads`. */
  async put(what: 'exposition' | 'workloads', body: string): Promise<void> {
    await this.cluster.kubectl(['replace', '--raw', this.path(what), '-f', '-'], { input: body });
  }

  private path(what: string): string {
    return `/api/v1/namespaces/${this.namespace}/pods/${this.pod}:9999/proxy/${what}`;
  }
}
