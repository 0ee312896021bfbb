// Bundles the exporter into `dist/`: the whole program, without node_modules but for koffi, whose native part is a file of its own.
// `npm run bundle --workspace exporter` builds it; the Dockerfile copies it into the image.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const require = createRequire(import.meta.url);

rmSync(dist, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/main.ts', child: 'src/collector/child.ts' },
  outdir: 'dist',
  bundle: true,
  // What is imported only when it is needed, such as the client of the API server, stays a file of its own.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['koffi'],
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'linked',
  logLevel: 'warning',
  // Bundled CommonJS packages call `require` for Node's own modules.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
});

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
writeFileSync(
  join(dist, 'package.json'),
  `${JSON.stringify({ name: manifest.name, version: manifest.version, license: manifest.license, type: 'module' }, undefined, 2)}\n`,
);
copyKoffi();
writeFileSync(join(dist, 'sbom.cdx.json'), `${JSON.stringify(billOfMaterials(), undefined, 2)}\n`);

/** Copies what koffi needs at run time: its loader, and the native part for glibc on this processor. */
function copyKoffi() {
  const source = dirname(require.resolve('koffi'));
  const target = join(dist, 'node_modules', 'koffi');
  for (const file of ['package.json', 'LICENSE.txt', 'index.js', 'index.cjs']) {
    cpSync(join(source, file), join(target, file));
  }
  cpSync(join(source, 'src', 'koffi'), join(target, 'src', 'koffi'), {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || /\.c?js$/.test(path),
  });
  const name = `@koromix/koffi-linux-${process.arch}`;
  const platform = join(source, '..', name);
  if (!existsSync(platform)) {
    throw new Error(
      `${name} is not installed: koffi has no native part for ${process.platform} on ${process.arch} here`,
    );
  }
  cpSync(platform, join(dist, 'node_modules', name), {
    recursive: true,
    // The driver's library needs glibc.
    filter: (path) => !/musl_/.test(path),
  });
}

/**
 * What the bundle was made from, as npm itself lists it, in CycloneDX. The same input gives the same bytes.
 *
 * @see https://docs.npmjs.com/cli/commands/npm-sbom
 */
function billOfMaterials() {
  const listed = execFileSync(
    'npm',
    ['sbom', '--sbom-format', 'cyclonedx', '--workspace', 'exporter', '--omit', 'dev', '--package-lock-only'],
    { cwd: join(root, '..'), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const { serialNumber: _random, ...bill } = JSON.parse(listed);
  const { timestamp: _now, tools: _tools, ...metadata } = bill.metadata;
  return { ...bill, metadata };
}
