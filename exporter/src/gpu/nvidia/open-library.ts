import type { Logger } from '../../log.js';
import { DriverUnavailableError } from '../backend.js';
import { findLibrary } from './find-library.js';
import type { NativeLibrary } from './native-library.js';
import { RecordingLibrary } from './recorder.js';
import { ReplayLibrary } from './replay.js';

/** Which library answers. */
export interface LibraryOptions {
  /** File of the driver's library; by default it is looked for. */
  readonly library?: string;
  /** File that every call is recorded to. */
  readonly record?: string;
  /** Recording that answers in place of a driver. */
  readonly replay?: string;
  /** Where the root of the node's file system is mounted. */
  readonly rootfs?: string;
  readonly log: Logger;
}

/** Opens the driver's library, with a recorder around it, or a recording. @throws DriverUnavailableError */
export function openLibrary(options: LibraryOptions): NativeLibrary {
  if (options.replay !== undefined) {
    try {
      return new ReplayLibrary(options.replay);
    } catch (error) {
      throw new DriverUnavailableError('bad_recording', (error as Error).message);
    }
  }
  const library = findLibrary({ library: options.library, rootfs: options.rootfs, environment: process.env });
  options.log.log('info', 'loaded the library of the driver', { path: library.path });
  return options.record === undefined ? library : new RecordingLibrary(library, options.record, options.log);
}
