import { describe, expect, it } from 'vitest';
import { type CollectorView, KnownDevices } from '../../src/attribution/known-devices.js';
import { busId, device, deviceUuid, sample } from './fixtures.js';

const view = (options: Partial<CollectorView>): CollectorView => ({
  vendor: 'nvidia',
  driver: { available: true },
  deviceVerdicts: [],
  ...options,
});
const both = view({ sample: sample(0, [device(1), device(0)]) });
const statuses = (devices: KnownDevices, now: CollectorView) => devices.list(now, []).map(({ status }) => status);

describe('KnownDevices', () => {
  it('are the devices of the sample, by index', () => {
    expect(new KnownDevices().list(both, []).map(({ identity }) => identity.index)).toEqual([0, 1]);
  });

  it('keep a device that the driver no longer lists, as missing and with its name', () => {
    const devices = new KnownDevices();
    devices.list(both, []);
    const gone = devices.list(view({ sample: sample(1, [device(0)]) }), [])[1];
    expect(gone).toMatchObject({ status: 'missing', identity: { uuid: deviceUuid(1), index: 1 }, points: [] });
  });

  it('keep the name of a device that only tells its address', () => {
    const devices = new KnownDevices();
    devices.list(both, []);
    const lost = device(1, { status: 'lost', identity: { uuid: undefined, index: undefined, model: undefined } });
    expect(devices.list(view({ sample: sample(1, [device(0), lost]) }), [])[1]).toMatchObject({
      status: 'lost',
      identity: { uuid: deviceUuid(1), index: 1, model: 'NVIDIA H100 80GB HBM3' },
    });
  });

  it('take another GPU in the same slot for another GPU', () => {
    const devices = new KnownDevices();
    devices.list(both, []);
    const other = device(1, { identity: { uuid: deviceUuid(9), model: undefined } });
    expect(
      devices.list(view({ sample: sample(1, [other]) }), []).find(({ identity }) => identity.uuid === deviceUuid(9)),
    ).toMatchObject({ identity: { model: undefined } });
  });

  it('are hung while a call about one does not return, beside values that are not old yet', () => {
    const verdict = { pciBusId: busId(1), status: 'hung', collector: 'clocks', since: 5 } as const;
    const points = [['gpu_power_watts', 70]] as const;
    const devices = new KnownDevices();
    const state = view({ sample: sample(0, [device(0), device(1, { points })]), deviceVerdicts: [verdict] });
    expect(statuses(devices, state)).toEqual(['ok', 'hung']);
    expect(devices.list(state, [])[1]?.points).toEqual(points);
  });

  it('are hung even where the first call ever did not return', () => {
    const verdict = { pciBusId: busId(1), status: 'crashed', collector: 'clocks', since: 5 } as const;
    expect(
      statuses(
        new KnownDevices(),
        view({ driver: { available: false, reason: 'starting' }, deviceVerdicts: [verdict] }),
      ),
    ).toEqual(['crashed']);
  });

  it.each([
    ['driver_not_loaded', 'missing'],
    ['hung', 'hung'],
    ['crashed', 'crashed'],
    ['no_permission', 'no_permission'],
  ])('of a driver that does not answer for the reason %s are %s', (reason, status) => {
    const devices = new KnownDevices();
    devices.list(both, []);
    const driver = { available: false, reason };
    expect(statuses(devices, view({ driver }))).toEqual([status, status]);
    expect(statuses(devices, view({ driver, sample: both.sample }))).toEqual([status, status]);
  });

  it('are in error where nothing was heard for too long', () => {
    const devices = new KnownDevices();
    devices.list(both, []);
    expect(statuses(devices, view({}))).toEqual(['error', 'error']);
  });

  it('are still well while a child starts anew and the last sample is good', () => {
    const devices = new KnownDevices();
    expect(statuses(devices, { ...both, driver: { available: false, reason: 'starting' } })).toEqual(['ok', 'ok']);
  });

  it('are those on the PCI bus where the driver never answered', () => {
    const expected = [{ vendor: 'nvidia', pciBusId: busId(0) }] as const;
    const state = view({ driver: { available: false, reason: 'driver_not_loaded' } });
    expect(new KnownDevices().list(state, expected)).toMatchObject([{ status: 'missing', identity: expected[0] }]);
    const starting = view({ driver: { available: false, reason: 'starting' } });
    expect(new KnownDevices().list(starting, expected)).toEqual([]);
  });
});
