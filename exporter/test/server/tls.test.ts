import { renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Authority } from './certificates.js';
import { type Answer, get, pagesOf, raw, serve, shown, temporaryFolder, until, write } from './stand.js';

const authority = new Authority();
const stranger = new Authority();
const NAMES = { names: ['DNS:exporter'] };
const SERVER = authority.issue({ name: 'first', ...NAMES });
const NEXT = authority.issue({ name: 'second', ...NAMES });
const CLIENT = authority.issue({ name: 'prometheus', usage: 'client', names: ['DNS:prometheus', 'IP:10.0.0.7'] });
const STRANGER = stranger.issue({ name: 'prometheus', usage: 'client', names: ['DNS:prometheus'] });
const ca = authority.cert;

const FILES = { 'server.crt': SERVER.cert, 'server.key': SERVER.key, 'ca.crt': ca };
const TLS = 'tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n';

/** A server with a web configuration file. */
async function serveTls(config = TLS, more: Parameters<typeof serve>[0] = {}) {
  const folder = temporaryFolder();
  const configFile = write(folder, { 'web.yml': config, ...FILES });
  return { folder, ...(await serve({ configFile, ...more })) };
}

/** What a handshake comes to: version and cipher, or the error. */
function handshake(port: number, options: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: '127.0.0.1', servername: 'exporter', port, ca, ...options }, () => {
      const { standardName } = socket.getCipher();
      resolve(`${socket.getProtocol()} ${standardName} ${socket.alpnProtocol}`);
      socket.destroy();
    });
    socket.on('error', ({ message }) => resolve(message));
    onTestFinished(() => void socket.destroy());
  });
}

