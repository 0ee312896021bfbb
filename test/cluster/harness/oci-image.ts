import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { type TarEntry, tar } from './tar';

/** A file of an image. */
export interface ImageFile {
  /** Absolute path in the image. */
  readonly path: string;
  readonly content: Buffer;
  /** @default 0o755 */
  readonly mode?: number;
}

export interface ImageDefinition {
  /** Fully qualified, with a tag: `docker.io/library/x:1`, not `x:1`. */
  readonly reference: string;
  readonly entrypoint: readonly string[];
  /** @default - none */
  readonly command?: readonly string[];
  readonly files: readonly ImageFile[];
  /** Folders that exist beside those of the files. The image's user owns them. */
  readonly folders?: readonly string[];
  /** Numeric, as `runAsNonRoot` cannot check a name. @default 65534 */
  readonly user?: number;
  /** @default / */
  readonly workingDirectory?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const mediaType = 'application/vnd.oci.image';
const nobody = 65534;

/** Assembles an OCI archive with one layer, as `ctr image import` reads it. */
export function ociArchive(image: ImageDefinition): Buffer {
  const blobs: TarEntry[] = [];
  const blob = (content: Buffer) => {
    const hex = createHash('sha256').update(content).digest('hex');
    blobs.push({ path: `blobs/sha256/${hex}`, content, mode: 0o644 });
    return { digest: `sha256:${hex}`, size: content.length };
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));

  const layer = blob(tar(layerEntries(image)));
  const config = blob(
    json({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: {
        Entrypoint: image.entrypoint,
        Cmd: image.command,
        Env: Object.entries({ PATH: '/usr/bin:/bin', ...image.environment }).map(([name, value]) => `${name}=${value}`),
        User: String(image.user ?? nobody),
        WorkingDir: image.workingDirectory ?? '/',
      },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  const manifest = blob(
    json({
      schemaVersion: 2,
      mediaType: `${mediaType}.manifest.v1+json`,
      config: { mediaType: `${mediaType}.config.v1+json`, ...config },
      layers: [{ mediaType: `${mediaType}.layer.v1.tar`, ...layer }],
    }),
  );
  const annotations = { 'io.containerd.image.name': image.reference };
  const index = {
    schemaVersion: 2,
    mediaType: `${mediaType}.index.v1+json`,
    manifests: [{ mediaType: `${mediaType}.manifest.v1+json`, ...manifest, annotations }],
  };
  const layout = json({ imageLayoutVersion: '1.0.0' });
  return tar([
    { path: 'oci-layout', content: layout, mode: 0o644 },
    { path: 'index.json', content: json(index), mode: 0o644 },
    ...blobs,
  ]);
}

function layerEntries(image: ImageDefinition): TarEntry[] {
  const owner = image.user ?? nobody;
  const owned = new Set((image.folders ?? []).map(relative));
  const wanted = ['tmp', 'etc', 'var', ...image.files.map((file) => posix.dirname(relative(file.path))), ...owned];
  const folders = [...new Set(wanted.flatMap(withParents))].sort();
  return [
    ...folders.map((path) => ({
      path,
      mode: path === 'tmp' ? 0o1777 : 0o755,
      owner: owned.has(path) ? owner : 0,
    })),
    ...image.files.map(({ path, content, mode }) => ({ path: relative(path), content, mode })),
  ];
}

function withParents(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function relative(path: string): string {
  return path.replace(/^\/+/, '');
}
