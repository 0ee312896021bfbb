import type { Readings } from './readings.js';

/** Energy that a device used in the time before a sample. */
export interface EnergyWindow {
  readonly joules: number;
  /** Length of the time in seconds. */
  readonly seconds: number;
}

/** No device draws as much; a counter that says so has jumped. */
const MOST_WATTS = 20_000;

/**
 * Measures the energy of one device between samples: by the driver's counter, or by power over time where it has none.
 *
 * A counter that went back, because the driver was loaded anew, counts from its new value on; the time in which it did is
 * measured by power. After samples without any
 * value the counter tells of the whole time at once; power says nothing about time that was not sampled.
 */
export class EnergyMeter {
  private counter: { readonly joules: number; readonly at: number } | undefined;
  private power: { readonly watts: number; readonly at: number } | undefined;

  /** Whether the device ever told anything about its energy. */
  public known = false;

  /**
   * Takes the values of a sample.
   *
   * @param at seconds of a clock that never jumps
   * @param longest power is not taken to have stayed the same for longer than so many seconds
   */
  public advance(at: number, readings: Readings, longest: number): EnergyWindow | undefined {
    const { energy, power } = readings;
    if (energy === undefined && power === undefined) {
      this.power = undefined;
      return undefined;
    }
    this.known = true;
    const window = this.byCounter(at, energy) ?? this.byPower(at, power, longest);
    this.counter = energy === undefined ? undefined : { joules: energy, at };
    this.power = power === undefined ? undefined : { watts: power, at };
    return window;
  }

  private byCounter(at: number, joules: number | undefined): EnergyWindow | undefined {
    if (this.counter === undefined || joules === undefined) return undefined;
    const seconds = at - this.counter.at;
    const used = joules - this.counter.joules;
    return seconds > 0 && used >= 0 && used <= seconds * MOST_WATTS ? { joules: used, seconds } : undefined;
  }

  private byPower(at: number, watts: number | undefined, longest: number): EnergyWindow | undefined {
    if (this.power === undefined || watts === undefined) return undefined;
    const seconds = at - this.power.at;
    return seconds > 0 && seconds <= longest
      ? { joules: ((watts + this.power.watts) / 2) * seconds, seconds }
      : undefined;
  }
}
