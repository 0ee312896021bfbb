import { Collector } from '../../src/collector/collector.js';
import type { CollectorOptions } from '../../src/collector/collector-options.js';

// A small exporter in a process of its own: collects, and prints the process id of its child with each state.
const options = JSON.parse(process.argv[2] ?? '{}') as CollectorOptions;
const collector = new Collector(options, { log: () => {} });
const tell = (): void => {
  const { childPid, runningSeconds, collections, restarts, deviceVerdicts } = collector.state();
  console.log(JSON.stringify({ childPid, runningSeconds, collections, restarts, deviceVerdicts }));
};
collector.onChange(tell);
setInterval(tell, 50);
if (process.argv[3] === 'graceful') process.on('SIGTERM', () => collector.stop().then(() => process.exit(0)));
if (process.argv[3] === 'throws') process.on('SIGTERM', () => setImmediate(() => Promise.reject(new Error('bug'))));
collector.start();
