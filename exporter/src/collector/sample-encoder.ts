import type { Capability, CollectorOutcome, DeviceSample, Point, ProcessSample, Sample } from '../gpu/sample.js';
import type { EncodedSample, Layout } from './encoded-sample.js';

/** Characters, as JSON, of what either side remembers before both begin anew. */
const MAX_REMEMBERED = 1_500_000;

/** Something under its number. */
interface Numbered<T> {
  readonly item: T;
  readonly number: number;
}

/** Everything that was said already. */
class Memory {
  public readonly layouts = new Map<string, Numbered<Layout>>();
  public readonly objects = new Map<string, number>();
  public size = 0;
  // What was said last in the same place, which is almost always what has to be said again.
  public readonly recentLayouts = new Map<string, Numbered<Layout>>();
  public readonly recentOutcomes: Numbered<CollectorOutcome>[] = [];
  public recentProcess?: Numbered<ProcessSample>;
  public recentCapabilities?: Numbered<readonly Capability[]>;
}

/** Writes samples for one {@link SampleDecoder} that reads each of them. */
export class SampleEncoder {
  private memory = new Memory();
  private newLayouts: Layout[] = [];
  private newObjects: unknown[] = [];
  private numbers = new Float64Array(4096);
  private length = 0;

  /** The result is good until the next call. */
  public encode(sample: Sample): EncodedSample {
    const reset = this.memory.size > MAX_REMEMBERED;
    if (reset) this.memory = new Memory();
    this.newLayouts = [];
    this.newObjects = [];
    this.length = 0;
    const { devices, outcomes, capabilities, ...rest } = sample;
    this.capabilities(capabilities);
    this.push(outcomes.length);
    for (let at = 0; at < outcomes.length; at += 1) this.outcome(outcomes[at] as CollectorOutcome, at);
    this.push(devices.length);
    for (const device of devices) this.device(device);
    const numbers = this.numbers.subarray(0, this.length);
    return { reset, rest, numbers, layouts: this.newLayouts, objects: this.newObjects };
  }

  private capabilities(capabilities: readonly Capability[]): void {
    let { recentCapabilities: recent } = this.memory;
    if (!recent || !sameCapabilities(recent.item, capabilities)) {
      recent = { item: capabilities, number: this.object(capabilities) };
      this.memory.recentCapabilities = recent;
    }
    this.push(recent.number);
  }

  private outcome(outcome: CollectorOutcome, at: number): void {
    let recent = this.memory.recentOutcomes[at];
    if (!recent || !sameOutcome(recent.item, outcome)) {
      const { seconds: _, ...head } = outcome;
      recent = { item: outcome, number: this.object(head) };
      this.memory.recentOutcomes[at] = recent;
    }
    this.push(recent.number);
    this.push(outcome.seconds);
  }

  private device({ points, instances, processes, ...head }: DeviceSample): void {
    this.push(this.object(head));
    this.points(head.identity.pciBusId, points);
    this.push(instances.length);
    for (const { points: own, ...instance } of instances) {
      this.push(this.object(instance));
      this.points('instance', own);
    }
    this.push(processes.length);
    for (const process of processes) this.process(process);
  }

  private process(process: ProcessSample): void {
    let { recentProcess: recent } = this.memory;
    if (!recent || !sameProcess(recent.item, process)) {
      const { pid: _pid, points: _points, ...head } = process;
      recent = { item: process, number: this.object(head) };
      this.memory.recentProcess = recent;
    }
    this.push(recent.number);
    this.push(process.pid);
    this.points('process', process.points);
  }

  private points(kind: string, points: readonly Point[]): void {
    let recent = this.memory.recentLayouts.get(kind);
    if (!recent || !fits(points, recent.item)) {
      recent = this.layout(points);
      this.memory.recentLayouts.set(kind, recent);
    }
    this.push(recent.number);
    for (const point of points) this.push(point[1]);
  }

  /** Number of something that is likely to come again. */
  private object(value: unknown): number {
    const { memory } = this;
    const key = JSON.stringify(value);
    const known = memory.objects.get(key);
    if (known !== undefined) return known;
    const number = memory.objects.size;
    this.newObjects.push(value);
    memory.objects.set(key, number);
    memory.size += key.length;
    return number;
  }

  private layout(points: readonly Point[]): Numbered<Layout> {
    const { memory } = this;
    const item = points.map(([metric, , ...labels]) => [metric, ...labels] as const);
    const key = JSON.stringify(item);
    const known = memory.layouts.get(key);
    if (known) return known;
    const layout = { number: memory.layouts.size, item };
    memory.layouts.set(key, layout);
    memory.size += key.length;
    this.newLayouts.push(item);
    return layout;
  }

  private push(number: number): void {
    if (this.length === this.numbers.length) {
      const longer = new Float64Array(this.length * 2);
      longer.set(this.numbers);
      this.numbers = longer;
    }
    this.numbers[this.length] = number;
    this.length += 1;
  }
}

/** Whether points have the names and labels of a layout. */
function fits(points: readonly Point[], layout: Layout): boolean {
  if (points.length !== layout.length) return false;
  for (let i = 0; i < points.length; i += 1) {
    const point = points[i] as Point;
    const head = layout[i] as Layout[number];
    if (point[0] !== head[0] || point.length !== head.length + 1) return false;
    for (let label = 1; label < head.length; label += 1) if (point[label + 1] !== head[label]) return false;
  }
  return true;
}

const sameOutcome = (a: CollectorOutcome, b: CollectorOutcome): boolean =>
  a.collector === b.collector && a.pciBusId === b.pciBusId && a.error === b.error;

const sameProcess = (a: ProcessSample, b: ProcessSample): boolean =>
  a.type === b.type && a.gpuInstanceId === b.gpuInstanceId && a.computeInstanceId === b.computeInstanceId;

function sameCapabilities(a: readonly Capability[], b: readonly Capability[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, at) => {
      const other = b[at];
      return (
        one.capability === other?.capability &&
        one.supported === other.supported &&
        one.reason === other.reason &&
        one.pciBusId === other.pciBusId
      );
    })
  );
}
