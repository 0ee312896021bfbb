import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A module of the exporter or of a test as a file that Node runs in a process of its own. */
export interface Bundle {
  readonly path: string;
  remove(): void;
}

/**
 * Bundles a TypeScript module, as the image does it, into a temporary folder.
 *
 * @param module path relative to `exporter/`
 */
export async function bundle(module: string): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-bundle-'));
  const path = join(folder, 'module.mjs');
  const require = createRequire(import.meta.url);
  await build({
    entryPoints: [fileURLToPath(new URL(`../../${module}`, import.meta.url))],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
    // Native code is not bundled; from a temporary folder it is only found by its whole path.
    alias: { koffi: require.resolve('koffi') },
    external: [require.resolve('koffi')],
  });
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
