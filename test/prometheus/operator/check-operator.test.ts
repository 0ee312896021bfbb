import { describe, expect, it } from 'vitest';
import { SecretKey } from '../../../lib/model/references';
import { Relabel } from '../../../lib/model/relabel';
import { ScrapeTarget } from '../../../lib/model/scrape/scrape-target';
import type { OperatorPrometheusProps } from '../../../lib/prometheus/operator/operator-prometheus';
import { make, problemsOf, warningsOf } from './synthesized';

const store = { url: 'https://store.example.com/' };
const secret = SecretKey.of('a', 'b');
const oauth2 = { clientId: 'c', clientSecret: secret, tokenUrl: 'https://login.example.com/', tls: { ca: '/ca.crt' } };
const NO_FIELD = 'The operator has no field for it.';
const FILES = 'The operator has no field for files of the container here. Refer to Secrets or ConfigMaps.';
const USER = '"user" received, but the operator reads the user from a Secret only. Allowed: SecretKey.of(secret, key).';
const THANOS = 'The operator sets it itself beside a Thanos sidecar. Leave it out.';
const AGENT = 'An agent scrapes and forwards only; it has no such setting. Leave it out.';
const agent = { agent: true, remoteWrite: [store] };

describe('a Prometheus of the operator is refused', () => {
  it.each<[string, OperatorPrometheusProps, readonly string[]]>([
    ['shards below 1', { shards: 0 }, ['shards: 0 received. Allowed: a whole number, 1 or more.']],
    ['half a shard', { shards: 1.5 }, ['shards: 1.5 received. Allowed: a whole number, 1 or more.']],
    [
      'a name that is too long',
      { name: 'a'.repeat(42) },
      [
        `name: "${'a'.repeat(42)}" has 42 characters. Allowed: at most 41, as the operator names a StatefulSet prometheus-${'a'.repeat(42)}.`,
      ],
    ],
    [
      'a name that is too long for shards',
      { name: 'a'.repeat(34), shards: 11 },
      [
        `name: "${'a'.repeat(34)}" has 34 characters. Allowed: at most 32, as the operator names a StatefulSet prometheus-${'a'.repeat(34)}-shard-10.`,
      ],
    ],
    [
      'a name that is too long for an agent',
      { ...agent, name: 'a'.repeat(42) },
      [
        `name: "${'a'.repeat(42)}" has 42 characters. Allowed: at most 41, as the operator names a StatefulSet prom-agent-${'a'.repeat(42)}.`,
      ],
    ],
    [
      'a scrape class twice',
      { scrapeClasses: [{ name: 'a' }, { name: 'a' }] },
      ['/scrapeClasses/a name: "a" is used twice. Allowed: a name of its own.'],
    ],
    [
      'two default classes',
      { scrapeClasses: ['a', 'b'].map((name) => ({ name, default: true })) },
      ['scrapeClasses: Several are the default. Allowed: one at most.'],
    ],
    [
      'faults of a scrape class',
      {
        scrapeClasses: [
          {
            name: 'a',
            relabelings: [Relabel.drop('a', '(')],
            metricRelabelings: [Relabel.drop('1a', 'b')],
            tls: { cert: '/tls.crt' },
            authorization: { credentials: SecretKey.of('class', 'token') },
          },
        ],
      },
      [
        expect.stringContaining('/scrapeClasses/a relabelings[0].regex: '),
        expect.stringContaining('/scrapeClasses/a metricRelabelings[0].sourceLabels: '),
        '/scrapeClasses/a tls.key: A client certificate needs both cert and key.',
        '/scrapeClasses/a authorization.credentials: prometheus-operator takes no Secret here, and would send no ' +
          'credentials. Allowed: the absolute path of a file in the container; or set authorization at the target.',
      ],
    ],
    [
      'faults of enforced limits',
      { enforcedLimits: { sampleLimit: -1, namespaceLabel: '1a', bodySizeLimit: 'big' } },
      [
        expect.stringContaining('/enforcedLimits sampleLimit: '),
        expect.stringContaining('/enforcedLimits bodySizeLimit: '),
        expect.stringContaining('enforcedLimits.namespaceLabel: '),
      ],
    ],
    [
      'a namespace that is none',
      { foreignMonitors: { namespaces: ['Team_A', 'team-a'] } },
      ['foreignMonitors.namespaces: "Team_A" is no namespace.'],
    ],
    [
      'a share of the disk',
      { tsdb: { retentionPercentage: 80 } },
      [`tsdb.retentionPercentage: ${NO_FIELD} Use retentionSize.`],
    ],
    [
      'what a remote write cannot say',
      {
        remoteWrite: [
          { ...store, googleIam: {} },
          { ...store, basicAuth: { username: 'user', password: secret } },
          { ...store, oauth2 },
          { ...store, azureAd: { workloadIdentity: { clientId: 'c', tenantId: 't', tokenFilePath: '/t' } } },
        ],
      },
      [
        `/remoteWrite[0] googleIam: ${NO_FIELD} Use the standalone back end, or another authentication.`,
        `/remoteWrite[1] basicAuth.username: ${USER}`,
        `/remoteWrite[2] oauth2.tls: ${FILES}`,
        `/remoteWrite[3] azureAd.workloadIdentity.tokenFilePath: The operator has no field for it; the path that Azure injects is used. Leave it out.`,
      ],
    ],
    [
      'what a remote read cannot say',
      {
        remoteRead: [
          { ...store, enableHttp2: true },
          { ...store, basicAuth: { username: 'user', password: secret } },
          { ...store, oauth2 },
        ],
      },
      [
        `/remoteRead[0] enableHttp2: ${NO_FIELD} Leave it out.`,
        `/remoteRead[1] basicAuth.username: ${USER}`,
        `/remoteRead[2] oauth2.tls: ${FILES}`,
      ],
    ],
    [
      'flags that the operator sets',
      { extraArgs: ['--web.route-prefix=/x', '--no-web.enable-lifecycle', '--log.level=debug', '--mine=1'] },
      ['web.route-prefix', 'no-web.enable-lifecycle', 'log.level'].map(
        (flag) => `extraArgs: The operator sets --${flag} itself and refuses it here. Use the property.`,
      ),
    ],
    [
      'what a Thanos sidecar decides',
      {
        thanos: { readyTimeout: 'soon' },
        tsdb: {
          minBlockDuration: '2h',
          maxBlockDuration: '2h',
          delayCompactFilePath: '/x',
          allowOverlappingCompaction: true,
        },
      },
      [
        `tsdb.minBlockDuration: ${THANOS}`,
        `tsdb.maxBlockDuration: ${THANOS}`,
        `tsdb.delayCompactFilePath: ${THANOS}`,
        `tsdb.allowOverlappingCompaction: ${THANOS}`,
        expect.stringContaining('thanos.readyTimeout: "soon" is not a duration.'),
      ],
    ],
    [
      'an agent that sends nowhere',
      { agent: true },
      ['remoteWrite: An agent keeps nothing, so it needs a store to send to.'],
    ],
    [
      'settings of a server for an agent',
      {
        ...agent,
        retention: '1d',
        retentionSize: '1GB',
        evaluationInterval: '1m',
        ruleEvaluation: {},
        query: {},
        remoteRead: [store],
        remoteReadServer: {},
        alertmanagers: [{ addresses: ['am:9093'] }],
      },
      [
        `retention: ${AGENT}`,
        `retentionSize: ${AGENT}`,
        `evaluationInterval: ${AGENT}`,
        `ruleEvaluation: ${AGENT}`,
        `query: ${AGENT}`,
        `remoteRead: ${AGENT}`,
        `remoteReadServer: ${AGENT}`,
        `alertmanagers: ${AGENT}`,
      ],
    ],
    [
      'what an agent lacks',
      {
        ...agent,
        web: { enableAdminApi: true, searchMaxLimit: 1 },
        tsdb: { maxExemplars: 1, walCompression: 'snappy', outOfOrderTimeWindow: '1m' },
        thanos: {},
      },
      [
        'web.enableAdminApi: An agent has no such API. Leave it out.',
        'web.searchMaxLimit: An agent has no such API. Leave it out.',
        'tsdb.maxExemplars: An agent has no time series database. Leave it out.',
        'thanos: An agent has no blocks that a sidecar could upload. Leave one of them out.',
      ],
    ],
    ['what every Prometheus is', { replicas: 0 }, ['replicas: 0 received. Allowed: a whole number, 1 or more.']],
  ])('for %s', (_, props, expected) => {
    expect(problemsOf(make(props).chart)).toEqual(
      expected.map((each) =>
        typeof each === 'string' ? `chart/prometheus${each.startsWith('/') ? '' : ' '}${each}` : each,
      ),
    );
  });
});

