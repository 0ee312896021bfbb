import type { Cluster } from './cluster';
import { parseExposition, type ScrapedSeries } from './exposition';

/** The one pod that labels select, such as that of a DaemonSet on a cluster of one node, as Prometheus scrapes it. */
export class ScrapedPod {
  private address: string | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly options: { readonly namespace: string; readonly selector: string; readonly port: number },
  ) {}

  /** Its name now. */
  async name(): Promise<string> {
    return (await this.find()).metadata.name;
  }

  async scrape(): Promise<readonly ScrapedSeries[]> {
    this.address ??= (await this.find()).status.podIP;
    const url = `http://${this.address}:${this.options.port}/metrics`;
    return parseExposition(await this.cluster.inside([this.cluster.handle.tools.toolbox ?? '', 'get', url]));
  }

  private async find() {
    const { namespace, selector } = this.options;
    const { items } = await this.cluster.get<{
      items: readonly { metadata: { name: string }; status: { podIP?: string } }[];
    }>(['pods', '-n', namespace, '-l', selector]);
    const [pod, ...others] = items;
    if (pod === undefined || others.length > 0) {
      throw new Error(`${selector} selects ${items.length} pods in ${namespace}, and not one`);
    }
    return pod;
  }
}
