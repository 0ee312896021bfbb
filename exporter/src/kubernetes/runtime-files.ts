import { accessSync, closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Logger } from '../log.js';
import { isContainerId } from './container-id.js';
import { podInRecord, RUNTIME_FOLDERS, type RuntimeFolder, recordPath } from './runtime-record.js';
import type { ContainerSource, Pod, SourceState } from './source.js';

/** Sizes in entries and bytes, times in milliseconds. */
export interface RuntimeFilesBounds {
  /** Containers that are remembered, found or not. */
  readonly entries: number;
  /** How long it is remembered that a container was not found. */
  readonly notFoundFor: number;
  /** Look-ups per second; on a node with thousands of unknown containers the rest waits. */
  readonly perSecond: number;
  /** A file that is larger is not read. */
  readonly fileSize: number;
  /** How long it is remembered which runtimes there are. */
  readonly foldersFor: number;
}

const BOUNDS: RuntimeFilesBounds = {
  entries: 4096,
  notFoundFor: 60_000,
  perSecond: 200,
  fileSize: 4 * 1024 * 1024,
  foldersFor: 60_000,
};

interface Entry {
  readonly pod: Pod | undefined;
  readonly until: number;
}

/**
 * The pod of a container, from the file that its runtime keeps: without the kubelet, without the API server, and without a
 * runtime's own socket, whose clients can do anything on the node.
 *
 * Asked by container id, so it finds what is running and lists nothing.
 */
export class RuntimeFilesSource implements ContainerSource {
  readonly name = 'runtime-files';
  private readonly bounds: RuntimeFilesBounds;
  private readonly entries = new Map<string, Entry>();
  private readable: readonly RuntimeFolder[] = [];
  private foldersUntil = Number.NEGATIVE_INFINITY;
  private second = 0;
  private lookups = 0;
  private lastSuccess: number | undefined;
  private error: string | undefined;

  /** @param rootfs where the node's root is mounted */
  constructor(
    private readonly rootfs: string,
    private readonly log: Logger,
    bounds: Partial<RuntimeFilesBounds> = {},
  ) {
    this.bounds = { ...BOUNDS, ...bounds };
  }

  start(): void {
    this.folders();
  }

  async stop(): Promise<void> {
    this.entries.clear();
  }

  state(): SourceState {
    const up = this.folders().length > 0 && this.error === undefined;
    return {
      source: this.name,
      up,
      ...(this.lastSuccess !== undefined && { lastSuccess: this.lastSuccess }),
      ...(!up && { error: this.error ?? `no folder of a container runtime below ${this.rootfs}` }),
    };
  }

  find(containerId: string): Pod | undefined {
    const known = this.entries.get(containerId);
    if (known !== undefined && performance.now() < known.until) {
      return known.pod;
    }
    if (!isContainerId(containerId) || !this.mayLookUp()) {
      return undefined;
    }
    const pod = this.lookUp(containerId);
    this.remember(containerId, pod);
    return pod;
  }

  private lookUp(containerId: string): Pod | undefined {
    for (const folder of this.folders()) {
      const path = recordPath(folder, containerId);
      try {
        const pod = podInRecord(folder.runtime, this.read(path), containerId);
        this.error = undefined;
        if (pod !== undefined) {
          this.lastSuccess = Date.now() / 1000;
          return pod;
        }
      } catch (error) {
        this.failed(path, error as NodeJS.ErrnoException);
      }
    }
    return undefined;
  }

  private read(path: string): string {
    const file = openSync(`${this.rootfs}/${path}`, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile() || stats.size > this.bounds.fileSize) {
        throw new Error(`not a file of up to ${this.bounds.fileSize} bytes`);
      }
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  }

  /** That a container is another runtime's is no failure. */
  private failed(path: string, error: NodeJS.ErrnoException): void {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      return;
    }
    const reason = `${path}: ${error.message}`;
    if (this.error === undefined) {
      this.log.log('warn', 'Kubernetes source runtime-files failed', { source: this.name, error: reason });
    }
    this.error = reason;
  }

  private remember(containerId: string, pod: Pod | undefined): void {
    this.entries.delete(containerId);
    if (this.entries.size >= this.bounds.entries) {
      const [oldest] = this.entries.keys();
      this.entries.delete(oldest ?? '');
    }
    const until = pod === undefined ? performance.now() + this.bounds.notFoundFor : Number.POSITIVE_INFINITY;
    this.entries.set(containerId, { pod, until });
  }

  private mayLookUp(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.lookups = 0;
    }
    this.lookups += 1;
    return this.lookups <= this.bounds.perSecond;
  }

  private folders(): readonly RuntimeFolder[] {
    if (performance.now() >= this.foldersUntil) {
      this.foldersUntil = performance.now() + this.bounds.foldersFor;
      this.readable = readableRuntimeFolders(this.rootfs);
    }
    return this.readable;
  }
}

/** The folders of runtimes that there are and that may be entered. */
export function readableRuntimeFolders(rootfs: string): readonly RuntimeFolder[] {
  return RUNTIME_FOLDERS.filter(({ folder }) => {
    try {
      accessSync(`${rootfs}/${folder}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