it.each<[string, OperatorPrometheusProps]>([
  ['a name of the greatest length', { name: 'a'.repeat(41) }],
  ['an agent with empty lists', { ...agent, remoteRead: [], alertmanagers: [] }],
  ['flags that it does not set', { extraArgs: ['--mine'] }],
])('nothing is said about %s', (_, props) => {
  expect(problemsOf(make(props).chart)).toEqual([]);
});

it('a warning says that the label namespace would be overwritten, with that of the workload on GPUs', () => {
  expect(warningsOf(make({ enforcedLimits: { namespaceLabel: 'monitor_namespace' } }).chart)).toBe('');
  for (const props of [{}, agent]) {
    expect(warningsOf(make({ ...props, enforcedLimits: { namespaceLabel: 'namespace' } }).chart)).toBe(
      'warning: chart/prometheus: enforcedLimits.namespaceLabel: "namespace" overwrites the namespace that series have, ' +
        "which on those of GPUs is the workload's. Use a label of its own, such as monitor_namespace.\n",
    );
  }
});

describe('targets are refused', () => {
  it('for what their monitor cannot say', () => {
    const { chart, prometheus } = make();
    prometheus.monitor({
      name: 'mine',
      targets: [ScrapeTarget.hosts(['a:1'], { job: 'switches', followRedirects: true })],
    });
    expect(problemsOf(chart)).toEqual([
      'chart/prometheus/mine/ScrapeTarget switches followRedirects: This target becomes a ScrapeConfig, which has no such field. Leave it out.',
    ]);
  });

  it('for a scrape class that the Prometheus does not have', () => {
    const { chart, prometheus } = make({ scrapeClasses: [{ name: 'mesh' }, { name: 'other' }] });
    prometheus.monitor(ScrapeTarget.hosts(['a:1'], { job: 'a', scrapeClass: 'mesg' }));
    prometheus.monitor(ScrapeTarget.hosts(['b:1'], { job: 'b', scrapeClass: 'mesh' }));
    expect(problemsOf(chart)).toEqual([
      'chart/prometheus/a/ScrapeTarget a scrapeClass: The Prometheus has no scrape class "mesg"; it has: mesh, other. Did you mean "mesh"?',
    ]);
    const none = make();
    none.prometheus.monitor(ScrapeTarget.hosts(['a:1'], { job: 'a', scrapeClass: 'mesh' }));
    expect(problemsOf(none.chart)).toEqual([
      'chart/prometheus/a/ScrapeTarget a scrapeClass: The Prometheus has no scrape class "mesh"; it has: none.',
    ]);
  });

  it('for files that need a scrape class of a name that is taken', () => {
    const { chart, prometheus } = make({ scrapeClasses: [{ name: 'a' }] });
    prometheus.monitor(ScrapeTarget.hosts(['a:1'], { job: 'a', scheme: 'https', tls: { ca: '/ca.crt' } }));
    expect(problemsOf(chart)).toEqual([
      'chart/prometheus scrapeClasses: "a" is the name of a class that a target with files gets. Rename it.',
    ]);
  });

  it('for the job of another, also of a raw one', () => {
    const { chart, prometheus } = make({ rawScrapeConfigs: [{ job_name: 'raw' }] });
    prometheus.monitor(ScrapeTarget.hosts(['a:1'], { job: 'raw' }));
    expect(problemsOf(chart)).toEqual([
      'chart/prometheus/raw job: "raw" is the job of another target. Allowed: a job of its own.',
    ]);
  });
});
