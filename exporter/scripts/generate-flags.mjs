// Writes docs/gpu-exporter-flags.md from the table of options: npm run build && node exporter/scripts/generate-flags.mjs
import { writeFileSync } from 'node:fs';
import { flagsPage } from '../build/config/flags-page.js';

writeFileSync(new URL('../../docs/gpu-exporter-flags.md', import.meta.url), flagsPage());
