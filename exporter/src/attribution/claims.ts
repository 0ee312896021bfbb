import type { Owner } from '../metrics/snapshot.js';
import type { DeviceIds } from './device-ids.js';
import type { OwnedAllocation } from './owners.js';

/** One id of a device that a container was given. */
export interface ClaimedId {
  readonly resource: string;
  readonly deviceId: string;
}

/** What a container was given of a device or a MIG instance. */
export interface Claim {
  readonly owner: Owner;
  /** More than one where it was given several replicas. */
  readonly ids: readonly ClaimedId[];
  /** Whether others may be given replicas of the same. */
  readonly replica: boolean;
}

/** What a container was given over all devices. */
export interface AllocationTotal {
  readonly owner: Owner;
  /** Number of ids by resource. */
  readonly devices: ReadonlyMap<string, number>;
}

/** Names of resources and DRA drivers whose ids count although no device is known by them, such as those of a lost GPU. */
const GPU_RESOURCE = /^(?:nvidia\.com\/(?:gpu|mig-)|amd\.com\/gpu|gpu\.(?:nvidia|amd)\.com$)/;

/** Who was given what: by device or MIG instance, and by container. */
export class Claims {
  private readonly byKey = new Map<string, Claim[]>();
  private readonly byOwner = new Map<Owner, Map<string, number>>();

  public constructor(allocations: readonly OwnedAllocation[], ids: readonly DeviceIds[]) {
    for (const allocation of preferRunning(allocations)) this.add(allocation, ids);
  }

  /** Claims to a device or a MIG instance. */
  public of(key: string): readonly Claim[] {
    return this.byKey.get(key) ?? [];
  }

  /** What each container was given. */
  public totals(): readonly AllocationTotal[] {
    return Array.from(this.byOwner, ([owner, devices]) => ({ owner, devices }));
  }

  private add({ owner, resource, deviceId }: OwnedAllocation, ids: readonly DeviceIds[]): void {
    const resolved = ids.map((each) => each.resolve(deviceId)).find((each) => each !== undefined);
    if (resolved === undefined && !GPU_RESOURCE.test(resource)) return;
    const devices = this.byOwner.get(owner) ?? new Map<string, number>();
    this.byOwner.set(owner, devices.set(resource, (devices.get(resource) ?? 0) + 1));
    if (resolved === undefined) return;
    const claims = this.byKey.get(resolved.key) ?? [];
    const at = claims.findIndex((claim) => claim.owner === owner);
    const known = claims[at];
    const claim: Claim = {
      owner,
      ids: [...(known?.ids ?? []), { resource, deviceId }],
      replica: resolved.replica || known?.replica === true,
    };
    if (known === undefined) claims.push(claim);
    else claims[at] = claim;
    this.byKey.set(resolved.key, claims);
  }
}

/**
 * Leaves each id once per container; and where several pods have one id, those that run: the others are about to end or
 * about to start.
 */
function preferRunning(allocations: readonly OwnedAllocation[]): readonly OwnedAllocation[] {
  const byId = new Map<string, OwnedAllocation[]>();
  for (const allocation of allocations) {
    const same = byId.get(allocation.deviceId);
    if (same === undefined) byId.set(allocation.deviceId, [allocation]);
    else if (!same.some(({ owner }) => owner === allocation.owner)) same.push(allocation);
  }
  return [...byId.values()].flatMap((same) => {
    const running = same.length > 1 ? same.filter(({ phase }) => phase === 'Running') : same;
    return running.length > 0 ? running : same;
  });
}
