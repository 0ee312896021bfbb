import type { ApiObject } from 'cdk8s';
import { routePrefix, scheme } from '../core/web-address';
import type { MonitoringPack } from '../model/monitoring-pack';
import { shipped } from '../model/rules';
import { ScrapeTarget } from '../model/scrape/scrape-target';
import type { PrometheusProps } from './prometheus-props';
import { prometheusRules } from './rules';

/** What a Prometheus does about itself, without being asked: scrape target and alerts. */
export function selfMonitoring(
  props: PrometheusProps,
  service: ApiObject,
  { replicas, alertmanagers }: { readonly replicas: number; readonly alertmanagers: boolean },
): MonitoringPack {
  const tls = props.web?.tls?.client;
  return {
    name: 'prometheus',
    targets: [
      ScrapeTarget.service(service, {
        job: 'prometheus',
        endpoints: [
          { port: 'web', path: `${routePrefix(props)}/metrics`, scheme: scheme(props), ...(tls && { tls }) },
          { port: 'reloader-web' },
        ],
      }),
    ],
    rules: shipped(prometheusRules({ remoteWrite: (props.remoteWrite ?? []).length > 0, replicas, alertmanagers })),
  };
}
