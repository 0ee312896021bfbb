import type { Device } from '../device.js';
import { readU32 } from '../device-calls.js';
import { INSUFFICIENT_SIZE, isAbsent, isUnsupported, SUCCESS } from '../errors.js';
import { placeOf } from '../fields.js';
import { LAYOUTS } from '../layouts.js';
import { isBeforeAmpere } from '../names.js';
import type { DeviceCollector } from './collector.js';

const HISTOGRAM = LAYOUTS.nvmlRowRemapperHistogramValues_t;
const REPAIR = LAYOUTS.nvmlRepairStatus_v1_t;
/** Fields that have the same as the results of a call, in their order. */
const REMAPPED_ROWS = [placeOf(142), placeOf(143), placeOf(144), placeOf(145)] as const;
const RETIRED_PAGES = [placeOf(29), placeOf(30)] as const;
const RETIREMENT_PENDING = placeOf(31);

/** Values of the label `availability`: how many of its spare rows a bank still has. */
const AVAILABILITIES = ['max', 'high', 'partial', 'low', 'none'] as const;

/** Values of the label `cause` of retired pages, by the driver's numbers. */
const CAUSES: readonly string[] = ['corrected', 'uncorrected'];

const words = [Buffer.alloc(4), Buffer.alloc(4), Buffer.alloc(4), Buffer.alloc(4)] as const;
const histogram = Buffer.alloc(HISTOGRAM.size);
const repair = Buffer.alloc(REPAIR.size);

/** Spare rows, repairs that wait, and what of replaced memory is no field value of this driver. */
export const repairCollector: DeviceCollector = {
  name: 'repairs',
  cadence: 'minute',
  dependsOnFields: true,
  collect(device) {
    if (!REMAPPED_ROWS.every((place) => device.fields.supports(place))) {
      remappedRows(device);
    }
    if (isBeforeAmpere(device.identity.architecture)) {
      retiredPages(device);
    }
    if (device.calls.run('nvmlDeviceGetRowRemapperHistogram', histogram)) {
      for (const availability of AVAILABILITIES) {
        const banks = readU32(histogram, HISTOGRAM.fields[availability].offset);
        device.put('gpu_row_remapper_banks', banks, availability);
      }
    }
    repair.writeUInt32LE(REPAIR.version, REPAIR.fields.version.offset);
    if (device.calls.run('nvmlDeviceGetRepairStatus', repair)) {
      device.put('gpu_repair_pending', flag(repair, REPAIR.fields.bChannelRepairPending.offset), 'channel');
      device.put('gpu_repair_pending', flag(repair, REPAIR.fields.bTpcRepairPending.offset), 'tpc');
    }
  },
};

function remappedRows(device: Device): void {
  const [corrected, uncorrected, pending, failed] = words;
  if (device.calls.run('nvmlDeviceGetRemappedRows', corrected, uncorrected, pending, failed)) {
    const [ofCorrected, ofUncorrected, ofPending, ofFailed] = REMAPPED_ROWS.map((place) =>
      device.fields.supports(place),
    );
    const rows = 'gpu_remapped_rows_total';
    if (!ofCorrected) device.put(rows, readU32(corrected), 'corrected');
    if (!ofUncorrected) device.put(rows, readU32(uncorrected), 'uncorrected');
    if (!ofPending) device.put('gpu_row_remap_pending', flag(pending));
    if (!ofFailed) device.put('gpu_row_remap_failed', flag(failed));
  }
}

function retiredPages(device: Device): void {
  const [count] = words;
  for (const [number, cause] of CAUSES.entries()) {
    const place = RETIRED_PAGES[number];
    if (place !== undefined && device.fields.supports(place)) {
      continue;
    }
    count.writeUInt32LE(0);
    const code = device.calls.status('nvmlDeviceGetRetiredPages', number, count, null);
    // Without room for addresses the driver only counts, and says that the room is too small.
    if (code === SUCCESS || code === INSUFFICIENT_SIZE) {
      device.put('gpu_retired_pages_total', readU32(count), cause);
    } else if (code !== undefined && !isUnsupported(code) && !isAbsent(code)) {
      device.calls.fail('nvmlDeviceGetRetiredPages', code);
    }
  }
  if (!device.fields.supports(RETIREMENT_PENDING)) {
    device.put('gpu_retired_pages_pending', device.calls.u32('nvmlDeviceGetRetiredPagesPendingStatus'));
  }
}

const flag = (buffer: Buffer, offset = 0): number => (buffer.readUInt32LE(offset) === 0 ? 0 : 1);
