import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServerSource, type ApiServerTimes } from '../../src/kubernetes/api-server.js';
import { readClusterAccess } from '../../src/kubernetes/cluster-access.js';
import { Authority } from '../server/certificates.js';
import { ApiServerProcess, refusal } from './api-server-process.js';
import { LogLines } from './log-lines.js';
import { until } from './wait.js';

const ID = 'fedcba9876543210'.repeat(4);

let folder: string;
let server: ApiServerProcess;
let log: LogLines;
let source: ApiServerSource | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-'));
  server = new ApiServerProcess();
  log = new LogLines();
});

afterEach(async () => {
  await source?.stop();
  source = undefined;
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Starts the source with a kubeconfig for the server, whose token is in a file. */
function started(times: Partial<ApiServerTimes> = {}, cluster: object = plain()): ApiServerSource {
  const kubeconfig = join(folder, 'kubeconfig');
  const token = join(folder, 'token');
  writeFileSync(token, 'first');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'here',
      contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile: token } } } }],
    }),
  );
  source = new ApiServerSource('node-a', () => readClusterAccess(kubeconfig), log, {
    leastRetry: 10,
    mostRetry: 50,
    ...times,
  });
  source.start();
  return source;
}

/** The client speaks HTTP only where certificates are not checked. */
function plain(): object {
  return { server: `http://127.0.0.1:${server.port}`, 'insecure-skip-tls-verify': true };
}

function pod(name: string, resourceVersion = '1', more: object = {}): object {
  return {
    metadata: { name, namespace: 'ml', uid: `uid-${name}`, resourceVersion },
    spec: { nodeName: 'node-a', containers: [{ name: 'c', image: 'i' }] },
    status: { phase: 'Running' },
    ...more,
  };
}

const names = (): string[] => source?.pods().map(({ name }) => name) ?? [];
const warnings = (): string[] => log.shown().filter((line) => line.startsWith('warn'));

