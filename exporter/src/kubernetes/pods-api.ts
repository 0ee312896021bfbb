import { status } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import type { Logger } from '../log.js';
import { Contact, GOOD_FOR } from './contact.js';
import { JitteredBackoff } from './jittered-backoff.js';
import { type Cancelable, type KubeletCallError, KubeletSocket } from './kubelet-socket.js';
import { decodePod } from './pod-message.js';
import { PODS_KEPT_FOR, PodSet } from './pod-set.js';
import type { Pod, PodSource, SourceState } from './source.js';

/**
 * Packages of the service `Pods`. Kubernetes 1.36 and 1.37 serve the first one, though 1.37 calls the feature beta; the
 * others are where it would go next, with the same messages.
 * @see https://github.com/kubernetes/kubelet/blob/v0.37.0/pkg/apis/pods/v1alpha1/api.proto
 */
const PACKAGES = ['v1alpha1', 'v1beta1', 'v1'] as const;

/** Values of `EventType`. */
const EVENT = { added: 1, modified: 2, deleted: 3, initialSyncComplete: 4 } as const;

/** Times in milliseconds. */
export interface PodsApiTimes {
  /** How long the kubelet may take until it has sent every pod once. */
  readonly syncDeadline: number;
  /** After so long a new stream replaces the open one. */
  readonly renewal: number;
  readonly leastRetry: number;
  readonly mostRetry: number;
  /** After so long without contact the source no longer counts as up. */
  readonly goodFor: number;
  /** After so long without contact pods are forgotten. */
  readonly keptFor: number;
}

const TIMES: PodsApiTimes = {
  syncDeadline: 15_000,
  renewal: 300_000,
  leastRetry: 500,
  mostRetry: 30_000,
  goodFor: GOOD_FOR,
  keptFor: PODS_KEPT_FOR,
};

/**
 * Pods of this node, as the kubelet itself says: no rights in the API server and no load on it.
 *
 * `WatchPods` alone is used: each stream begins with every pod and then says that it has sent them all, so that a new
 * stream is also a new list. Streams are renewed every five minutes: it corrects whatever an event that got lost left
 * behind, and notices a kubelet that holds the connection and does nothing, for which pings cannot be used (the kubelet's
 * server ends connections that ping more often than every five minutes).
 *
 * @see https://kubernetes.io/docs/reference/node/kubelet-pods-api/
 */
export class PodsApiSource implements PodSource {
  readonly name = 'pods-api';
  private readonly socket: KubeletSocket;
  private readonly contact: Contact;
  private readonly times: PodsApiTimes;
  private readonly backoff: JitteredBackoff;
  private known = new PodSet();
  /** The one in force, and for a moment the one that replaces it. */
  private readonly streams = new Set<Cancelable>();
  private synced = false;
  private timer: NodeJS.Timeout | undefined;
  private stopped = true;
  private servicePackage = 0;

  constructor(socket: string, log: Logger, times: Partial<PodsApiTimes> = {}) {
    this.times = { ...TIMES, ...times };
    this.socket = new KubeletSocket(socket);
    this.contact = new Contact(this.name, log, this.times.goodFor);
    this.backoff = new JitteredBackoff(this.times.leastRetry, this.times.mostRetry);
  }

  /** Resolves after the first complete list or failure. */
  get settled(): Promise<void> {
    return this.contact.settled;
  }

  start(): void {
    if (this.stopped) {
      this.stopped = false;
      this.watch();
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.synced = false;
    clearTimeout(this.timer);
    this.streams.clear();
    this.socket.close();
  }

  state(): SourceState {
    return this.contact.state(this.synced);
  }

  pods(): readonly Pod[] {
    return this.known.pods(this.contact, this.times.keptFor);
  }

  /** Opens a stream; what the one before it said stays in force until the new one has sent every pod. */
  private watch(): void {
    const pods = new PodSet();
    const stream = this.socket.stream(
      `/${PACKAGES[this.servicePackage]}.Pods/WatchPods`,
      (message) => {
        try {
          if (apply(message, pods)) {
            this.replace(stream, pods);
          }
          if (this.known === pods) {
            this.contact.succeeded();
          }
        } catch (error) {
          this.failed(`a pod that cannot be read: ${(error as Error).message}`);
        }
      },
      (error) => this.ended(error),
    );
    this.streams.add(stream);
    this.later(this.times.syncDeadline, () => this.failed(`pods did not come within ${this.times.syncDeadline} ms`));
  }

  private replace(stream: Cancelable, pods: PodSet): void {
    this.close(stream);
    this.known = pods;
    this.synced = true;
    this.backoff.reset();
    this.later(this.times.renewal * (0.8 + Math.random() * 0.4), () => this.watch());
  }

  private ended(error: KubeletCallError): void {
    if (this.synced) {
      this.contact.heardUntilNow();
    }
    if (error.code === status.UNIMPLEMENTED) {
      this.servicePackage = (this.servicePackage + 1) % PACKAGES.length;
    }
    this.failed(error.message);
  }

  private failed(reason: string): void {
    if (this.stopped) {
      return;
    }
    this.synced = false;
    this.close();
    this.contact.failed(`${this.socket.path}: ${reason}`);
    this.later(this.backoff.next(), () => this.watch());
  }

  /** Ends every stream but one. */
  private close(kept?: Cancelable): void {
    for (const stream of this.streams) {
      if (stream !== kept) {
        stream.cancel();
        this.streams.delete(stream);
      }
    }
  }

  private later(delay: number, action: () => void): void {
    clearTimeout(this.timer);
    if (!this.stopped) {
      this.timer = setTimeout(action, delay).unref();
    }
  }
}

/** Applies a `WatchPodsEvent`, and says whether it ended the list that each stream begins with. */
function apply(message: Uint8Array, pods: PodSet): boolean {
  const reader = protobuf.Reader.create(message);
  let type = 0;
  let pod: Pod | undefined;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 1 << 3) {
      type = reader.int32();
    } else if (tag === ((2 << 3) | 2)) {
      pod = decodePod(reader.bytes());
    } else {
      reader.skipType(tag & 7);
    }
  }
  if (pod !== undefined && (type === EVENT.added || type === EVENT.modified)) {
    pods.set(pod);
  } else if (pod !== undefined && type === EVENT.deleted) {
    pods.delete(pod.uid);
  }
  return type === EVENT.initialSyncComplete;
}
