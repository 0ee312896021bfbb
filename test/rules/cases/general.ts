import { type RuleCase, series } from '../rule-case';

const target = (instance: string) => series('up', { job: 'payments', namespace: 'shop', instance });

export const GENERAL_CASES: readonly RuleCase[] = [
  {
    alert: 'Watchdog',
    fires: {
      series: [],
      at: '1m',
      labels: {},
      says: 'This alert always fires. Route it to a service that calls someone when it stops arriving, so that a broken alerting pipeline is noticed.',
    },
    quiet: 'always fires',
  },
  {
    alert: 'TargetDown',
    fires: {
      series: [
        [target('10.1.0.20:8080'), 0],
        [target('10.1.0.21:8080'), 1],
        [target('10.1.0.22:8080'), 1],
        [target('10.1.0.23:8080'), 1],
      ],
      labels: { job: 'payments', namespace: 'shop' },
      says: '25% of the targets of job payments in namespace shop cannot be scraped. What they would report is missing, and so are the alerts that depend on it.',
    },
    quiet: {
      series: [
        [target('10.1.0.20:8080'), '1x143 0x3 1x10'],
        [target('10.1.0.21:8080'), 1],
      ],
    },
  },
];
