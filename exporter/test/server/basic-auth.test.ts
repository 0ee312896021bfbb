import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { BasicAuth } from '../../src/server/basic-auth.js';
import { get, serve, temporaryFolder, write } from './stand.js';

const COST = 8;
const USERS = new Map([
  ['prometheus', hashSync('secret', COST)],
  ['ümläut', hashSync('pässwörd:€', COST).replace('$2b', '$2y')],
]);

function header(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

const RIGHT = header('prometheus', 'secret');

/** A server that wants a password. */
async function serveUsers(users: ReadonlyMap<string, string> = USERS) {
  const folder = temporaryFolder();
  const text = JSON.stringify({ basic_auth_users: Object.fromEntries(users) });
  return { folder, ...(await serve({ configFile: write(folder, { 'web.yml': text }) })) };
}

describe('basic authentication', () => {
  it('lets in who has the password, to every page', async () => {
    const { port } = await serveUsers();
    for (const path of ['/metrics', '/snapshot', '/']) {
      expect((await get(port, path, { headers: { authorization: RIGHT } })).status).toBe(200);
    }
    const authorization = header('ümläut', 'pässwörd:€');
    expect((await get(port, '/metrics', { headers: { authorization } })).status).toBe(200);
  });

  it.each([
    ['nothing', undefined],
    ['a wrong password', header('prometheus', 'Secret')],
    ['the password of another', header('ümläut', 'secret')],
    ['an unknown user', header('nobody', 'secret')],
    ['a name of an object', header('__proto__', 'secret')],
    ['no password', header('prometheus', '')],
    ['no user', header('', '')],
    ['the hash itself', header('prometheus', USERS.get('prometheus') ?? '')],
    ['another scheme', 'Bearer secret'],
    ['no Base64', 'Basic ***'],
    ['no colon', `Basic ${Buffer.from('prometheus').toString('base64')}`],
  ])('keeps out who has %s', async (_, authorization) => {
    const { port, server } = await serveUsers();
    const headers = authorization === undefined ? {} : { authorization };
    for (const path of ['/metrics', '/nowhere']) {
      const answer = await get(port, path, { headers });
      expect([answer.status, answer.headers['www-authenticate'], answer.body.toString()]).toEqual([
        401,
        'Basic realm="gpu-exporter", charset="UTF-8"',
        'a user and a password are required\n',
      ]);
    }
    expect(server.statistics.unauthorized).toBe(2);
  });

  it('answers probes, as the kubelet has no password', async () => {
    const { port } = await serveUsers();
    expect((await get(port, '/-/healthy')).status).toBe(200);
    expect((await get(port, '/-/ready')).status).toBe(200);
    expect((await get(port, '/-/ready/../../metrics')).status).toBe(401);
  });

  it('takes a user out on open connections too, and a new password in', async () => {
    const { port, folder, server } = await serveUsers();
    const headers = { authorization: RIGHT };
    expect((await get(port, '/metrics', { headers })).status).toBe(200);
    write(folder, { 'web.yml': JSON.stringify({ basic_auth_users: { prometheus: hashSync('new', 4) } }) });
    server.reload();
    expect((await get(port, '/metrics', { headers })).status).toBe(401);
    expect((await get(port, '/metrics', { headers: { authorization: header('prometheus', 'new') } })).status).toBe(200);
  });

  it('is not stalled by who guesses', async () => {
    // At this cost one comparison takes as long as in earnest.
    const { port } = await serveUsers(new Map([['prometheus', hashSync('secret', 10)]]));
    const headers = { authorization: RIGHT };
    expect((await get(port, '/metrics', { headers })).status).toBe(200);
    const guesses = Array.from({ length: 60 }, (_, index) =>
      get(port, '/metrics', { headers: { authorization: header('prometheus', `guess ${index}`) } }),
    );
    const start = performance.now();
    for (let index = 0; index < 5; index++) {
      expect((await get(port, '/metrics', { headers })).status).toBe(200);
    }
    const took = performance.now() - start;
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    // Ten at once, and one more for each second that passes.
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(40);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(took).toBeLessThan(1500);
  });
});

describe('checking', () => {
  it('computes a right password once, and a wrong one each time', async () => {
    const auth = new BasicAuth();
    const users = new Map([['prometheus', hashSync('secret', 11)]]);
    const time = async (authorization: string, verdict: string) => {
      const start = performance.now();
      expect(await auth.check(authorization, users, 'a')).toBe(verdict);
      return performance.now() - start;
    };
    const first = await time(RIGHT, 'ok');
    const later = Math.max(...[await time(RIGHT, 'ok'), await time(RIGHT, 'ok')]);
    expect(later).toBeLessThan(first / 4);
    const wrong = await time(header('prometheus', 'x'), 'denied');
    expect(wrong).toBeGreaterThan(first / 4);
    expect(await time(header('prometheus', 'x'), 'denied')).toBeGreaterThan(first / 4);
  });

  it('takes as long for an unknown user', async () => {
    const auth = new BasicAuth();
    const users = new Map([['prometheus', hashSync('secret', 11)]]);
    const time = async (user: string) => {
      const start = performance.now();
      expect(await auth.check(header(user, 'x'), users, 'a')).toBe('denied');
      return performance.now() - start;
    };
    await time('warm-up');
    const known = await time('prometheus');
    const unknown = await time('nobody');
    expect(unknown).toBeGreaterThan(known / 4);
  });

  it('computes the same pair once for many who come at the same time', async () => {
    const auth = new BasicAuth();
    const verdicts = await Promise.all(Array.from({ length: 200 }, () => auth.check(RIGHT, USERS, 'a')));
    expect(new Set(verdicts)).toEqual(new Set(['ok']));
  });

  it('turns one address away and not another, until a second has passed', async () => {
    let now = 0;
    const auth = new BasicAuth(() => now);
    const from = (address: string, count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, index) =>
          auth.check(header('prometheus', `${address} ${index}`), USERS, address),
        ),
      );
    expect((await from('a', 15)).filter((verdict) => verdict === 'busy').length).toBe(5);
    expect(await auth.check(RIGHT, USERS, 'b')).toBe('ok');
    expect(await auth.check(RIGHT, USERS, 'a')).toBe('ok');
    const users = new Map([['prometheus', hashSync('secret', 4)]]);
    expect(await auth.check(RIGHT, users, 'a')).toBe('busy');
    now = 1;
    expect(await auth.check(RIGHT, users, 'a')).toBe('ok');
  });

  it('lets only so many wait', async () => {
    const auth = new BasicAuth();
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, (_, index) => auth.check(header('prometheus', `${index}`), USERS, `address ${index}`)),
    );
    expect(verdicts.filter((verdict) => verdict === 'denied').length).toBe(21);
    expect(verdicts.filter((verdict) => verdict === 'busy').length).toBe(29);
  });
});
