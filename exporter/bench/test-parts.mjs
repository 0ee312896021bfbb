// Parts that the tests have too: the C library with NVML's ABI and its script, a kubelet, an API server.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache/gpu-exporter-bench');
export const nvmlFolder = join(root, 'exporter/test/nvml');

/** They are TypeScript, which Node 20 does not run. */
async function load(file) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'exporter/test', file)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    define: { 'import.meta.dirname': JSON.stringify(nvmlFolder) },
  });
  mkdirSync(cache, { recursive: true });
  const path = join(cache, `${file.replaceAll('/', '-')}.mjs`);
  writeFileSync(path, outputFiles[0].contents);
  return import(pathToFileURL(path).href);
}

export const { compileNvml } = await load('nvml/library.ts');
export const { NvmlScript } = await load('nvml/script.ts');
export const { Kubelet } = await load('kubernetes/kubelet.ts');
export const { ApiServerProcess } = await load('kubernetes/api-server-process.ts');
export const { encode } = await load('kubernetes/messages.ts');
