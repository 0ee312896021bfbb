import type { ApiObject } from 'cdk8s';
import { routePrefix, scheme } from '../core/web-address';
import type { Metadata } from '../core/workload';
import type { MonitoringPack } from '../model/monitoring-pack';
import { shipped } from '../model/rules';
import { ScrapeTarget } from '../model/scrape/scrape-target';
import type { AlertmanagerProps } from './alertmanager-props';
import { alertmanagerRules } from './rules';

/** What is known of an Alertmanager that is to be monitored. */
export interface SelfMonitoringOptions {
  readonly metadata: Metadata;
  /** The Service of the web interface and API. */
  readonly service: ApiObject;
  readonly replicas: number;
  /** Whether the config reloader serves its metrics as Alertmanager does, by TLS where that has it. */
  readonly reloaderSharesTls: boolean;
}

/** Scrape target and alerts about Alertmanager itself. */
export function selfMonitoring(props: AlertmanagerProps, options: SelfMonitoringOptions): MonitoringPack {
  const { metadata, service, replicas, reloaderSharesTls } = options;
  const { name: job, namespace } = metadata;
  const client = props.web?.tls?.client;
  const web = { scheme: scheme(props), ...(client && { tls: client }) };
  return {
    name: job,
    targets: [
      ScrapeTarget.service(service, {
        job,
        endpoints: [
          { port: 'web', path: `${routePrefix(props)}/metrics`, ...web },
          { port: 'reloader-web', ...(reloaderSharesTls && web) },
        ],
      }),
    ],
    rules: shipped(alertmanagerRules({ job, namespace, replicas })),
  };
}
