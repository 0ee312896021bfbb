import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chart, Size, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Alertmanager } from '../../lib/alertmanager/alertmanager';
import { Storage } from '../../lib/core/storage';
import { Integration } from '../../lib/model/alerting/integration';
import { Receiver } from '../../lib/model/alerting/receiver';
import { Routing } from '../../lib/model/alerting/routing';
import type { NamedTimeInterval } from '../../lib/model/alerting/time-interval';
import { SecretKey } from '../../lib/model/references';

const chart = new Chart(Testing.app(), 'chart');
const [ml, heartbeat] = [
  Receiver.webhook('ml', { url: 'http://ml.example.com/' }),
  Receiver.webhook('heartbeat', { url: 'http://heartbeat.example.com/' }),
];

// guide: begin
const chat = Receiver.slack('ml-infra', { apiUrl: SecretKey.of('slack', 'url'), channel: '#ml-infra' });
const oncall = Receiver.of('oncall', [
  Integration.pagerDuty({ routingKey: SecretKey.of('pagerduty', 'routing-key') }),
  Integration.email({ to: 'oncall@example.com', from: 'alerts@example.com', smarthost: 'smtp.example.com:587' }),
]);
const nobody = Receiver.none();

const routing = Routing.to(chat, { groupBy: ['alertname', 'namespace'] })
  .when({ severity: 'critical' }, oncall, { repeatInterval: '1h' })
  .when('namespace=~"train-.*"', Routing.to(ml).when({ severity: ['info', 'none'] }, nobody))
  .when({ alertname: 'Watchdog' }, heartbeat, { groupWait: '0s', repeatInterval: '5m' })
  .muteDuring('weekends', { severity: 'warning' })
  .inhibit({
    sourceMatchers: { alertname: 'NodeDown' },
    targetMatchers: { severity: ['warning', 'info'] },
    equal: ['instance'],
  });

const nights: NamedTimeInterval = {
  name: 'nights',
  timeIntervals: [
    { times: [{ startTime: '22:00', endTime: '24:00' }], location: 'Europe/Berlin' },
    { times: [{ startTime: '00:00', endTime: '06:00' }], location: 'Europe/Berlin' },
  ],
};
const quiet = Routing.to(chat).muteDuring(nights, { severity: ['warning', 'info'] });

const alertmanager = new Alertmanager(chart, 'alertmanager', {
  replicas: 2,
  routing,
  templates: { 'ml.tmpl': '{{ define "ml.title" }}{{ .GroupLabels.alertname }}{{ end }}' },
  storage: Storage.claim({ size: Size.gibibytes(1) }),
  web: { externalUrl: 'https://alertmanager.example.com' },
});

const [first] = alertmanager.routeOf({ alertname: 'GpuLost', severity: 'critical' });
// guide: end

describe('docs/alerting.md', () => {
  it('shows code that compiles and runs', () => {
    const guide = readFileSync(join(__dirname, '../../docs/alerting.md'), 'utf8');
    const shown = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].flatMap(([, code = '']) => code.split('\n'));
    const [, used = ''] = readFileSync(__filename, 'utf8').split(/\/\/ guide: (?:begin|end)\n/);
    const code = (lines: readonly string[]) => lines.filter((line) => line !== '' && !line.startsWith('//'));
    expect(code(shown)).toEqual(code(used.split('\n')));
  });

  it('says truly where an alert goes', () => {
    expect(first).toMatchObject({
      receiver: 'oncall',
      path: '{}/{severity="critical"}',
      repeatInterval: '1h',
      mutedBy: [],
      delivers: true,
    });
    expect(alertmanager.routeOf({ namespace: 'train-1', severity: 'warning' })).toMatchObject([
      { receiver: 'ml', mutedBy: ['weekends'] },
    ]);
    expect(alertmanager.routeOf({ namespace: 'train-1', severity: 'info' })).toMatchObject([{ delivers: false }]);
    expect(quiet.mutings).toHaveLength(1);
  });

  it('has no problem', () => {
    expect(Testing.synth(chart).length).toBeGreaterThan(0);
  });
});