describe('the pods of the node', () => {
  it('are asked for by its name, and followed from the version of the list', async () => {
    server.pages = [[pod('a')], [pod('b')]];
    await server.start();
    await started().settled;
    await until('it watches', () => server.watches.length === 1);
    expect(names()).toEqual(['a', 'b']);
    expect(server.lists.map((query) => Object.fromEntries(query))).toEqual([
      { fieldSelector: 'spec.nodeName=node-a', limit: '500', resourceVersion: '0' },
      { fieldSelector: 'spec.nodeName=node-a', limit: '500', continue: '1' },
    ]);
    const watch = Object.fromEntries(server.watches[0]?.query ?? []);
    expect(watch).toMatchObject({
      fieldSelector: 'spec.nodeName=node-a',
      resourceVersion: '100',
      allowWatchBookmarks: 'true',
    });
    expect(Number(watch.timeoutSeconds)).toBeGreaterThanOrEqual(300);
  });

  it('have containers of every kind, labels, and the hash of a static pod', async () => {
    const mirrored = pod('static', '5', {
      metadata: {
        name: 'static-node-a',
        namespace: 'kube-system',
        uid: 'uid-in-the-api',
        resourceVersion: '5',
        labels: { app: 'x' },
        annotations: {
          'kubernetes.io/config.hash': 'abc',
          'kubernetes.io/config.mirror': 'abc',
          big: 'x'.repeat(9_000),
        },
      },
      status: {
        phase: 'Pending',
        containerStatuses: [{ name: 'main', containerID: `containerd://${ID}`, ready: true }, { name: 'waiting' }],
        initContainerStatuses: [{ name: 'init', containerID: `docker://${ID}` }],
        ephemeralContainerStatuses: [{ name: 'debug', containerID: 'cri-o://../../etc/passwd' }],
      },
    });
    server.pages = [[mirrored]];
    await server.start();
    await started().settled;
    expect(source?.pods()).toEqual([
      {
        namespace: 'kube-system',
        name: 'static-node-a',
        uid: 'uid-in-the-api',
        phase: 'Pending',
        configHash: 'abc',
        labels: { app: 'x' },
        containers: [{ name: 'main', id: ID }, { name: 'waiting' }, { name: 'init', id: ID }, { name: 'debug' }],
      },
    ]);
  });

  it('follow additions, changes and deletions', async () => {
    server.pages = [[pod('a')]];
    await server.start();
    started();
    await until('it watches', () => server.watches.length === 1);
    server.send('ADDED', pod('b', '101'));
    server.send('MODIFIED', pod('b', '102', { status: { phase: 'Failed' } }));
    await until('b failed', () => source?.pods().some(({ phase }) => phase === 'Failed') ?? false);
    server.send('DELETED', pod('a', '103'));
    await until('a is gone', () => names().join() === 'b');
  });

  it('are read where chunks end in the middle of a character and of a line', async () => {
    await server.start();
    started();
    await until('it watches', () => server.watches.length === 1);
    const event = JSON.stringify({ type: 'ADDED', object: pod('zażółć-🚀', '101') });
    const bytes = Buffer.from(`${event}\n${event.replaceAll('🚀', '🛰')}\n`);
    for (const byte of bytes) {
      server.watches[0]?.response.write(Buffer.from([byte]));
      if (byte > 127) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    await until('both are known', () => names().length === 2);
    expect(names()).toEqual(['zażółć-🚀', 'zażółć-🛰']);
  });
});

describe('a watch', () => {
  it('that ends is resumed from the last version, without another list', async () => {
    await server.start();
    started();
    await until('it watches', () => server.watches.length === 1);
    server.send('ADDED', pod('a', '107'));
    await until('a is known', () => names().length === 1);
    server.endWatch();
    await until('it watches again', () => server.watches.length === 2);
    expect(server.watches[1]?.query.get('resourceVersion')).toBe('107');
    expect(server.lists).toHaveLength(1);
    expect(warnings()).toEqual([]);
  });

  it('takes its place from bookmarks', async () => {
    await server.start();
    started();
    await until('it watches', () => server.watches.length === 1);
    server.send('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: '250' } });
    server.endWatch();
    await until('it watches again', () => server.watches.length === 2);
    expect(server.watches[1]?.query.get('resourceVersion')).toBe('250');
    expect(names()).toEqual([]);
  });

  it('survives connections that break, and a server that is gone for a while', async () => {
    server.pages = [[pod('a')]];
    await server.start();
    started();
    for (const round of [1, 2, 3]) {
      await until('it watches', () => server.watches.length === round);
      server.breakConnections();
    }
    await until('it watches', () => server.watches.length === 4);
    await server.stop();
    await until('it noticed', () => warnings().length === 1);
    expect(names()).toEqual(['a']);
    expect(source?.state().up).toBe(true);
    await server.start();
    await until('it watches', () => server.watches.length === 5);
    expect(server.lists).toHaveLength(1);
    await until('it says so', () => log.shown().length >= 3);
    expect(log.shown()).toEqual([
      'info: Kubernetes source api-server answers',
      'warn: Kubernetes source api-server failed',
      'info: Kubernetes source api-server answers again',
    ]);
  });

  it('that a server ends at once every time is not asked for in a loop', async () => {
    server.refuse = (_, query, response) => {
      if (query.get('watch') === 'true') {
        server.watches.push({ query, response });
        response.end();
        return true;
      }
      return false;
    };
    await server.start();
    await started({ leastRetry: 50, mostRetry: 50 }).settled;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.watches.length).toBeGreaterThan(1);
    expect(server.watches.length).toBeLessThan(15);
  });

  it('that is silent for too long is opened again', async () => {
    await server.start();
    started({ silence: 80 });
    await until('it watches again', () => server.watches.length === 3);
    expect(server.lists).toHaveLength(1);
    expect(warnings()).toEqual([]);
  });

  it('stays open while something comes through it', async () => {
    await server.start();
    started({ silence: 1_000 });
    await until('it watches', () => server.watches.length === 1);
    for (let i = 0; i < 30; i++) {
      server.send('BOOKMARK', { metadata: { resourceVersion: String(200 + i) } });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(server.watches).toHaveLength(1);
  });

  it.each([
    ['an event', () => server.send('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' })],
    [
      'a status',
      () => {
        server.refuse = (_, query, response) =>
          query.get('resourceVersion') === '100' && refusal(response, 410, 'too old resource version');
        server.endWatch();
      },
    ],
  ])('whose version is gone (410 in %s) begins with a new list, not from the cache', async (_, expire) => {
    server.pages = [[pod('a'), pod('gone')]];
    await server.start();
    started();
    await until('it watches', () => server.watches.length === 1);
    server.pages = [[pod('a'), pod('new')]];
    server.resourceVersion = '900';
    expire();
    await until('it watches again', () => server.watches.length === 2);
    expect(names()).toEqual(['a', 'new']);
    expect(server.lists.map((query) => query.get('resourceVersion'))).toEqual(['0', '']);
    expect(server.watches[1]?.query.get('resourceVersion')).toBe('900');
    expect(warnings()).toEqual([]);
  });

  it('that ends with another error is tried again', async () => {
    await server.start();
    started();
    await until('it watches', () => server.watches.length === 1);
    server.send('ERROR', { kind: 'Status', code: 500, message: 'etcdserver: leader changed' });
    await until('it watches again', () => server.watches.length === 2);
    expect(log.lines.some(({ fields }) => fields.error === '500: etcdserver: leader changed')).toBe(true);
  });

  it('whose events cannot be read begins with a new list', async () => {
    await server.start();
    started();
    await until('it watches', () => server.watches.length === 1);
    server.pages = [[pod('a')]];
    server.watches[0]?.response.write('{"type":"ADDED","object":{"metada\n');
    await until('the list was read again', () => names().join() === 'a');
  });

  it('reads 1,000 pods from a list', async () => {
    server.pages = [0, 1].map((page) => Array.from({ length: 500 }, (_, i) => pod(`pod-${page * 500 + i}`)));
    await server.start();
    await started().settled;
    expect(source?.pods()).toHaveLength(1_000);
  });
});

it('is down after some time without contact, and forgets its pods long after that', async () => {
  server.pages = [[pod('a')]];
  await server.start();
  await started({ goodFor: 500, keptFor: 1_500 }).settled;
  await server.stop();
  await until('it is down', () => source?.state().up === false);
  expect(source?.state()).toMatchObject({
    error: expect.stringContaining('ECONNREFUSED'),
    lastSuccess: expect.any(Number),
  });
  expect(names()).toEqual(['a']);
  await until('pods are forgotten', () => names().length === 0);
  await server.start();
  await until('it is in contact', () => source?.state().up === true);
});

describe('a refusal', () => {
  it('of a token makes it read the token again', async () => {
    server.refuse = (request, _, response) =>
      request.headers.authorization !== 'Bearer second' && refusal(response, 401, 'Unauthorized');
    server.pages = [[pod('a')]];
    await server.start();
    await started().settled;
    expect(source?.state()).toMatchObject({ up: false, error: '401: Unauthorized' });
    writeFileSync(join(folder, 'token'), 'second');
    await until('pods are known', () => names().join() === 'a');
    expect(server.authorizations[0]).toBe('Bearer first');
    expect(server.authorizations.at(-1)).toBe('Bearer second');
  });

  it('for lack of rights says what is lacking', async () => {
    const message = 'pods is forbidden: User "x" cannot list resource "pods" in API group "" at the cluster scope';
    server.refuse = (_, __, response) => refusal(response, 403, message);
    await server.start();
    await started().settled;
    expect(source?.state()).toMatchObject({ up: false, error: `403: ${message}` });
    await until('it tried again', () => server.authorizations.length > 3);
    expect(warnings()).toHaveLength(1);
  });

  it('that asks for time gets it', async () => {
    server.refuse = (_, __, response) => refusal(response, 429, 'too many requests', { 'Retry-After': '1' });
    await server.start();
    await started().settled;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(server.authorizations).toHaveLength(1);
  });

  it('by a proxy that knows no status is shown as it is', async () => {
    server.refuse = (_, __, response) => {
      response.writeHead(502);
      response.end('<html>\n<h1>Bad  Gateway</h1>');
      return true;
    };
    await server.start();
    await started().settled;
    expect(source?.state().error).toBe('502: <html> <h1>Bad Gateway</h1>');
  });
});

describe('TLS', () => {
  it('is checked against the authority of the kubeconfig, which is read again when it changed', async () => {
    const [first, second] = [new Authority('first'), new Authority('second')];
    const certificate = { name: 'localhost', names: ['IP:127.0.0.1'] };
    const ca = join(folder, 'ca.crt');
    writeFileSync(ca, first.cert);
    server.pages = [[pod('a')]];
    await server.start(first.issue(certificate));
    const cluster = { server: `https://127.0.0.1:${server.port}`, 'certificate-authority': ca };
    await started({}, cluster).settled;
    expect(names()).toEqual(['a']);
    await server.stop();
    await server.start(second.issue(certificate));
    await until('it refuses the other authority', () =>
      log.lines.some(({ fields }) => /self-signed|unable to verify/.test(String(fields.error))),
    );
    expect(server.watches.length).toBeLessThanOrEqual(1);
    writeFileSync(ca, second.cert);
    const before = server.watches.length;
    await until('it watches again', () => server.watches.length > before);
  });
});

describe('a kubeconfig', () => {
  it.each([
    ['that does not exist', undefined, 'does not exist'],
    ['that is no YAML', '{[', 'cannot be read'],
    ['without clusters', 'kind: Config', 'names no API server: got undefined'],
    [
      'whose context has no cluster',
      JSON.stringify({ 'current-context': 'x', clusters: [], contexts: [], users: [] }),
      'names no API server: got undefined, expected a URL of its current context',
    ],
  ])('%s is an error that names it', (_, content, message) => {
    const path = join(folder, 'kubeconfig');
    if (content !== undefined) {
      writeFileSync(path, content);
    }
    expect(() => readClusterAccess(path)).toThrow(`kubeconfig ${path} ${message}`);
  });
});

it('goes where the kubeconfig leads now', async () => {
  await server.start();
  await started().settled;
  const other = new ApiServerProcess();
  other.pages = [[pod('there')]];
  await other.start();
  await server.stop();
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, readFileSync(kubeconfig, 'utf8').replace(String(server.port), String(other.port)));
    await until('it watches there', () => other.watches.length === 1);
  } finally {
    await other.stop();
  }
});

it('stops during a request that is never answered', async () => {
  let asked = 0;
  server.refuse = () => {
    asked += 1;
    return true;
  };
  await server.start();
  started();
  await until('it asks', () => asked === 1);
  await source?.stop();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(asked).toBe(1);
  expect(log.shown()).toEqual([]);
});

it('waits no longer for credentials than for an answer, and stops while it waits', async () => {
  let asked = 0;
  const access = {
    server: 'http://127.0.0.1:1',
    requestOptions: () => {
      asked += 1;
      return new Promise<never>(() => {});
    },
  };
  source = new ApiServerSource('node-a', () => access, log, { listDeadline: 50, leastRetry: 10, mostRetry: 10 });
  source.start();
  await source.settled;
  expect(source.state()).toMatchObject({ up: false, error: expect.stringContaining('timeout') });
  await until('it asks again', () => asked > 1);
  await source.stop();
});
