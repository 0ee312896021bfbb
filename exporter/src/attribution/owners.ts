import type { DeviceAllocation, Pod } from '../kubernetes/source.js';
import type { Owner } from '../metrics/snapshot.js';
import type { CgroupIdentity } from './cgroup.js';
import { PodIndex } from './pod-index.js';
import type { AttributionSources } from './sources.js';

/** A device that a container has, by what the kubelet says. */
export interface OwnedAllocation {
  readonly owner: Owner;
  /** Phase of the pod, where a source knows it. */
  readonly phase?: string;
  readonly resource: string;
  readonly deviceId: string;
}

/** Owners that are remembered before all are made anew. */
const MAX_OWNERS = 8192;

/**
 * Joins what the sources know: whose is a container, a pod, a device.
 *
 * A process belongs to the container whose id is in its cgroup; where no source knows that id, to the pod whose uid is
 * there, without a container unless the pod has just one; else to nobody. A source that is down takes away what it alone
 * knew.
 */
export class Owners {
  private index = new PodIndex([]);
  private lists: readonly (readonly Pod[])[] = [];
  private owned: readonly OwnedAllocation[] = [];
  private podsKnown = false;

  public constructor(private readonly sources: AttributionSources) {}

  /** Whether there is any source at all. */
  public get exist(): boolean {
    const { pods, allocations, containers } = this.sources;
    return pods.length + allocations.length + containers.length > 0;
  }

  /** Asks the sources what they know now. */
  public refresh(): void {
    const lists = this.sources.pods.map((source) => source.pods());
    // Sources hand out the same list until something changes; pods that only the kubelet names come and go all the same.
    if (this.index.size > MAX_OWNERS || lists.some((list, at) => list !== this.lists[at])) {
      this.lists = lists;
      this.index = new PodIndex(lists);
    }
    // Where the kubelet gives devices away there are pods: who knows none was asked about another node.
    this.podsKnown = this.sources.pods.some((source, at) => source.state().up && (lists[at]?.length ?? 0) > 0);
    this.owned = this.livingAllocations();
  }

  /** What containers of pods that have not ended were given. */
  public allocations(): readonly OwnedAllocation[] {
    return this.owned;
  }

  /**
   * The owner of a process.
   *
   * @param allocated owners of what the process runs on. They name the container where the pod alone is known; and where no
   * source of pods knows either, a process of any pod on a device that one container has counts as that container's: wrong
   * only for pods that use a GPU without having asked for it
   */
  public ofProcess(cgroup: CgroupIdentity, allocated: readonly Owner[]): Owner | undefined {
    return this.byContainer(cgroup) ?? this.byUid(cgroup, allocated) ?? this.byDevice(cgroup, allocated);
  }

  private byContainer({ containerIds }: CgroupIdentity): Owner | undefined {
    // Outermost first: what runs in a container of a pod is that pod's, whatever it nests inside.
    for (const id of containerIds) {
      const owner = this.index.ownerOfContainer(id);
      if (owner !== undefined) return owner;
    }
    for (const source of this.sources.containers) {
      for (const id of containerIds) {
        const pod = source.find(id);
        if (pod !== undefined) return this.index.owner(pod, pod.containers[0]?.name);
      }
    }
    return undefined;
  }

  private byUid({ podUids }: CgroupIdentity, allocated: readonly Owner[]): Owner | undefined {
    for (const uid of podUids) {
      const pod = this.index.withUid(uid);
      if (pod === undefined) continue;
      const mine = allocated.filter((owner) => owner.namespace === pod.namespace && owner.pod === pod.name);
      const only = mine.length === 1 ? mine[0]?.container : undefined;
      return this.index.owner(pod, only ?? (pod.containers.length === 1 ? pod.containers[0]?.name : undefined));
    }
    return undefined;
  }

  private byDevice({ podUids }: CgroupIdentity, [owner, ...others]: readonly Owner[]): Owner | undefined {
    if (owner === undefined || others.length > 0 || podUids.length === 0 || this.podsKnown) return undefined;
    // A pod that is known was looked for by its uid, and this process is not of it.
    return this.index.named(owner.namespace, owner.pod) === undefined ? owner : undefined;
  }

  /** The kubelet lists pods that have ended for as long as they exist, so that others have to say which live. */
  private livingAllocations(): readonly OwnedAllocation[] {
    const living: OwnedAllocation[] = [];
    for (const source of this.sources.allocations) {
      for (const allocation of source.allocations()) {
        const pod = this.index.named(allocation.namespace, allocation.pod);
        if (pod === undefined && (this.podsKnown || this.index.hasEnded(allocation.namespace, allocation.pod)))
          continue;
        living.push(this.own(allocation, pod));
      }
    }
    return living;
  }

  private own(allocation: DeviceAllocation, pod: Pod | undefined): OwnedAllocation {
    const { namespace, pod: name, container, resource, deviceId } = allocation;
    const owner = this.index.owner({ namespace, name, uid: pod?.uid }, container);
    return { owner, phase: pod?.phase, resource, deviceId };
  }
}
