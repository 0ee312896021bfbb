// Writes the tables that are made from the metric catalogue: npm run build && node exporter/scripts/generate-tables.mjs
import { writeFileSync } from 'node:fs';
import { cataloguePage } from '../build/metrics/catalogue-page.js';
import { libraryModule } from '../build/metrics/library-module.js';

const root = new URL('../../', import.meta.url);
writeFileSync(new URL('docs/gpu-metrics.md', root), await cataloguePage());
writeFileSync(new URL('lib/targets/gpu/bundled-exporter/metrics.ts', root), libraryModule());
