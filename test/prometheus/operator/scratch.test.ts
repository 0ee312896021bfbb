import { Chart, Testing } from 'cdk8s';
import { it } from 'vitest';
import { ScrapeTarget } from '../../../lib/model/scrape/scrape-target';
import { OperatorPrometheus } from '../../../lib/prometheus/operator/operator-prometheus';
import { StandalonePrometheus } from '../../../lib/prometheus/standalone/standalone-prometheus';

it('x', () => {
  const app = Testing.app();
  const chart = new Chart(app, 'chart', { namespace: 'monitoring', disableResourceNameHashes: true });
  const p = new OperatorPrometheus(chart, 'prometheus', {});
  new StandalonePrometheus(chart, 'prometheus2', { name: 'other' });
  p.monitor(ScrapeTarget.pods({ namespace: 'etl', matchLabels: { app: 'etl' }, port: 9102 }));
  app.synth();
  console.log(JSON.stringify(Testing.synth(chart), null, 1).slice(0, 6000));
});
