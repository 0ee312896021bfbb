import { describe, expect, it } from 'vitest';
import type { ManifestSource } from '../../../lib/model/manifest';
import { Problems } from '../../../lib/model/problem';
import { SecretKey } from '../../../lib/model/references';
import { type ScrapeOptions, ScrapeTarget } from '../../../lib/model/scrape/scrape-target';

const service: ManifestSource = {
  node: { path: 'api' },
  toJson: () => ({
    kind: 'Service',
    metadata: { name: 'api', namespace: 'shop' },
    spec: {
      selector: { app: 'api' },
      ports: [
        { name: 'http', port: 80 },
        { name: 'metrics', port: 9100 },
      ],
    },
  }),
};

function problemsOf(target: ScrapeTarget, defaultInterval?: string): readonly string[] {
  const problems = Problems.at('here');
  target.check(problems, defaultInterval);
  return problems.all.map(({ path, property, message }) => `${path} ${property}: ${message}`);
}

const host = (options: ScrapeOptions) => ScrapeTarget.hosts(['a:1'], { job: 'j', ...options });

describe('a port of the container', () => {
  it('takes the place of the port of the Service', () => {
    expect(problemsOf(ScrapeTarget.service(service, { targetPort: 'debug' }))).toEqual([]);
    expect(problemsOf(ScrapeTarget.service(service))).toEqual([
      'here/ScrapeTarget api port: It is missing, and Service shop/api has several: http (80), metrics (9100).',
    ]);
  });

  it('cannot be named beside it', () => {
    expect(problemsOf(ScrapeTarget.service(service, { port: 'metrics', targetPort: 9102 }))).toEqual([
      'here/ScrapeTarget api targetPort: Only one of port and targetPort is possible; remove one.',
    ]);
  });
});

it.each(['port', 'targetPort'] as const)('refuses a number as %s that is no port', (name) => {
  expect(problemsOf(ScrapeTarget.pods({ matchLabels: { app: 'a' }, [name]: 70_000 }))).toEqual([
    `here/ScrapeTarget a ${name}: 70000 is not a port. Allowed: a whole number from 1 to 65535.`,
  ]);
});

describe('a file with a bearer token', () => {
  const https = { scheme: 'https', bearerTokenFile: '/token' } as const;

  it('is an authorization for all that reads endpoints', () => {
    expect(problemsOf(host(https))).toEqual([]);
    expect(host(https).endpoints).toMatchObject([{ authorization: { credentials: '/token' } }]);
    expect(host({ ...https, endpoints: [{ path: '/a' }] }).endpoints).toMatchObject([
      { path: '/a', authorization: { credentials: '/token' } },
    ]);
  });

  it('cannot stand beside an authorization', () => {
    const authorization = { credentials: SecretKey.of('a', 'b') };
    expect(problemsOf(host({ ...https, authorization }))).toEqual([
      'here/ScrapeTarget j bearerTokenFile: It means the same as authorization, which is set too; remove it.',
    ]);
  });

  it('is named at the endpoint that has it, also by inheritance', () => {
    const authorization = { credentials: SecretKey.of('a', 'b') };
    expect(problemsOf(host({ ...https, endpoints: [{ path: '/a' }, { path: '/b', authorization }] }))).toEqual([
      'here/ScrapeTarget j/endpoints[1] bearerTokenFile: It means the same as authorization, which is set too; remove it.',
    ]);
  });

  it('does not travel over plain http', () => {
    expect(problemsOf(host({ bearerTokenFile: '/token' }))).toEqual([
      expect.stringContaining('authorization: Credentials would travel over plain http'),
    ]);
  });

  it('is a path, and no token', () => {
    expect(problemsOf(host({ ...https, bearerTokenFile: 'abc' }))).toEqual([
      expect.stringContaining('authorization.credentials: A literal credential is not allowed.'),
    ]);
  });
});

describe('native histograms', () => {
  it.each([1, 1.1, 2])('take %s as least growth of their buckets', (nativeHistogramMinBucketFactor) => {
    expect(problemsOf(host({ nativeHistogramMinBucketFactor }))).toEqual([]);
  });

  it.each([0.5, 0, -1, Number.NaN])('refuse %s as least growth of their buckets', (nativeHistogramMinBucketFactor) => {
    expect(problemsOf(host({ nativeHistogramMinBucketFactor }))).toEqual([
      expect.stringContaining(`nativeHistogramMinBucketFactor: ${nativeHistogramMinBucketFactor} received.`),
    ]);
  });

  it('refuse half a bucket', () => {
    expect(problemsOf(host({ nativeHistogramBucketLimit: 1.5 }))).toEqual([
      expect.stringContaining('nativeHistogramBucketLimit: 1.5 received.'),
    ]);
  });
});

describe('a proxy of OAuth 2.0', () => {
  const oauth2 = {
    clientId: 'c',
    clientSecret: SecretKey.of('a', 'b'),
    tokenUrl: 'https://login.example.com/',
  };

  it('is a URL', () => {
    expect(problemsOf(host({ scheme: 'https', oauth2: { ...oauth2, proxyUrl: 'http://proxy:3128' } }))).toEqual([]);
    expect(problemsOf(host({ scheme: 'https', oauth2: { ...oauth2, proxyUrl: 'proxy' } }))).toEqual([
      'here/ScrapeTarget j oauth2.proxyUrl: "proxy" is not a URL. Allowed: an absolute one, such as https://host.example.com/path.',
    ]);
  });
});

describe('a prober', () => {
  const probe = (targets: readonly string[], prober: string) => ScrapeTarget.probe(targets, { prober, job: 'j' });

  it.each(['blackbox:9115', 'blackbox.monitoring.svc:9115', '[2001:db8::1]:9115'])('is reached at %s', (prober) => {
    expect(problemsOf(probe(['https://example.com', '10.0.0.1', 'host:22'], prober))).toEqual([]);
  });

  it.each(['http://blackbox:9115', 'blackbox', 'blackbox:9115/probe'])('is not reached at %s', (prober) => {
    expect(problemsOf(probe(['https://example.com'], prober))).toEqual([
      `here/ScrapeTarget j prober: "${prober}" received. Allowed: host:port, without a scheme or path.`,
    ]);
  });

  it('has something to probe', () => {
    expect(problemsOf(probe([], 'blackbox:9115'))).toEqual([
      'here/ScrapeTarget j targets: The list is empty, so nothing would be probed.',
    ]);
  });
});
