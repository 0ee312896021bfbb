import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DriverUnavailableError } from '../backend.js';
import { KoffiLibrary } from './koffi-library.js';

/** Name under which drivers install the library; the one without `.1` belongs to development packages. */
const LIBRARY_NAME = 'libnvidia-ml.so.1';

/** Names of processors in paths of multi-arch distributions. */
const TRIPLETS: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/**
 * Folders where drivers, container runtimes and clouds put it: distributions, images of CUDA, GKE, the driver container of
 * the GPU Operator, Talos, NixOS, and Windows Subsystem for Linux.
 */
function folders(): readonly string[] {
  const triplet = TRIPLETS[process.arch];
  const multiArch = triplet === undefined ? [] : [`/usr/lib/${triplet}`];
  return [
    ...multiArch,
    '/usr/lib64',
    '/usr/lib',
    '/usr/local/nvidia/lib64',
    '/home/kubernetes/bin/nvidia/lib64',
    ...multiArch.map((folder) => `/run/nvidia/driver${folder}`),
    '/run/nvidia/driver/usr/lib64',
    '/usr/local/glibc/usr/lib',
    '/run/opengl-driver/lib',
    '/usr/lib/wsl/lib',
  ];
}

/** Where to look. */
export interface LibrarySearch {
  /** The library, exactly this one. */
  readonly library?: string;
  /** Where the root of the node's file system is mounted; its folders are searched last. */
  readonly rootfs?: string;
  /** Environment: `NVML_LIBRARY_PATH` is tried first. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Names and files that are tried, in this order. */
export function candidates(search: LibrarySearch): readonly string[] {
  if (search.library !== undefined) {
    return [search.library];
  }
  const preferred = search.environment?.NVML_LIBRARY_PATH;
  const roots = search.rootfs === undefined || search.rootfs === '/' ? ['/'] : ['/', search.rootfs];
  return [
    ...(preferred ? [preferred] : []),
    LIBRARY_NAME,
    ...roots.flatMap((root) => folders().map((folder) => join(root, folder, LIBRARY_NAME))),
  ];
}

/**
 * Loads the library of NVIDIA's driver.
 *
 * @throws DriverUnavailableError with every place that was tried, and the linker's words about a file that is there and does not load
 */
export function findLibrary(search: LibrarySearch): KoffiLibrary {
  const tried: string[] = [];
  for (const candidate of candidates(search)) {
    const isFile = candidate.includes('/');
    if (isFile && !existsSync(candidate)) {
      tried.push(search.library === undefined ? candidate : `${candidate} (no such file)`);
      continue;
    }
    try {
      return new KoffiLibrary(candidate);
    } catch (error) {
      tried.push(isFile ? `${candidate} (${firstLine(error)})` : candidate);
    }
  }
  throw new DriverUnavailableError(
    'library_not_found',
    search.library === undefined
      ? `no NVIDIA driver library found; tried ${tried.join(', ')}; in Kubernetes the container needs the runtime class of NVIDIA with NVIDIA_DRIVER_CAPABILITIES=utility, or --nvml.library`
      : `cannot load the library ${tried[0]} of --nvml.library`,
  );
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}
