import { openProgressWriter } from '../../src/collector/progress-writer.js';

// Goes through many steps as fast as it can, then blocks in the last one for good.
const writer = await openProgressWriter(process.argv[2] === 'true', process.argv[3] === 'native');
for (let round = 0; round < 100; round += 1) {
  for (let device = 0; device < 8; device += 1) writer.report(`collector-${round}`, `0000:0${device}:00.0`);
}
for (;;);
