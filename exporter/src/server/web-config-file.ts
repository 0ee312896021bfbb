import { statSync } from 'node:fs';
import { SettingsError } from '../config/settings-error.js';
import type { Logger } from '../log.js';
import { OPEN, readWebConfig, type WebConfig } from './web-config.js';

/** Files are looked at not more often than this, in milliseconds. */
const LOOK_INTERVAL = 1000;

/** How reading the web configuration file goes. */
export interface ReloadState {
  /** Whether what is in force is what stands in the files. */
  readonly ok: boolean;
  /** How often a new version could not be used. */
  readonly failures: number;
  /** Unix time in seconds when what is in force was read. */
  readonly loaded: number;
}

/** One reading of the file and of those that it names. */
interface Reading {
  readonly config?: WebConfig;
  readonly error?: SettingsError;
  readonly files: ReadonlySet<string>;
  /** State of all files before they were read. */
  readonly fingerprint: string;
}

/**
 * The web configuration file, read again when it or a certificate changes.
 *
 * A new version that cannot be used is logged and counted, and the one before stays in force.
 */
export class WebConfigFile {
  private reading: Reading;
  private config: WebConfig;
  private reloadState: ReloadState = { ok: true, failures: 0, loaded: Date.now() / 1000 };
  private looked = performance.now();

  /** @throws SettingsError where the file cannot be used */
  constructor(
    private readonly path: string | undefined,
    private readonly logger: Logger,
    /** Told of each reading after the first. */
    private readonly onReload: (ok: boolean) => void = () => {},
  ) {
    this.reading = path === undefined ? { config: OPEN, files: new Set(), fingerprint: '' } : read(path, new Set());
    if (this.reading.config === undefined) {
      throw this.reading.error;
    }
    this.config = this.reading.config;
    this.warnOfExpiry();
  }

  get state(): ReloadState {
    return this.reloadState;
  }

  /** What is in force, after a look at the files where the last one is a second ago. */
  current(): WebConfig {
    const now = performance.now();
    if (this.path !== undefined && now - this.looked >= LOOK_INTERVAL) {
      this.looked = now;
      if (fingerprintOf(this.reading.files) !== this.reading.fingerprint) {
        this.reload();
      }
    }
    return this.config;
  }

  /** Reads the files now, whether they changed or not. */
  reload(): void {
    if (this.path === undefined) {
      return;
    }
    this.reading = read(this.path, this.reading.files);
    const { config, error } = this.reading;
    this.onReload(config !== undefined);
    if (config === undefined) {
      this.reloadState = { ...this.reloadState, ok: false, failures: this.reloadState.failures + 1 };
      this.logger.log('error', 'web configuration cannot be used, the one before stays in force', {
        error: error?.problems.join('; '),
      });
      return;
    }
    this.config = config;
    this.reloadState = { ...this.reloadState, ok: true, loaded: Date.now() / 1000 };
    this.logger.log('info', 'web configuration read again', { file: this.path });
    this.warnOfExpiry();
  }

  private warnOfExpiry(): void {
    const expires = this.config.tls?.expires ?? Number.POSITIVE_INFINITY;
    if (expires < Date.now() / 1000) {
      const since = new Date(expires * 1000).toISOString();
      this.logger.log('warn', 'the certificate of the web server has expired', { since });
    }
  }
}

/** Reads the file, with a fingerprint of all that it names from before it was read. */
function read(path: string, known: ReadonlySet<string>): Reading {
  let reading = attempt(path, known);
  // Where it names files that were not known, what they were before is not known either: once more.
  if (reading.files.size !== known.size || [...reading.files].some((file) => !known.has(file))) {
    reading = attempt(path, reading.files);
  }
  return reading;
}

function attempt(path: string, known: ReadonlySet<string>): Reading {
  const fingerprint = fingerprintOf(known);
  const files = new Set<string>();
  try {
    return { config: readWebConfig(path, files), files, fingerprint };
  } catch (error) {
    if (!(error instanceof SettingsError)) {
      throw error;
    }
    // What is wrong may be put right by any of the files from before, too.
    return { error, files: new Set([...known, ...files]), fingerprint };
  }
}

/** Changes with every change of a file, and when a link to it is swapped, as Kubernetes does with Secrets. */
function fingerprintOf(files: ReadonlySet<string>): string {
  return [...files].map(stateOf).join(' ');
}

function stateOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
