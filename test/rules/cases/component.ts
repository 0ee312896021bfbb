import type { Labels } from '../../../lib/model/label';
import { growing, type RuleCase, series } from '../rule-case';

/** Cases of the alerts that every component of the control plane has. */
export interface ComponentCases {
  readonly alerts: string;
  readonly job: string;
}

const INSTANCE = '10.0.0.1:6443';
const OTHER = '10.0.0.2:6443';

/** One instance is gone, or both. */
export function downCase({ alerts, job }: ComponentCases, says: string): RuleCase {
  return {
    alert: `${alerts}Down`,
    fires: { series: [[series('up', { job, instance: INSTANCE }), 0]], labels: {}, says },
    quiet: {
      series: [
        [series('up', { job, instance: INSTANCE }), 0],
        [series('up', { job, instance: OTHER }), 1],
      ],
    },
  };
}

/** An instance does not answer for long, or only for a while. */
export function unreachableCase({ alerts, job }: ComponentCases, says: string, labels: Labels = {}): RuleCase {
  const target = { job, instance: INSTANCE, ...labels };
  return {
    alert: `${alerts}InstanceUnreachable`,
    fires: { series: [[series('up', target), 0]], labels: target, says },
    quiet: { series: [[series('up', target), '1x140 0x10 1x10']] },
  };
}

/** Nobody holds the lease, or the other instance does. */
export function noLeaderCase({ alerts, job }: ComponentCases, says: string): RuleCase {
  const status = (instance: string) => series('leader_election_master_status', { job, instance, name: job });
  return {
    alert: `${alerts}NoLeader`,
    fires: {
      series: [
        [status(INSTANCE), 0],
        [status(OTHER), 0],
      ],
      labels: { name: job },
      says,
    },
    quiet: {
      series: [
        [status(INSTANCE), 0],
        [status(OTHER), 1],
      ],
    },
  };
}

/** The API server fails, or only refuses what is not there. */
export function clientErrorsCase({ alerts, job }: ComponentCases, says: string): RuleCase {
  const requests = (code: string) => series('rest_client_requests_total', { job, instance: INSTANCE, code });
  return {
    alert: `${alerts}ClientErrors`,
    fires: {
      series: [
        [requests('200'), growing(80)],
        [requests('503'), growing(15)],
        [requests('<error>'), growing(5)],
      ],
      labels: { instance: INSTANCE },
      says,
    },
    quiet: {
      series: [
        [requests('200'), growing(60)],
        [requests('404'), growing(40)],
      ],
    },
  };
}
