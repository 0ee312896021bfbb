import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Receiver } from '../../lib/model/alerting/receiver';
import { Routing } from '../../lib/model/alerting/routing';
import { SecretKey } from '../../lib/model/references';
import { writeFiles } from '../model/alerting/amtool';
import { tool } from '../tool';
import { Synthesized } from './synthesized';

let program: ChildProcess | undefined;

afterEach(() => {
  program?.kill('SIGKILL');
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function answer(url: string, log: () => string): Promise<Response> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) {
      return response;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} does not answer:\n${log()}`);
}

it('Alertmanager itself starts with every flag and the configuration', async (context) => {
  const alertmanager = tool('alertmanager', context);
  const synthesized = new Synthesized({
    replicas: 2,
    routing: Routing.to(Receiver.slack('chat', { apiUrl: SecretKey.of('slack', 'url') }))
      .when({ severity: 'critical' }, Receiver.none())
      .muteDuring('weekends', { severity: 'warning' }),
    templates: { 'ml.tmpl': '{{ define "ml" }}x{{ end }}' },
    eventRecorder: { stdoutOutputs: [{}] },
    retention: '7d',
    maintenanceInterval: '10m',
    web: { externalUrl: 'https://example.com/am', routePrefix: '/alertmanager', getConcurrency: 20, timeout: '1m' },
    cluster: {
      peerTimeout: '20s',
      peersResolveTimeout: '1s',
      gossipInterval: '300ms',
      pushpullInterval: '2m',
      tcpTimeout: '11s',
      probeTimeout: '600ms',
      probeInterval: '2s',
      settleTimeout: '1s',
      reconnectInterval: '20s',
      reconnectTimeout: '1d',
      label: 'mine',
      allowInsecurePublicAdvertiseAddressDiscovery: true,
    },
    silences: { max: 100, maxSizeBytes: 2000, log: true },
    alerts: { gcInterval: '10m', perAlertnameLimit: 500, dispatchMaintenanceInterval: '1m', dispatchStartDelay: '1s' },
    enableFeatures: ['event-recorder', 'auto-gomemlimit'],
    autoGomemlimitRatio: 0.8,
    logLevel: 'debug',
    logFormat: 'json',
  });
  const [web, cluster] = [await freePort(), await freePort()];
  const folder = writeFiles(synthesized.files);
  const args = synthesized.args
    .filter((arg) => !arg.startsWith('--cluster.peer='))
    .map((arg) =>
      arg
        .replace('/etc/alertmanager/config', folder)
        .replace('--storage.path=/alertmanager', `--storage.path=${folder}/data`)
        .replace('=:9093', `=127.0.0.1:${web}`)
        .replace('=[$(POD_IP)]:9094', `=127.0.0.1:${cluster}`)
        .replace('[$(POD_IP)]:9094', `[127.0.0.1]:${cluster}`),
    );
  let log = '';
  program = spawn(alertmanager, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  program.stdout?.on('data', (data) => (log += data));
  program.stderr?.on('data', (data) => (log += data));

  const base = `http://127.0.0.1:${web}/alertmanager`;
  await answer(`${base}/-/ready`, () => log);
  const status = (await (await answer(`${base}/api/v2/status`, () => log)).json()) as {
    config: { original: string };
    cluster: { status: string };
  };
  expect(status.config.original).toContain('api_url_file: /etc/alertmanager/secrets/slack/url');
  expect(status.cluster.status).not.toBe('disabled');

  const metrics = await (await answer(`${base}/metrics`, () => log)).text();
  for (const { expr } of synthesized.alertmanager.monitoring.rules?.flatMap((group) =>
    'rules' in group ? group.rules : [group],
  ) ?? []) {
    for (const [name] of expr.matchAll(/\balertmanager_\w+/g)) {
      expect(metrics).toContain(`# TYPE ${name} `);
    }
  }
}, 30_000);
