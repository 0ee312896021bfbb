import { renderOperatorHttpClient } from '../../model/operator-http-client';
import { Relabel } from '../../model/relabel';
import { staticLabels } from '../../model/scrape/target-relabelings';
import type { MonitorPart } from './monitor';
import { monitorLimits } from './monitor-fields';
import { operatorRelabelings } from './relabelings';
import { ownClient } from './scrape-class';

/**
 * Renders the specification of a Probe.
 *
 * The operator gives every probed target the namespace of the Probe as a label; it says nothing of what was probed and
 * is taken off again.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ProbeSpec
 */
export function renderProbe(part: MonitorPart): Record<string, unknown> {
  const { target, endpoints, context, scrapeClass } = part;
  const { discovery, options, job } = target;
  const [endpoint = {}] = endpoints;
  const { proxyUrl, noProxy, proxyFromEnvironment, ...http } = renderOperatorHttpClient(
    ownClient(endpoint, part),
    context.texts,
  );
  return {
    jobName: job,
    scrapeClass,
    prober: {
      url: discovery.kind === 'probe' ? discovery.prober : undefined,
      path: endpoint.path,
      scheme: endpoint.scheme,
      proxyUrl,
      noProxy,
      proxyFromEnvironment,
    },
    targets: {
      staticConfig: {
        static: discovery.kind === 'probe' ? discovery.targets : [],
        relabelingConfigs: operatorRelabelings([
          Relabel.labelDrop('namespace'),
          ...staticLabels(target),
          ...(endpoint.relabelings ?? []),
        ]),
      },
    },
    params: Object.entries(endpoint.params ?? {}).map(([name, values]) => ({ name, values })),
    interval: endpoint.interval,
    scrapeTimeout: endpoint.timeout,
    ...http,
    enableHttp2: endpoint.enableHttp2,
    ...monitorLimits(options),
    metricRelabelings: operatorRelabelings(endpoint.metricRelabelings),
  };
}
