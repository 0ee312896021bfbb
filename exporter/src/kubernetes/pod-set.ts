import type { Contact } from './contact.js';
import type { Pod } from './source.js';

/**
 * How long pods stay known without any contact, in milliseconds. Long, because a pod that is known by the ids of its containers
 * cannot become wrong, and containers go on while the kubelet or the API server is being upgraded; finite, because what is
 * never corrected should not be shown for ever.
 */
export const PODS_KEPT_FOR = 3_600_000;

/** Pods by uid, handed out as a list that stays the same object until one of them changes. */
export class PodSet {
  private byUid = new Map<string, Pod>();
  private list: readonly Pod[] | undefined;

  /** Adds or replaces a pod; what has no uid or name is not a pod. */
  set(pod: Pod): void {
    if (pod.uid !== '' && pod.name !== '') {
      this.byUid.set(pod.uid, pod);
      this.list = undefined;
    }
  }

  delete(uid: string): void {
    if (this.byUid.delete(uid)) {
      this.list = undefined;
    }
  }

  clear(): void {
    if (this.byUid.size > 0) {
      this.byUid = new Map();
      this.list = undefined;
    }
  }

  /** The pods, or none where they have been without contact for longer than that. */
  pods(contact: Contact, keptFor: number): readonly Pod[] {
    if (this.byUid.size > 0 && !contact.heardWithin(keptFor)) {
      this.clear();
    }
    this.list ??= [...this.byUid.values()];
    return this.list;
  }
}
