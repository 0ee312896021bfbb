import { type CollectRequest, DriverUnavailableError, type GpuBackend } from '../gpu/backend.js';
import type { Logger } from '../log.js';
import type { BackendOptions } from './backend-options.js';
import { OPEN } from './progress-record.js';
import { openProgressWriter, type ProgressWriter } from './progress-writer.js';
import type { Answer, Reply, Request } from './protocol.js';
import { SampleEncoder } from './sample-encoder.js';

/** Makes a back end; loads what it needs, and calls nothing of the driver. */
export type CreateBackend = (options: BackendOptions, log: Logger) => GpuBackend | Promise<GpuBackend>;

const ANSWERS_PER_RSS = 10;

/** One line that says what was thrown. */
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function send(reply: Reply): void {
  // Without the callback a channel that closes meanwhile would be an uncaught exception.
  if (process.connected) process.send?.(reply, undefined, undefined, () => {});
}

const log: Logger = { log: (level, message, fields) => send({ type: 'log', level, message, fields }) };

/** One back end and whether its driver is open. */
class Service {
  private readonly encoder = new SampleEncoder();
  private open = false;
  private lastRss = 0;
  private answers = 0;

  public constructor(
    private readonly backend: GpuBackend,
    private readonly progress: ProgressWriter,
  ) {}

  public collect(id: number, request: CollectRequest): Answer {
    try {
      if (!this.open) {
        this.progress.report(OPEN);
        this.backend.open(this.progress.report);
        this.open = true;
        send({ type: 'opened', id });
      }
      const sample = this.encoder.encode(this.backend.collect(request, this.progress.report));
      return { type: 'sample', id, rss: this.rss(), sample };
    } catch (error) {
      this.close();
      const reason = error instanceof DriverUnavailableError ? error.reason : 'unknown';
      return { type: 'unavailable', id, rss: this.rss(), reason, message: messageOf(error) };
    } finally {
      this.progress.idle();
    }
  }

  /** Memory of this process; not asked each time, since that takes longer than a GPU does (0.2 ms). */
  private rss(): number {
    if (this.answers % ANSWERS_PER_RSS === 0) this.lastRss = process.memoryUsage.rss();
    this.answers += 1;
    return this.lastRss;
  }

  /** Lets go of the driver, whatever state it is in. */
  public close(): void {
    this.open = false;
    this.progress.report('close');
    try {
      this.backend.close();
    } catch (error) {
      log.log('debug', 'Closing the driver failed', { error: messageOf(error) });
    }
    this.progress.idle();
  }
}

/**
 * Serves one exporter over the channel to it, until that closes or SIGTERM comes. Both end the process.
 *
 * SIGTERM waits for a call that is under way, since ending a process amid one has frozen GPUs; the exporter follows it
 * with SIGKILL. SIGINT and SIGHUP of a terminal are left to the exporter.
 */
export function serve(create: CreateBackend): void {
  let service: Service | undefined;
  const end = (): void => {
    service?.close();
    process.exit(0);
  };
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => {});
  process.on('message', async (request: Request) => {
    if (request.type === 'start') {
      const { backend, seekableProgress } = request;
      const progress = await openProgressWriter(seekableProgress, backend.name === 'nvidia');
      service = new Service(await create(backend, log), progress);
      send({ type: 'ready' });
    } else if (service) {
      const { type: _, id, ...asked } = request;
      send(service.collect(id, asked));
    }
  });
}
