import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './command';
import { sourcePath } from './source-folder';

/** Tests run in the root of the checkout. */
const ROOT = process.cwd();
const DOCKERFILE = join('exporter', 'Dockerfile');

/**
 * Builds the exporter's image from its own Dockerfile, as an archive that containerd can import.
 *
 * The bases of the Dockerfile cannot be pulled here. One base of this machine's Node, npm, shell and their libraries takes the
 * place of both; the rest is what users build. The archive is kept in the cache until something that goes into it changes.
 *
 * @returns the path of an archive in Docker's format that holds the image under the given name
 */
export async function exporterImage(options: { cache: string; reference: string }): Promise<string> {
  const inputs = createHash('sha256').update(options.reference).update(process.version);
  inputs.update(await readFile(sourcePath('harness', 'exporter-image.ts')));
  for (const file of await sources()) {
    inputs.update(file).update(await readFile(join(ROOT, file)));
  }
  const folder = join(options.cache, 'images');
  const archive = join(folder, `gpu-exporter-${inputs.digest('hex').slice(0, 16)}.tar`);
  if (existsSync(archive)) {
    return archive;
  }
  await mkdir(folder, { recursive: true });
  await forgetOld(folder);
  const work = await mkdtemp(join(tmpdir(), 'gpu-exporter-image-'));
  try {
    await build(work, options.reference, `${archive}.new`);
    await rename(`${archive}.new`, archive);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return archive;
}

/** Removes images that were made more than a day ago: there is one for every state of the sources. */
async function forgetOld(folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    const { mtimeMs } = await stat(join(folder, file));
    if (Date.now() - mtimeMs > 24 * 60 * 60_000) {
      await rm(join(folder, file), { force: true });
    }
  }
}

/** What `.dockerignore` lets through, and the Dockerfile. */
async function sources(): Promise<string[]> {
  const files = ['package.json', 'package-lock.json', 'tsconfig.json', '.dockerignore', DOCKERFILE];
  files.push('exporter/package.json', 'exporter/tsconfig.json');
  for (const folder of ['exporter/scripts', 'exporter/src']) {
    const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
    files.push(
      ...entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1)),
    );
  }
  return files.sort();
}

async function build(work: string, reference: string, archive: string): Promise<void> {
  const buildah = (args: readonly string[]) =>
    run(
      'buildah',
      ['--root', join(work, 'storage'), '--runroot', join(work, 'run'), '--storage-driver', 'vfs', ...args],
      { timeoutMilliseconds: 300_000 },
    );
  await base(join(work, 'base'));
  await buildah(['bud', '--isolation', 'chroot', '--tag', 'localhost/base:1', join(work, 'base')]);
  const bases = ['BUILD_IMAGE', 'RUNTIME_IMAGE'].flatMap((name) => ['--build-arg', `${name}=localhost/base:1`]);
  const certificates = ['--volume', '/etc/ssl/certs:/etc/ssl/certs:ro'];
  const file = ['--file', join(ROOT, DOCKERFILE)];
  await buildah(['bud', '--isolation', 'chroot', ...bases, ...certificates, ...file, '--tag', reference, ROOT]);
  await rm(archive, { force: true });
  await buildah(['push', '--quiet', reference, `docker-archive:${archive}:${reference}`]);
}

/** A context for an image with this machine's Node where distroless has it, and beside it what a build stage needs. */
async function base(context: string): Promise<void> {
  const rootfs = join(context, 'rootfs');
  for (const folder of ['bin', 'etc', 'nodejs/bin', 'root', 'tmp', 'usr/local/bin', 'usr/lib/node_modules']) {
    await mkdir(join(rootfs, folder), { recursive: true });
  }
  await chmod(join(rootfs, 'tmp'), 0o1777);
  await program(rootfs, process.execPath, 'nodejs/bin/node');
  await program(rootfs, '/bin/sh', 'bin/sh');
  await symlink('/nodejs/bin/node', join(rootfs, 'usr/local/bin/node'));
  const npm = dirname(dirname(await realpath(join(dirname(process.execPath), 'npm'))));
  await cp(npm, join(rootfs, 'usr/lib/node_modules/npm'), { recursive: true });
  // For the build alone: the stage that runs the exporter has no such file.
  const authorities = process.env.NODE_EXTRA_CA_CERTS;
  const trust = authorities === undefined ? '' : `export NODE_EXTRA_CA_CERTS='${authorities}'\n`;
  const start = `#!/bin/sh\n${trust}exec /nodejs/bin/node /usr/lib/node_modules/npm/bin/npm-cli.js "$@"\n`;
  await writeFile(join(rootfs, 'usr/local/bin/npm'), start, { mode: 0o755 });
  await writeFile(join(rootfs, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nnonroot:x:65532:65532::/tmp:/bin/sh\n');
  await writeFile(join(rootfs, 'etc/group'), 'root:x:0:\nnonroot:x:65532:\n');
  const recipe = 'FROM scratch\nCOPY rootfs /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n';
  await writeFile(join(context, 'Dockerfile'), recipe);
}

/** Copies a program and the libraries that it is linked with. */
async function program(rootfs: string, source: string, target: string): Promise<void> {
  const file = await realpath(source);
  await cp(file, join(rootfs, target));
  for (const [library] of (await run('ldd', [file])).matchAll(/\/\S+/g)) {
    if (existsSync(library)) {
      await mkdir(join(rootfs, dirname(library)), { recursive: true });
      await cp(await realpath(library), join(rootfs, library));
    }
  }
}
