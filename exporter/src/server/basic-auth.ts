import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare } from 'bcryptjs';
import { RateLimiter } from './rate-limiter.js';

/** Pairs of user and password that were found right, the last used last. */
const MOST_REMEMBERED = 100;
/** Comparisons that wait for their turn; those beyond are turned away. */
const MOST_WAITING = 20;
/** What one address may have compared: so many at once, then one a second. */
const ATTEMPTS = { interval: 1, burst: 10 };
const MOST_ADDRESSES = 1000;

/** `busy`: too much is being tried, try again later. */
export type Verdict = 'ok' | 'denied' | 'busy';

interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Takes an Authorization header apart, which is "Basic" and user:password in Base64. */
function parse(header: string | undefined): Credentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? '')?.[1];
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** A hash that fits no password and takes as long to compare as those that do. */
function decoyLike(hash: string): string {
  return `${hash.slice(0, 7)}${'.'.repeat(53)}`;
}

/**
 * Checks passwords against hashes of bcrypt.
 *
 * Comparing takes 50 ms and more of computing time by design. A pair that was right is remembered, as a keyed hash, and
 * is not computed again until its hash in the file changes; so scrapes cost nothing. Everything else is computed one at a
 * time, with a pause as long as the computing, and only so often for one address: guessing slows nobody down but who
 * guesses.
 */
export class BasicAuth {
  private readonly secret = randomBytes(32);
  private readonly remembered = new Set<string>();
  private readonly running = new Map<string, Promise<boolean>>();
  private readonly addresses = new Map<string, RateLimiter>();
  private queue: Promise<unknown> = Promise.resolve();

  /** @param now seconds of a clock that never jumps */
  constructor(private readonly now: () => number = () => performance.now() / 1000) {}

  /** Whether the Authorization header of a request has a user of these and the right password. */
  async check(header: string | undefined, users: ReadonlyMap<string, string>, address: string): Promise<Verdict> {
    const given = parse(header);
    if (given === undefined) {
      return 'denied';
    }
    const known = users.get(given.user);
    const [any = ''] = users.values();
    const hash = known ?? decoyLike(any);
    const parts = [given.user, hash, given.password].map((part) => `${Buffer.byteLength(part)}:${part}`);
    const key = createHmac('sha256', this.secret).update(parts.join()).digest('base64');
    if (this.remembered.delete(key)) {
      this.remembered.add(key);
      return 'ok';
    }
    const running = this.running.get(key);
    if (running === undefined && (this.running.size > MOST_WAITING || !this.allowed(address))) {
      return 'busy';
    }
    const right = (await (running ?? this.compare(key, given.password, hash))) && known !== undefined;
    if (right) {
      this.remember(key);
    }
    return right ? 'ok' : 'denied';
  }

  private compare(key: string, password: string, hash: string): Promise<boolean> {
    const turn = this.queue.then(async () => {
      const start = performance.now();
      const right = await compare(password, hash).catch(() => false);
      return { right, took: performance.now() - start };
    });
    // The next turn comes after a pause, this answer at once.
    this.queue = turn.then(({ right, took }) => (right ? undefined : sleep(took, undefined, { ref: false })));
    const answer = turn.then(({ right }) => right).finally(() => this.running.delete(key));
    this.running.set(key, answer);
    return answer;
  }

  private remember(key: string): void {
    this.remembered.add(key);
    for (const oldest of this.remembered) {
      if (this.remembered.size <= MOST_REMEMBERED) {
        break;
      }
      this.remembered.delete(oldest);
    }
  }

  private allowed(address: string): boolean {
    const now = this.now();
    const limiter = this.addresses.get(address) ?? new RateLimiter(ATTEMPTS, now);
    this.addresses.delete(address);
    this.addresses.set(address, limiter);
    for (const oldest of this.addresses.keys()) {
      if (this.addresses.size <= MOST_ADDRESSES) {
        break;
      }
      this.addresses.delete(oldest);
    }
    return limiter.take(now);
  }
}
