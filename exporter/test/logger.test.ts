import { expect, it } from 'vitest';
import { LineLogger } from '../src/logger.js';

function logger(format: 'logfmt' | 'json', level: 'debug' | 'info' | 'warn' | 'error' = 'debug') {
  const lines: string[] = [];
  const clock = { now: Date.UTC(2026, 0, 2, 3, 4, 5, 6) };
  const log = new LineLogger({ format, level, write: (line) => lines.push(line), now: () => clock.now });
  return { log, lines, clock };
}

it('writes logfmt', () => {
  const { log, lines } = logger('logfmt');
  log.log('info', 'listening', { address: '[::]:9836', tls: false, took: 0.25, pod: undefined, node: 'a b' });
  expect(lines).toEqual([
    'time=2026-01-02T03:04:05.006Z level=info msg="listening" address="[::]:9836" tls=false took=0.25 node="a b"\n',
  ]);
});

it('writes JSON', () => {
  const { log, lines } = logger('json');
  log.log('warn', 'slow "driver"', { took: 2, gone: true, name: 'a\nb', none: undefined });
  expect(lines).toEqual([
    '{"time":"2026-01-02T03:04:05.006Z","level":"warn","msg":"slow \\"driver\\"","took":2,"gone":true,"name":"a\\nb"}\n',
  ]);
});

it.each(['logfmt', 'json'] as const)('keeps a hostile value on one line of %s', (format) => {
  const { log, lines } = logger(format);
  const hostile = 'x" level=error\r\n\u001b[2J\u009b\u2028\u202eevil\\\ud800 \u0000\u007f';
  log.log('info', hostile, { 'a b="': hostile, name: hostile, level: 'error' });
  expect(lines).toHaveLength(1);
  const [line = ''] = lines;
  expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u202e]/u);
  expect(line).toContain('field_level');
  expect(line).toContain('a_b__');
  if (format === 'json') {
    expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: hostile, name: hostile });
  } else {
    expect(line.match(/ level=/g)?.length).toBe(4);
    expect(line.startsWith('time=2026-01-02T03:04:05.006Z level=info msg="x\\" level=error\\r\\n\\u001b[2J')).toBe(
      true,
    );
  }
});

it('cuts a value that is too long', () => {
  const { log, lines } = logger('logfmt');
  log.log('info', 'm', { name: 'x'.repeat(100_000) });
  expect(lines[0]?.length).toBeLessThan(2200);
});

it('leaves out what is less grave than its level', () => {
  const { log, lines } = logger('logfmt', 'warn');
  log.log('debug', 'a');
  log.log('info', 'b');
  log.log('warn', 'c');
  log.log('error', 'd');
  expect(lines.map((line) => /msg="(.)"/.exec(line)?.[1])).toEqual(['c', 'd']);
});

it('counts a message that repeats, and says later how often it did', () => {
  const { log, lines, clock } = logger('logfmt');
  for (let index = 0; index < 25; index++) {
    log.log('error', 'kubelet is down', { attempt: index });
  }
  log.log('error', 'something else');
  expect(lines).toHaveLength(11);
  clock.now += 60_000;
  log.log('error', 'kubelet is down');
  log.log('error', 'kubelet is down');
  expect(lines.slice(11).map((line) => /suppressed=(\d+)/.exec(line)?.[1])).toEqual(['15', undefined]);
});

it('is not silenced by a clock that was set back', () => {
  const { log, lines, clock } = logger('logfmt');
  for (let index = 0; index < 11; index++) {
    log.log('error', 'm');
  }
  clock.now -= 86_400_000;
  log.log('error', 'm');
  expect(lines).toHaveLength(11);
});

it('remembers a bounded number of messages', () => {
  const { log, lines } = logger('logfmt');
  const repeat = () => {
    lines.length = 0;
    for (let index = 0; index < 11; index++) {
      log.log('error', 'first');
    }
    return lines.length;
  };
  expect(repeat()).toBe(10);
  expect(repeat()).toBe(0);
  for (let index = 0; index < 600; index++) {
    log.log('error', `message ${index}`);
  }
  expect(repeat()).toBe(10);
});
