import type { Pod } from '../kubernetes/source.js';
import type { Owner } from '../metrics/snapshot.js';

const TERMINAL = new Set(['Succeeded', 'Failed']);

interface Located {
  readonly pod: Pod;
  readonly container: string;
}

/** Pods of the node by everything that names them. Pods that have ended are in it only as ended. */
export class PodIndex {
  private readonly byUid = new Map<string, Pod>();
  private readonly byName = new Map<string, Pod>();
  private readonly ended = new Set<string>();
  private readonly byContainer = new Map<string, Located>();
  private readonly owners = new Map<string, Owner>();

  /** @param lists what each source knows, the one that is believed first in front */
  public constructor(lists: Iterable<readonly Pod[]>) {
    const pods = [...lists].flat();
    const ended = new Set<string>();
    for (const pod of pods) if (TERMINAL.has(pod.phase ?? '')) ended.add(pod.uid);
    for (const pod of pods) {
      if (ended.has(pod.uid)) this.ended.add(`${pod.namespace}/${pod.name}`);
      else this.add(pod);
    }
  }

  /** Owners that were made. */
  public get size(): number {
    return this.owners.size;
  }

  /** Whether all pods of this name that are known have ended. */
  public hasEnded(namespace: string, name: string): boolean {
    const key = `${namespace}/${name}`;
    return this.ended.has(key) && !this.byName.has(key);
  }

  /** The pod of this name that has not ended. */
  public named(namespace: string, name: string): Pod | undefined {
    return this.byName.get(`${namespace}/${name}`);
  }

  /** The pod with this uid, or with this config hash. */
  public withUid(uid: string): Pod | undefined {
    return this.byUid.get(uid);
  }

  /** The container with this id, as an owner. */
  public ownerOfContainer(id: string): Owner | undefined {
    const located = this.byContainer.get(id);
    return located && this.owner(located.pod, located.container);
  }

  /** One and the same object for the same namespace, pod and container. */
  public owner(pod: Pick<Pod, 'namespace' | 'name'> & { readonly uid?: string }, container?: string): Owner {
    const key = `${pod.namespace}/${pod.name}/${container ?? ''}`;
    const known = this.owners.get(key);
    if (known !== undefined) return known;
    const podUid = pod.uid ?? this.named(pod.namespace, pod.name)?.uid;
    const owner = { namespace: pod.namespace, pod: pod.name, container, podUid };
    this.owners.set(key, owner);
    return owner;
  }

  private add(pod: Pod): void {
    if (!this.byUid.has(pod.uid)) this.byUid.set(pod.uid, pod);
    if (pod.configHash !== undefined && !this.byUid.has(pod.configHash)) this.byUid.set(pod.configHash, pod);
    const name = `${pod.namespace}/${pod.name}`;
    // A pod that was replaced by one of the same name can be known for a moment beside it.
    if (this.byName.get(name)?.phase !== 'Running') this.byName.set(name, pod);
    for (const { id, name: container } of pod.containers) {
      if (id !== undefined && !this.byContainer.has(id)) this.byContainer.set(id, { pod, container });
    }
  }
}
