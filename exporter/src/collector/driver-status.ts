import type { Logger } from '../log.js';
import { Backoff } from './backoff.js';
import type { CollectorLimits } from './limits.js';
import type { DriverState } from './state.js';

/** Whether the driver answers, and when it is asked again where it does not. */
export class DriverStatus {
  private current: DriverState = { available: false, reason: 'starting' };
  private readonly absent: Backoff;
  private readonly broken: Backoff;
  private readonly restart: Backoff;
  private crashes = 0;

  public constructor(
    private readonly limits: Pick<CollectorLimits, 'driver' | 'driverHung' | 'restart' | 'crashes'>,
    private readonly log: Logger,
  ) {
    const { driver, driverHung, restart } = limits;
    this.absent = new Backoff(driver.first, driver.last);
    this.broken = new Backoff(driverHung.first, driverHung.last);
    this.restart = new Backoff(restart.first, restart.last);
  }

  public get state(): DriverState {
    return this.current;
  }

  /** It answered: whatever was wrong is over. */
  public answered(): void {
    this.crashes = 0;
    for (const backoff of [this.absent, this.broken, this.restart]) backoff.reset();
    this.set({ available: true });
  }

  /** It said that it is not there. Returns the seconds until it is asked again. */
  public unavailable(reason: string, message: string): number {
    this.set({ available: false, reason, message });
    return this.absent.next();
  }

  /** A call about no device did not return. Returns the seconds until it is asked again. */
  public hung(message: string): number {
    this.set({ available: false, reason: 'hung', message });
    return this.broken.next();
  }

  /**
   * The child ended, and no device can be blamed. Returns the seconds until another one is started.
   *
   * @param byLibrary whether the library may be the cause; it is when that happens several times in a row
   */
  public ended(byLibrary: boolean, message: string): number {
    if (byLibrary) this.crashes += 1;
    if (this.crashes < this.limits.crashes) return this.restart.next();
    this.set({ available: false, reason: 'crashed', message });
    return this.broken.next();
  }

  /** Nobody asks it, for a reason of ours. */
  public notAsked(reason: 'starting' | 'released' | 'stopped' | 'abandoned', message?: string): void {
    this.set({ available: false, reason, ...(message !== undefined && { message }) });
  }

  private set(state: DriverState): void {
    const before = this.current;
    this.current = state;
    if (state.available === before.available && state.reason === before.reason) return;
    if (state.available) this.log.log('info', 'The driver answers');
    else if (state.message !== undefined) {
      this.log.log('warn', 'The driver is not available', { reason: state.reason, error: state.message });
    }
  }
}
