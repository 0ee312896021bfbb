import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../log.js';
import { type ApiPod, podOf } from './api-pod.js';
import { ApiServerError, bodyOf, getFromApiServer } from './api-request.js';
import type { ClusterAccess } from './cluster-access.js';
import { Contact, GOOD_FOR } from './contact.js';
import { JitteredBackoff } from './jittered-backoff.js';
import { Lines } from './lines.js';
import { PODS_KEPT_FOR, PodSet } from './pod-set.js';
import type { Pod, PodSource, SourceState } from './source.js';

const PODS = '/api/v1/pods';
/** The pods of a node; 500 of the largest pods that etcd takes would be 750 MB, of usual ones 10 MB. */
const LARGEST_LIST = 256 * 1024 * 1024;
/** One event holds one pod, of which etcd takes 1.5 MB. */
const LARGEST_EVENT = 16 * 1024 * 1024;

/** Times in milliseconds. */
export interface ApiServerTimes {
  /** For the whole answer to a list. */
  readonly listDeadline: number;
  /** The longest that a watch may be silent. Servers send a bookmark about every minute. */
  readonly silence: number;
  /** After at least so long, and less than twice that, the server ends a watch by itself. */
  readonly watch: number;
  readonly leastRetry: number;
  readonly mostRetry: number;
  /** After so long without contact the source no longer counts as up. */
  readonly goodFor: number;
  /** After so long without contact pods are forgotten. */
  readonly keptFor: number;
}

const TIMES: ApiServerTimes = {
  listDeadline: 30_000,
  silence: 100_000,
  watch: 300_000,
  leastRetry: 1_000,
  mostRetry: 30_000,
  goodFor: GOOD_FOR,
  keptFor: PODS_KEPT_FOR,
};

interface WatchEvent {
  readonly type: string;
  readonly object: ApiPod & { readonly code?: number; readonly message?: string };
}

