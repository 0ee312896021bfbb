import type { Readable } from 'node:stream';
import type { Logger } from '../log.js';

const MAX_LINE = 500;
const LINES_PER_MINUTE = 30;

/**
 * Logs what a child or a library in it prints, in lines of bounded length and number.
 *
 * @param inspect sees every line, those that are not logged too
 */
export function logLines(stream: Readable, log: Logger, inspect: (line: string) => void): void {
  let rest = '';
  let minute = 0;
  let lines = 0;
  const line = (text: string): void => {
    if (text.trim() === '') return;
    inspect(text);
    const now = Math.floor(performance.now() / 60_000);
    if (now !== minute) {
      if (lines > LINES_PER_MINUTE) {
        log.log('warn', 'Lines of the collector were not logged', { lines: lines - LINES_PER_MINUTE });
      }
      minute = now;
      lines = 0;
    }
    lines += 1;
    if (lines <= LINES_PER_MINUTE) log.log('warn', 'The collector printed', { line: text.slice(0, MAX_LINE) });
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = (parts.pop() ?? '').slice(0, MAX_LINE);
    for (const part of parts) line(part);
  });
  stream.on('end', () => line(rest));
  stream.on('error', () => {});
}