describe('TLS', () => {
  it('serves all pages', async () => {
    const { port } = await serveTls();
    for (const path of ['/metrics', '/snapshot', '/', '/-/ready', '/-/healthy']) {
      expect((await get(port, path, { ca })).status).toBe(200);
    }
    expect((await get(port, '/metrics', { ca, method: 'HEAD' })).headers['content-length']).toBe('9');
  });

  it('is what a plain request does not get through', async () => {
    const { port, server } = await serveTls();
    await expect(get(port, '/metrics')).rejects.toThrow();
    await until(() => server.connections === 0);
    expect((await get(port, '/metrics', { ca })).status).toBe(200);
  });

  it('is TLS 1.2 and 1.3 with HTTP/1.1, unless it says otherwise', async () => {
    const { port } = await serveTls();
    expect(await handshake(port)).toMatch(/^TLSv1\.3 /);
    expect(await handshake(port, { maxVersion: 'TLSv1.2', ALPNProtocols: ['h2', 'http/1.1'] })).toMatch(
      /^TLSv1\.2 .* http\/1\.1$/,
    );
    const old: ConnectionOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' };
    expect(await handshake(port, old)).toMatch(/protocol version/);
    const { port: oldest } = await serveTls(`${TLS}  min_version: TLS10\n`);
    expect(await handshake(oldest, old)).toMatch(/^TLSv1\.1 /);
    const { port: newest } = await serveTls(`${TLS}  min_version: TLS13\n`);
    expect(await handshake(newest, { maxVersion: 'TLSv1.2' })).toMatch(/protocol version/);
    const { port: twelve } = await serveTls(`${TLS}  max_version: TLS12\n`);
    expect(await handshake(twelve)).toMatch(/^TLSv1\.2 /);
  });

  it('takes the ciphers and curves that are named, in the order of the server', async () => {
    const suites = ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'];
    const client: ConnectionOptions = {
      maxVersion: 'TLSv1.2',
      ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384',
    };
    const { port } = await serveTls(`${TLS}  cipher_suites: [${suites}]\n  curve_preferences: [CurveP384]\n`);
    expect(await handshake(port, client)).toContain('AES_256_GCM');
    expect(await handshake(port, { ...client, ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' })).toMatch(/handshake failure/);
    expect(await handshake(port)).toMatch(/^TLSv1\.3 TLS_AES_/);
    expect(await handshake(port, { ecdhCurve: 'P-256' })).toMatch(/handshake failure|illegal parameter/);
    const { port: polite } = await serveTls(
      `${TLS}  cipher_suites: [${suites}]\n  prefer_server_cipher_suites: false\n`,
    );
    expect(await handshake(polite, client)).toContain('AES_128_GCM');
  });

  it('cuts off who does not finish the handshake', async () => {
    const { port, server } = await serveTls(TLS, { timeout: 0.3 });
    const start = performance.now();
    // The beginning of a client's first message.
    await raw(port, '\x16\x03\x01\x02\x00').closed;
    expect(performance.now() - start).toBeLessThan(2000);
    await until(() => server.connections === 0);
  });

  it('adds headers to every answer', async () => {
    const { port } = await serveTls(
      'http_server_config:\n  headers: { X-Frame-Options: deny, Content-Security-Policy: default-src x }',
    );
    for (const path of ['/metrics', '/nowhere', '/', '/-/ready']) {
      expect((await get(port, path)).headers).toMatchObject({
        'x-frame-options': 'deny',
        'content-security-policy': 'default-src x',
      });
    }
  });

  it('limits the rate of requests, and that of probes not', async () => {
    const { port } = await serveTls('rate_limit: { interval: 1h, burst: 2 }');
    const answers: Answer[] = [];
    for (let index = 0; index < 4; index++) {
      answers.push(await get(port, '/metrics'));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
    expect(answers[3]?.headers['retry-after']).toBe('1');
    expect((await get(port, '/-/ready')).status).toBe(200);
  });
});

describe('certificates of clients', () => {
  /** What the metrics answer to whom. */
  async function answers(more: string) {
    const { port, server } = await serveTls(`${TLS}${more.replaceAll(/^/gm, '  ')}\n`);
    const expired = authority.issue({ name: 'prometheus', usage: 'client', days: -1 });
    const clients = { nobody: {}, client: CLIENT, stranger: STRANGER, expired, server: NEXT };
    const entries = Object.entries(clients).map(async ([name, client]) => [
      name,
      (await get(port, '/metrics', { ca, ...client })).status,
    ]);
    const probe = await get(port, '/-/healthy', { ca });
    expect([probe.status, server.statistics.failed]).toEqual([200, 0]);
    return Object.fromEntries(await Promise.all(entries)) as Record<string, number>;
  }

  it.each([
    ['client_auth_type: NoClientCert', 200, 200, 200, 200, 200],
    ['client_auth_type: RequestClientCert', 200, 200, 200, 200, 200],
    ['client_auth_type: RequireAnyClientCert', 403, 200, 200, 200, 200],
    ['client_auth_type: VerifyClientCertIfGiven\nclient_ca_file: ca.crt', 200, 200, 403, 403, 403],
    ['client_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.crt', 403, 200, 403, 403, 403],
    [
      'client_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.crt\nclient_allowed_sans: [prometheus]',
      403,
      200,
      403,
      403,
      403,
    ],
    [
      'client_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.crt\nclient_allowed_sans: [10.0.0.7]',
      403,
      200,
      403,
      403,
      403,
    ],
    [
      'client_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.crt\nclient_allowed_sans: [promet, "*"]',
      403,
      403,
      403,
      403,
      403,
    ],
    ['client_auth_type: RequireAnyClientCert\nclient_allowed_sans: [prometheus]', 403, 200, 200, 403, 403],
    ['client_auth_type: RequireAnyClientCert\nclient_allowed_sans: []', 403, 403, 403, 403, 403],
  ])('%s', async (more, nobody, client, strange, expired, server) => {
    expect(await answers(more)).toEqual({ nobody, client, stranger: strange, expired, server });
  });

  it('that are missing or wrong are told so, the connection ends, and nothing else is answered', async () => {
    const { port, server } = await serveTls(
      `${TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n`,
    );
    for (const path of ['/metrics', '/snapshot', '/', '/nowhere', '/-/healthy/', '/metrics?/-/ready', '//-/ready']) {
      const { status, body, headers } = await get(port, path, { ca });
      expect([status, body.toString(), headers.connection], path).toEqual([
        403,
        'a client certificate is required\n',
        'close',
      ]);
    }
    expect((await get(port, '/', { ca, ...STRANGER })).body.toString()).toBe('the client certificate is not valid\n');
    expect(server.statistics.unauthorized).toBe(8);
    expect((await get(port, '/-/ready', { ca })).status).toBe(200);
  });

  it('are still known in a session that goes on', async () => {
    const { port } = await serveTls(`${TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n`);
    const attempt = (session: Buffer | undefined, client: object) =>
      new Promise<{ status: string; session: Buffer | undefined; reused: boolean }>((resolve, reject) => {
        let next: Buffer | undefined;
        let status = '';
        const socket = connectTls({ host: '127.0.0.1', servername: 'exporter', port, ca, session, ...client });
        let reused = false;
        socket.on('secureConnect', () => {
          reused = socket.isSessionReused();
        });
        socket.on('session', (ticket) => {
          next = ticket;
        });
        socket.on('data', (data) => {
          status = data.toString().slice(9, 12);
          socket.end();
        });
        socket.on('close', () => resolve({ status, session: next, reused }));
        socket.on('error', reject);
        socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
      });
    const first = await attempt(undefined, CLIENT);
    expect(first.status).toBe('200');
    expect(await attempt(first.session, CLIENT)).toMatchObject({ status: '200', reused: true });
    const nobody = await attempt(undefined, {});
    expect(nobody.status).toBe('403');
    expect((await attempt(nobody.session, {})).status).toBe('403');
  });
});

describe('files that change', () => {
  /** Sends requests one after another over kept connections, as a Prometheus does, until `end` is called. */
  function scrapes(port: number, client: object = {}) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statuses: (number | string)[] = [];
    let on = true;
    const done = (async () => {
      while (on) {
        statuses.push(await get(port, '/metrics', { ca, agent, ...client }).then(({ status }) => status, String));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    onTestFinished(() => agent.destroy());
    const end = () => {
      on = false;
      return done;
    };
    return { statuses, end };
  }

  it('give the new certificate to new connections, with no scrape lost, and end old ones', async () => {
    const reloads: boolean[] = [];
    const { port, folder, lines, server } = await serveTls(TLS, { onReload: (ok) => reloads.push(ok) });
    const running = scrapes(port);
    await until(() => running.statuses.length > 3);
    write(folder, { 'server.crt': NEXT.cert });
    // For a moment the two do not belong together.
    await until(() => server.reloads.failures === 1);
    expect(server.reloads.ok).toBe(false);
    expect(shown(await get(port, '/metrics', { ca }))).toBe('CN=first');
    write(folder, { 'server.key': NEXT.key });
    await until(async () => shown(await get(port, '/metrics', { ca })) === 'CN=second');
    const before = running.statuses.length;
    await until(() => running.statuses.length > before + 3);
    await running.end();
    expect(new Set(running.statuses)).toEqual(new Set([200]));
    expect(server.reloads).toMatchObject({ ok: true, failures: 1 });
    expect(reloads).toEqual([false, true]);
    expect(
      lines.filter(({ message }) => message.startsWith('web configuration')).map(({ message }) => message),
    ).toEqual(['web configuration cannot be used, the one before stays in force', 'web configuration read again']);
    expect(lines.find(({ level }) => level === 'error')?.fields.error).toContain('does not belong to the certificate');
  });

  it('are seen when links are swapped, as Kubernetes does with a Secret', async () => {
    const folder = temporaryFolder();
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    write(one, FILES);
    write(two, { 'server.crt': NEXT.cert, 'server.key': NEXT.key });
    for (const name of ['server.crt', 'server.key']) {
      utimesSync(join(one, name), 0, 0);
      utimesSync(join(two, name), 0, 0);
    }
    symlinkSync(one, join(folder, '..data'));
    const text = TLS.replaceAll('server.', '..data/server.');
    const { port, server } = await serve({ configFile: write(folder, { 'web.yml': text }) });
    expect(shown(await get(port, '/metrics', { ca }))).toBe('CN=first');
    symlinkSync(two, join(folder, '..next'));
    renameSync(join(folder, '..next'), join(folder, '..data'));
    await until(async () => shown(await get(port, '/metrics', { ca })) === 'CN=second');
    expect(server.reloads.failures).toBe(0);
  });

  it('are read at once on SIGHUP', async () => {
    const { port, folder, server } = await serveTls();
    write(folder, { 'server.crt': NEXT.cert, 'server.key': NEXT.key });
    server.reload();
    expect(shown(await get(port, '/metrics', { ca }))).toBe('CN=second');
  });

  it('stay as they were in force while new ones are broken or gone, and are logged once per change', async () => {
    const { port, folder, server, lines } = await serveTls();
    rmSync(join(folder, 'web.yml'));
    await until(async () => (await get(port, '/metrics', { ca })).status === 200 && server.reloads.failures === 1);
    write(folder, { 'web.yml': 'tls_server_config: [' });
    await until(async () => (await get(port, '/metrics', { ca })).status === 200 && server.reloads.failures === 2);
    const start = performance.now();
    await until(async () => (await get(port, '/metrics', { ca })).status === 200 && performance.now() - start > 1500);
    expect(server.reloads.failures).toBe(2);
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(2);
    write(folder, { 'web.yml': TLS });
    await until(async () => (await get(port, '/metrics', { ca })).status === 200 && server.reloads.ok);
  });

  it('turn TLS on and off', async () => {
    const { port, folder, server } = await serveTls('');
    const kept = raw(port, 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => kept.socket.once('data', resolve));
    write(folder, { 'web.yml': TLS });
    server.reload();
    expect((await get(port, '/metrics', { ca })).status).toBe(200);
    kept.socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await kept.closed).toMatch(/HTTP\/1.1 400 [\s\S]*Connection: close[\s\S]*TLS is required/i);
    write(folder, { 'web.yml': '' });
    server.reload();
    expect((await get(port, '/metrics')).status).toBe(200);
  });

  it('take the rights of a client away, on connections that are open too', async () => {
    const mutual = `${TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n`;
    const { port, folder, server } = await serveTls(`${mutual}  client_allowed_sans: [prometheus]\n`);
    const running = scrapes(port, CLIENT);
    await until(() => running.statuses.length > 3);
    write(folder, { 'web.yml': `${mutual}  client_allowed_sans: [thanos]\n` });
    server.reload();
    const { length } = running.statuses;
    await until(() => running.statuses.length > length + 3);
    await running.end();
    expect(new Set(running.statuses.slice(0, length))).toEqual(new Set([200]));
    expect(new Set(running.statuses.slice(length + 1))).toEqual(new Set([403]));
  });

  it('that have expired are used, and said to be', async () => {
    const { cert, key } = authority.issue({ name: 'old', days: -1, ...NAMES });
    const folder = temporaryFolder();
    const configFile = write(folder, { 'web.yml': TLS, 'server.crt': cert, 'server.key': key });
    const { server, lines } = await serve({ configFile }, pagesOf());
    expect(server.certificateExpires).toBeLessThan(Date.now() / 1000);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'the certificate of the web server has expired' }),
    );
  });
});