/**
 * Pods of this node, by a watch of the API server.
 *
 * The field selector is the node: every process on a GPU runs on the GPU's own node, and so does the pod that it belongs
 * to. Nothing that the exporter shows needs a pod of another node, and a fleet of exporters that all watch all pods would
 * cost the API server and each node memory that grows with the cluster.
 *
 * A watch that ends or breaks is resumed from the last resource version that was seen. Only where the server no longer has
 * it (410) are pods listed again.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export class ApiServerSource implements PodSource {
  readonly name = 'api-server';
  private readonly contact: Contact;
  private readonly times: ApiServerTimes;
  private readonly backoff: JitteredBackoff;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private access: ClusterAccess | undefined;
  private known = new PodSet();
  /** Where the next watch begins; undefined where pods must be listed first. */
  private resourceVersion: string | undefined;
  /** The first list may be as old as the server's cache, which spares it a read of etcd; one after a 410 may not. */
  private listFrom: '0' | '' = '0';

  /** @param readAccess reads the address and credentials, at first and again after a refusal */
  constructor(
    private readonly nodeName: string,
    private readonly readAccess: () => ClusterAccess,
    private readonly log: Logger,
    times: Partial<ApiServerTimes> = {},
  ) {
    this.times = { ...TIMES, ...times };
    this.contact = new Contact(this.name, log, this.times.goodFor);
    this.backoff = new JitteredBackoff(this.times.leastRetry, this.times.mostRetry);
  }

  /** Resolves after the first complete list or failure. */
  get settled(): Promise<void> {
    return this.contact.settled;
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  state(): SourceState {
    return this.contact.state();
  }

  pods(): readonly Pod[] {
    return this.known.pods(this.contact, this.times.keptFor);
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const wait = await this.round().catch((error: Error) => this.failed(error));
      if (wait > 0) {
        await sleep(wait, undefined, { signal: this.stopping.signal, ref: false }).catch(() => {});
      }
    }
  }

  /** Lists where that is needed, then watches until the watch ends; says how long to wait before the next round. */
  private async round(): Promise<number> {
    if (this.resourceVersion === undefined) {
      await this.list();
    }
    const begin = performance.now();
    await this.watch(this.resourceVersion ?? '');
    // A server that ends every watch at once must not be asked in a loop.
    return performance.now() - begin < 1000 ? this.backoff.next() : 0;
  }

  /** Notes why a round failed; says how long to wait before the next. */
  private failed(error: Error): number {
    if (this.stopping.signal.aborted) {
      return 0;
    }
    const code = error instanceof ApiServerError ? error.code : undefined;
    if (code === undefined || code === 401) {
      // Refused or not connected: tokens, certificates or the address may be new.
      this.access = undefined;
    }
    if (code === 410) {
      this.log.log('debug', 'Kubernetes source api-server lists pods again', {
        source: this.name,
        error: error.message,
      });
      this.resourceVersion = undefined;
      this.listFrom = '';
    } else {
      this.contact.failed(error.message);
    }
    return Math.max(this.backoff.next(), error instanceof ApiServerError ? error.retryAfter : 0);
  }

  private async list(): Promise<void> {
    const pods = new PodSet();
    let version: string | undefined;
    let more: string | undefined;
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(this.times.listDeadline)]);
    do {
      const page: Record<string, string> = more === undefined ? { resourceVersion: this.listFrom } : { continue: more };
      const response = await this.get({ limit: '500', ...page }, signal);
      const list = JSON.parse(await bodyOf(response, LARGEST_LIST)) as {
        metadata?: { resourceVersion?: string; continue?: string };
        items?: ApiPod[];
      };
      for (const pod of list.items ?? []) {
        pods.set(podOf(pod));
      }
      version = list.metadata?.resourceVersion;
      more = list.metadata?.continue || undefined;
    } while (more !== undefined);
    this.known = pods;
    this.resourceVersion = version;
    this.backoff.reset();
    this.contact.succeeded();
  }

  private async watch(from: string): Promise<void> {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), this.times.silence).unref();
    try {
      const response = await this.get(
        {
          watch: 'true',
          allowWatchBookmarks: 'true',
          resourceVersion: from,
          timeoutSeconds: String(Math.ceil((this.times.watch * (1 + Math.random())) / 1000)),
        },
        AbortSignal.any([this.stopping.signal, silence.signal]),
      );
      this.contact.succeeded();
      const lines = new Lines(LARGEST_EVENT);
      const chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
      for (let chunk = await nextOf(chunks); chunk !== undefined; chunk = await nextOf(chunks)) {
        timer.refresh();
        for (const line of lines.push(chunk)) {
          this.apply(line);
        }
        this.backoff.reset();
        this.contact.succeeded();
      }
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
  }

  private apply(line: string): void {
    if (line.trim() === '') {
      return;
    }
    const { type, object } = this.parsed(line);
    if (type === 'ERROR') {
      throw new ApiServerError(object.code ?? 500, object.message ?? 'the watch ended with an error');
    }
    if (type === 'ADDED' || type === 'MODIFIED') {
      this.known.set(podOf(object));
    } else if (type === 'DELETED' && object.metadata?.uid !== undefined) {
      this.known.delete(object.metadata.uid);
    }
    // A bookmark has nothing but a version.
    this.resourceVersion = object.metadata?.resourceVersion ?? this.resourceVersion;
  }

  private parsed(line: string): WatchEvent {
    try {
      return JSON.parse(line) as WatchEvent;
    } catch (error) {
      // What it said is lost, and only a list has it.
      this.resourceVersion = undefined;
      throw new Error(`an event that cannot be read: ${(error as Error).message}`);
    }
  }

  private get(query: Readonly<Record<string, string>>, signal: AbortSignal): ReturnType<typeof getFromApiServer> {
    this.access ??= this.readAccess();
    return getFromApiServer(this.access, PODS, { fieldSelector: `spec.nodeName=${this.nodeName}`, ...query }, signal);
  }
}

/**
 * The next chunk of a body, undefined at its end. A connection that breaks is such an end too: load balancers cut watches
 * that are silent, and if the server is gone, the next request will say so.
 */
async function nextOf(chunks: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  try {
    const { value, done } = await chunks.next();
    return done ? undefined : value;
  } catch {
    return undefined;
  }
}
