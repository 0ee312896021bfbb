import type {
  Capability,
  CollectorOutcome,
  DeviceSample,
  InstanceSample,
  Point,
  ProcessSample,
  Sample,
} from '../gpu/sample.js';
import type { EncodedSample, Layout } from './encoded-sample.js';

type DeviceHead = Omit<DeviceSample, 'points' | 'instances' | 'processes'>;
type ProcessHead = Omit<ProcessSample, 'pid' | 'points'>;
type InstanceHead = Omit<InstanceSample, 'points'>;

/** What was read last in one place of a sample. */
interface Place {
  layout: Layout;
  points: readonly Point[];
}

/**
 * Reads what one {@link SampleEncoder} wrote, all of it and in order.
 *
 * Points whose value is the same as in the last sample are the same objects: most of what a GPU says seldom changes, and what
 * is not made anew is no garbage. Without that, collecting garbage took more time than all else that is done with a sample.
 */
export class SampleDecoder {
  private layouts: Layout[] = [];
  private objects: unknown[] = [];
  private numbers: EncodedSample['numbers'] = new Float64Array(0);
  private at = 0;
  private places: Place[] = [];
  private place = 0;

  public decode(encoded: EncodedSample): Sample {
    if (encoded.reset) {
      this.layouts = [];
      this.objects = [];
    }
    for (const layout of encoded.layouts) this.layouts.push(layout);
    for (const object of encoded.objects) this.objects.push(object);
    this.numbers = encoded.numbers;
    this.at = 0;
    this.place = 0;
    const capabilities = this.object<readonly Capability[]>();
    const outcomes = this.list(() => ({
      ...this.object<Omit<CollectorOutcome, 'seconds'>>(),
      seconds: this.next(),
    }));
    const devices = this.list(() => this.device());
    this.places.length = this.place;
    return { ...encoded.rest, devices, outcomes, capabilities };
  }

  private device(): DeviceSample {
    return {
      ...this.object<DeviceHead>(),
      points: this.points(),
      instances: this.list(() => ({ ...this.object<InstanceHead>(), points: this.points() })),
      processes: this.list(() => this.process()),
    };
  }

  private process(): ProcessSample {
    const { type, gpuInstanceId, computeInstanceId } = this.object<ProcessHead>();
    const pid = this.integer();
    const points = this.points();
    // Not by spreading: that takes a microsecond for each.
    if (gpuInstanceId === undefined) return { pid, type, points };
    if (computeInstanceId === undefined) return { pid, type, gpuInstanceId, points };
    return { pid, type, gpuInstanceId, computeInstanceId, points };
  }

  private points(): readonly Point[] {
    const layout = this.layouts[this.integer()] as Layout;
    const place = this.places[this.place];
    const points = place?.layout === layout ? this.pointsAfter(place.points, layout) : this.newPoints(layout);
    if (place === undefined) {
      this.places.push({ layout, points });
    } else {
      place.layout = layout;
      place.points = points;
    }
    this.place += 1;
    return points;
  }

  private newPoints(layout: Layout): readonly Point[] {
    const points: Point[] = [];
    for (const head of layout) points.push(pointOf(head, this.next()));
    return points;
  }

  /** The points that come after others of the same layout: the same list where no value changed. */
  private pointsAfter(last: readonly Point[], layout: Layout): readonly Point[] {
    let points: Point[] | undefined;
    for (let i = 0; i < layout.length; i += 1) {
      const value = this.next();
      if (Object.is((last[i] as Point)[1], value)) continue;
      points ??= last.slice();
      points[i] = pointOf(layout[i] as Layout[number], value);
    }
    return points ?? last;
  }

  private list<T>(item: () => T): readonly T[] {
    const items: T[] = [];
    for (let rest = this.integer(); rest > 0; rest -= 1) items.push(item());
    return items;
  }

  private object<T>(): T {
    return this.objects[this.integer()] as T;
  }

  /** An index or a length; as such the engine reads arrays with it a good deal faster. */
  private integer(): number {
    return this.next() | 0;
  }

  private next(): number {
    const number = this.numbers[this.at] as number;
    this.at += 1;
    return number;
  }
}

function pointOf(head: Layout[number], value: number): Point {
  const [metric, first] = head;
  if (first === undefined) return [metric, value];
  return head.length === 2 ? [metric, value, first] : [metric, value, ...head.slice(1)];
}
