import { createServer } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acceptsGzip } from '../../src/server/accept-encoding.js';
import { landingPage } from '../../src/server/landing-page.js';
import type { Page } from '../../src/server/pages.js';
import { WebServer } from '../../src/server/server.js';
import { get, pagesOf, raw, serve, until } from './stand.js';

const METRICS = 'GET /metrics HTTP/1.1\r\nHost: x\r\n';

describe('pages', () => {
  it('are at their paths', async () => {
    const { port } = await serve();
    for (const [path, status, type, body] of [
      ['/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8', 'gpu_up 1\n'],
      ['/metrics?profile=dcgm', 200, 'text/plain; version=0.0.4; charset=utf-8', 'gpu_up 1\n'],
      ['http://exporter:9836/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8', 'gpu_up 1\n'],
      ['/-/healthy', 200, 'text/plain; charset=utf-8', 'healthy\n'],
      ['/-/ready', 200, 'text/plain; charset=utf-8', 'ready\n'],
      ['/snapshot', 200, 'application/json', '{"entities":[]}'],
      ['/', 200, 'text/html; charset=utf-8', '<!DOCTYPE html><title>GPU exporter</title>\n'],
      ['/metrics/', 404, 'text/plain; charset=utf-8', 'not found\n'],
      ['//metrics', 404, 'text/plain; charset=utf-8', 'not found\n'],
      ['/../metrics', 404, 'text/plain; charset=utf-8', 'not found\n'],
      ['*', 404, 'text/plain; charset=utf-8', 'not found\n'],
    ] as const) {
      const answer = await get(port, path);
      expect([answer.status, answer.headers['content-type'], answer.body.toString()], path).toEqual([
        status,
        type,
        body,
      ]);
      expect(Number(answer.headers['content-length'])).toBe(body.length);
    }
  });

  it('are told what the client wants', async () => {
    const pages = pagesOf();
    const { port } = await serve({ telemetryPath: '/gpu/metrics' }, pages);
    const accept = 'application/openmetrics-text;version=1.0.0';
    await get(port, '/gpu/metrics?a=b&c', { headers: { accept, 'accept-encoding': 'gzip' } });
    await get(port, '/gpu/metrics');
    expect(pages.asked).toEqual([
      { accept, gzip: true, query: 'a=b&c' },
      { accept: undefined, gzip: false, query: undefined },
    ]);
  });

  it('can have the metrics at the root', async () => {
    const { port } = await serve({ telemetryPath: '/' });
    expect((await get(port, '/')).body.toString()).toBe('gpu_up 1\n');
  });

  it('are compressed for those who take it', async () => {
    const snapshot = () => ({ entities: Array.from({ length: 100 }, (_, index) => ({ index })) });
    const { port } = await serve({}, pagesOf({ snapshot }));
    const headers = { 'accept-encoding': 'deflate, gzip;q=0.5' };
    for (const path of ['/metrics', '/snapshot']) {
      const [plain, packed] = [await get(port, path), await get(port, path, { headers })];
      expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept, Accept-Encoding' });
      expect(plain.headers['content-encoding']).toBeUndefined();
      expect(gunzipSync(packed.body)).toEqual(plain.body);
    }
  });

  it('have no body for HEAD, and the length that it would have', async () => {
    const { port } = await serve();
    const { status, headers, body } = await get(port, '/metrics', { method: 'HEAD' });
    expect([status, headers['content-length'], body.length]).toEqual([200, '9', 0]);
    const { closed } = raw(port, 'HEAD /-/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect((await closed).endsWith('\r\n\r\n')).toBe(true);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('refuse %s', async (method) => {
    const { port } = await serve();
    const { status, headers } = await get(port, '/metrics', { method });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('say by their status how the exporter is', async () => {
    const { port } = await serve(
      {},
      pagesOf({
        ready: () => ({ ok: false, text: 'no collection yet' }),
        healthy: () => ({ ok: false, text: 'the collector cannot be started' }),
        metrics: async () => ({ status: 503, contentType: 'text/plain', body: Buffer.from('later') }),
      }),
    );
    const answers = await Promise.all(['/-/ready', '/-/healthy', '/metrics'].map((path) => get(port, path)));
    expect(answers.map(({ status, body }) => [status, body.toString()])).toEqual([
      [503, 'no collection yet\n'],
      [503, 'the collector cannot be started\n'],
      [503, 'later'],
    ]);
  });

  it('fail alone, with 500 and a line in the log', async () => {
    const broken = (): never => {
      throw new Error('boom');
    };
    const pages = pagesOf({
      metrics: () => Promise.reject(new Error('boom')),
      snapshot: broken,
      landing: broken,
      ready: broken,
    });
    const { port, server, lines } = await serve({}, pages);
    for (const path of ['/metrics', '/snapshot', '/', '/-/ready']) {
      const { status, body } = await get(port, path);
      expect([status, body.toString()]).toEqual([500, 'internal error\n']);
      expect(lines.at(-1)).toMatchObject({ level: 'error', fields: { path, error: 'boom' } });
    }
    expect((await get(port, '/-/healthy')).status).toBe(200);
    expect(server.statistics).toMatchObject({ failed: 4, running: 0 });
  });
});

describe('the landing page', () => {
  it('escapes what it shows, and loads nothing', async () => {
    const html = landingPage({
      version: '1<2',
      telemetryPath: '/m"x',
      facts: { 'No&de': "<script>alert('x')</script>" },
    });
    expect(html).toContain('1&lt;2');
    expect(html).toContain('href="/m&quot;x"');
    expect(html).toContain('No&amp;de');
    expect(html).not.toMatch(/<script|src=|url\(|https?:/);
    const { port } = await serve();
    const { headers } = await get(port, '/');
    expect(headers['content-security-policy']).toBe("default-src 'none'; style-src 'unsafe-inline'");
  });
});

describe('Accept-Encoding', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['GZIP', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000', false],
    ['gzip;q=0.1, identity', true],
    ['br, *', true],
    ['*;q=0', false],
    ['*, gzip;q=0', false],
    ['gzip;q=0, *', false],
    ['x-gzip', true],
    ['identity, deflate', false],
    ['gzipped', false],
    ['gzip;q=nonsense', false],
  ])('%j', (header, takes) => {
    expect(acceptsGzip(header)).toBe(takes);
  });
});

describe('many at once', () => {
  it('get 503 beyond the bound, while probes are answered', async () => {
    let release: (page: Page) => void = () => {};
    const held = new Promise<Page>((resolve) => {
      release = resolve;
    });
    const { port, server } = await serve({ maxRequests: 2 }, pagesOf({ metrics: () => held }));
    const running = [get(port, '/metrics'), get(port, '/metrics')];
    await until(() => server.statistics.running === 2);
    const [scrape, snapshot, health, ready, landing] = await Promise.all(
      ['/metrics', '/snapshot', '/-/healthy', '/-/ready', '/'].map((path) => get(port, path)),
    );
    expect([scrape?.status, scrape?.headers['retry-after'], snapshot?.status]).toEqual([503, '1', 503]);
    expect([health?.status, ready?.status, landing?.status]).toEqual([200, 200, 200]);
    release({ status: 200, contentType: 'text/plain', body: Buffer.from('x') });
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
    await until(() => server.statistics.running === 0);
    expect((await get(port, '/snapshot')).status).toBe(200);
    expect(server.statistics.busy).toBe(2);
  });

  it('are counted no more when they go away', async () => {
    const { port, server } = await serve({ maxRequests: 1 }, pagesOf({ metrics: () => new Promise(() => {}) }));
    const { socket } = raw(port, `${METRICS}\r\n`);
    await until(() => server.statistics.running === 1);
    socket.destroy();
    await until(() => server.statistics.running === 0 && server.connections === 0);
    expect((await get(port, '/snapshot')).status).toBe(200);
  });

  it('answers requests that come over one connection, in their order', async () => {
    const { port, server } = await serve();
    const { closed } = raw(port, `${`${METRICS}\r\n`.repeat(3)}${METRICS}Connection: close\r\n\r\n`);
    expect((await closed).match(/HTTP\/1.1 200 OK/g)).toHaveLength(4);
    expect(server.statistics.running).toBe(0);
  });
});

describe('clients that take too long', () => {
  const timeout = 0.4;

  it.each([
    ['send nothing', ''],
    ['send half a header', 'GET /metrics HTTP/1.1\r\nHo'],
    ['send no body where they said one comes', `${METRICS.replace('GET', 'POST')}Content-Length: 10\r\n\r\nabc`],
  ])('are cut off when they %s', async (_, text) => {
    const { port, server } = await serve({ timeout });
    const start = performance.now();
    await raw(port, text).closed;
    expect(performance.now() - start).toBeLessThan(2000);
    await until(() => server.connections === 0);
  });

  it('are cut off when they send byte by byte', async () => {
    const { port } = await serve({ timeout });
    const { socket, closed } = raw(port, METRICS);
    const drip = setInterval(() => socket.write('X'), 50);
    onTestFinished(() => clearInterval(drip));
    const start = performance.now();
    await closed;
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('are cut off when they do not read', async () => {
    const body = Buffer.alloc(30e6, 'x');
    const { port, server } = await serve(
      { timeout },
      pagesOf({ metrics: async () => ({ status: 200, contentType: 'text/plain', body }) }),
    );
    const { socket } = raw(port, `${METRICS}\r\n`);
    socket.pause();
    await until(() => server.statistics.running === 1);
    await until(() => server.statistics.running === 0 && server.connections === 0, 3);
    expect(server.statistics.cutOff).toBe(1);
  });

  it('are not those who read as they should', async () => {
    const body = Buffer.alloc(30e6, 'x');
    const { port, server } = await serve(
      { timeout: 5 },
      pagesOf({ metrics: async () => ({ status: 200, contentType: 'text/plain', body }) }),
    );
    expect((await get(port, '/metrics')).body.length).toBe(body.length);
    expect(server.statistics.cutOff).toBe(0);
  });
});

describe('connections', () => {
  it('are refused a header that is too large', async () => {
    const { port } = await serve();
    const { closed } = raw(port, `${METRICS}X: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(await closed).toMatch(/^HTTP\/1.1 431 /);
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['no host', 'GET /metrics HTTP/1.1\r\n\r\n'],
    ['two lengths', `${METRICS}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['a bare line feed in a header', `${METRICS}X: a\nInjected: b\r\r\n\r\n`],
  ])('are refused for %s', async (_, text) => {
    const { port } = await serve();
    expect(await raw(port, text).closed).toMatch(/^HTTP\/1.1 400 /);
    expect((await get(port, '/metrics')).status).toBe(200);
  });

  it('end after a request that has a body', async () => {
    const { port } = await serve();
    const { closed } = raw(port, `${METRICS}Content-Length: 3\r\n\r\nabc${METRICS}\r\n`);
    expect((await closed).match(/HTTP\/1.1 /g)).toHaveLength(1);
  });

  it('do not let the path into the answer', async () => {
    const { port, lines } = await serve({}, pagesOf());
    const { closed } = raw(
      port,
      'GET /%0d%0aX-Injected:%20yes<script> HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    const answer = await closed;
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(answer).not.toMatch(/injected|script/i);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('are kept between scrapes', async () => {
    const { port, server } = await serve();
    const { socket } = raw(port, `${METRICS}\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    const answer = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    socket.write(`${METRICS}\r\n`);
    expect(String(await answer)).toMatch(/^HTTP\/1.1 200 OK/);
    expect(server.connections).toBe(1);
  });

  it('make room when too many are idle', async () => {
    const { port, server } = await serve({ maxRequests: 1 });
    const idle = await Promise.all(
      Array.from({ length: 68 }, async () => {
        const { socket } = raw(port, `${METRICS}\r\n`);
        await new Promise((resolve) => socket.once('data', resolve));
        return socket;
      }),
    ).catch(() => []);
    expect(server.connections).toBe(idle.length);
    await until(async () => (await get(port, '/-/healthy').catch(() => ({ status: 0 }))).status === 200);
  });
});

describe('addresses', () => {
  it('can be several', async () => {
    const { server } = await serve({ listenAddress: [] });
    expect(await server.listen()).toEqual([]);
    const { address } = await serve({ listenAddress: ['127.0.0.1:0', 'localhost:0'] });
    expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it('without a host are all, in IPv4 too', async () => {
    const { port, address } = await serve({ listenAddress: [':0'] });
    expect(address).toMatch(/^(\[::\]|0\.0\.0\.0):\d+$/);
    expect((await get(port, '/metrics')).status).toBe(200);
  });

  it.each([
    ['taken', 'address in use'],
    ['203.0.113.1:9836', 'this machine does not have that address'],
    ['no-such-host.invalid:9836', 'the name of the host is not known'],
  ])('that cannot be had (%s) are named, and the others let go', async (wanted, why) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const first = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => first.once('listening', resolve));
    const free = (first.address() as { port: number }).port;
    await new Promise((resolve) => first.close(resolve));
    const address = wanted === 'taken' ? `127.0.0.1:${port}` : wanted;
    const logger = { log: () => {} };
    const options = { telemetryPath: '/metrics', maxRequests: 1, timeout: 1, logger };
    const server = new WebServer({ ...options, listenAddress: [`127.0.0.1:${free}`, address] }, pagesOf());
    await expect(server.listen()).rejects.toThrow(`cannot listen on ${address}: ${why}`);
    await expect(get(free, '/metrics')).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('closing', () => {
  it('lets a running scrape finish, takes no new connection, and ends idle ones at once', async () => {
    let release: (page: Page) => void = () => {};
    const held = new Promise<Page>((resolve) => {
      release = resolve;
    });
    const { port, server } = await serve({ grace: 5 }, pagesOf({ metrics: () => held }));
    const idle = raw(port, 'GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n');
    const silent = raw(port);
    const running = get(port, '/metrics');
    await until(() => server.statistics.running === 1 && server.connections === 3);
    const start = performance.now();
    const closed = server.close();
    await expect(get(port, '/-/ready')).rejects.toThrow(/ECONNREFUSED/);
    release({ status: 200, contentType: 'text/plain', body: Buffer.from('last') });
    expect((await running).body.toString()).toBe('last');
    await closed;
    await Promise.all([idle.closed, silent.closed]);
    expect(performance.now() - start).toBeLessThan(1000);
    await until(() => server.connections === 0);
  });

  it('lets a client finish that still reads an answer', async () => {
    const body = Buffer.alloc(20_000_000, 'x');
    const metrics = async () => ({ status: 200, contentType: 'text/plain', body });
    const { server, port } = await serve({ grace: 5 }, pagesOf({ metrics }));
    const { socket, closed } = raw(port, `${METRICS}\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    const closing = server.close();
    await expect(get(port, '/metrics')).rejects.toThrow('ECONNREFUSED');
    socket.resume();
    expect((await closed).length).toBeGreaterThan(body.length);
    await closing;
  });

  it('ends a scrape that does not come to its end', async () => {
    const { port, server } = await serve({ grace: 0.2 }, pagesOf({ metrics: () => new Promise(() => {}) }));
    const { closed } = raw(port, `${METRICS}\r\n`);
    await until(() => server.statistics.running === 1);
    await server.close();
    expect(await closed).toBe('');
  });

  it('is done twice without harm', async () => {
    const { server } = await serve();
    await Promise.all([server.close(), server.close()]);
    await server.close();
  });
});
