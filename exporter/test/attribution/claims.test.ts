import { describe, expect, it } from 'vitest';
import { Claims } from '../../src/attribution/claims.js';
import { DeviceIds } from '../../src/attribution/device-ids.js';
import { Owners } from '../../src/attribution/owners.js';
import type { DeviceAllocation, Pod } from '../../src/kubernetes/source.js';
import { allocation, busId, device, deviceUuid, instance, migUuid, Node, pod } from './fixtures.js';

const claimsOf = (
  allocations: readonly DeviceAllocation[],
  pods: readonly Pod[] = [pod(1), pod(2), pod(3)],
): Claims => {
  const node = new Node();
  node.pods = pods;
  node.allocations = allocations;
  const owners = new Owners(node.sources());
  owners.refresh();
  return new Claims(owners.allocations(), [
    new DeviceIds([device(0), device(1, { instances: [instance(1, 7, '1g.10gb')] })]),
  ]);
};
const podsOf = (claims: Claims, key: string): readonly string[] => claims.of(key).map(({ owner }) => owner.pod);
const totals = (claims: Claims) =>
  claims.totals().map(({ owner, devices }) => [owner.pod, Object.fromEntries(devices)]);

describe('Claims', () => {
  it('go to devices and MIG instances, whatever the resource is called', () => {
    const claims = claimsOf([
      allocation(1, deviceUuid(0), { resource: 'example.org/renamed' }),
      allocation(2, migUuid(1, 7), { resource: 'nvidia.com/mig-1g.10gb' }),
    ]);
    expect(podsOf(claims, busId(0))).toEqual(['train-1']);
    expect(podsOf(claims, `${busId(1)}/7/0`)).toEqual(['train-2']);
    expect(claims.of(busId(1))).toEqual([]);
  });

  it('of one container to several replicas are one claim', () => {
    const claims = claimsOf([
      allocation(1, `${deviceUuid(0)}::0`),
      allocation(1, `${deviceUuid(0)}::1`),
      allocation(2, `${deviceUuid(0)}::2`),
    ]);
    expect(claims.of(busId(0)).map(({ owner, ids, replica }) => [owner.pod, ids.length, replica])).toEqual([
      ['train-1', 2, true],
      ['train-2', 1, true],
    ]);
    expect(totals(claims)).toEqual([
      ['train-1', { 'nvidia.com/gpu': 2 }],
      ['train-2', { 'nvidia.com/gpu': 1 }],
    ]);
  });

  it('of two pods to one device are that of the running one', () => {
    const both = [allocation(1, deviceUuid(0)), allocation(2, deviceUuid(0))];
    expect(podsOf(claimsOf(both, [pod(1, { phase: 'Pending' }), pod(2)]), busId(0))).toEqual(['train-2']);
    expect(podsOf(claimsOf(both, [pod(1), pod(2)]), busId(0))).toEqual(['train-1', 'train-2']);
    const waiting = [pod(1, { phase: 'Pending' }), pod(2, { phase: undefined })];
    expect(podsOf(claimsOf(both, waiting), busId(0))).toEqual(['train-1', 'train-2']);
  });

  it('that are listed twice count once', () => {
    const claims = claimsOf([allocation(1, deviceUuid(0)), allocation(1, deviceUuid(0))]);
    expect(totals(claims)).toEqual([['train-1', { 'nvidia.com/gpu': 1 }]]);
  });

  it('leave other hardware out and count GPUs that are not there', () => {
    const claims = claimsOf([
      allocation(1, '0000:99:00.0', { resource: 'example.org/sriov' }),
      allocation(1, deviceUuid(7)),
      allocation(1, 'gpu-9', { resource: 'gpu.nvidia.com' }),
    ]);
    expect(totals(claims)).toEqual([['train-1', { 'nvidia.com/gpu': 1, 'gpu.nvidia.com': 1 }]]);
  });
});
