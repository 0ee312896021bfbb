import type { Labels } from '../../../lib/model/label';
import { growing, type RuleCase, type Samples, type Series, series } from '../rule-case';
import { downCase, unreachableCase } from './component';

const API_SERVER = { alerts: 'KubeAPI', job: 'apiserver' };
const SELF = { job: 'apiserver', namespace: 'default', service: 'kubernetes', instance: '10.0.0.1:6443' };
const API = { name: 'v1beta1.metrics.k8s.io' };

const own = (metric: string, samples: Samples, labels: Labels = {}): Series => [series(metric, SELF, labels), samples];
const requests = (code: string, perMinute: number, labels: Labels = { verb: 'GET' }): Series =>
  own('apiserver_request_total', growing(perMinute), { ...labels, code });
const latency = (verb: string, above: string, upTo: string): readonly Series[] =>
  [above, upTo, '+Inf'].map((le) =>
    own('apiserver_request_sli_duration_seconds_bucket', le === above ? 0 : growing(10), { verb, le }),
  );
/** Requests with a certificate that is valid for at least `above`, and at most `upTo` seconds. */
const certificates = (above: string, upTo: string): readonly Series[] =>
  [above, upTo, '+Inf'].map((le) =>
    own('apiserver_client_certificate_expiration_seconds_bucket', le === above ? 0 : growing(10), { le }),
  );

export const API_SERVER_CASES: readonly RuleCase[] = [
  downCase(
    API_SERVER,
    'No instance of the API server can be scraped. While none runs, nothing in the cluster can be changed, and Prometheus finds no new targets.',
  ),
  unreachableCase(API_SERVER, 'Prometheus cannot scrape the API server at 10.0.0.1:6443.'),
  {
    alert: 'KubeAPIErrorsHigh',
    fires: {
      series: [requests('200', 95), requests('500', 5)],
      labels: {},
      says: '5% of the requests to the API server end with a server error.',
    },
    quiet: { series: [requests('200', 60), requests('404', 39), requests('500', 1)] },
  },
  {
    alert: 'KubeAPIErrorsCritical',
    fires: {
      series: [requests('200', 80), requests('504', 20)],
      labels: {},
      says: '20% of the requests to the API server end with a server error.',
    },
    quiet: { series: [requests('200', 95), requests('504', 5)] },
  },
  {
    alert: 'KubeAPILatencyHigh',
    fires: {
      series: latency('PUT', '2', '4'),
      labels: { verb: 'PUT' },
      says: 'One in a hundred PUT requests takes the API server longer than 3.98s.',
    },
    // Lists of a large cluster take long.
    quiet: { series: [...latency('LIST', '2', '4'), ...latency('GET', '0.1', '0.2')] },
  },
  {
    alert: 'KubeAPITerminatedRequests',
    fires: {
      series: [requests('200', 70), own('apiserver_request_terminations_total', growing(30), { code: '429' })],
      labels: {},
      says: 'The API server turned away 30% of the requests because it is overloaded.',
    },
    quiet: { series: [requests('200', 70), own('apiserver_request_terminations_total', 300, { code: '429' })] },
  },
  {
    alert: 'KubeClientCertificateExpiration',
    fires: {
      series: certificates('172800', '345600'),
      labels: {},
      says: 'A certificate with which clients authenticate at the API server expires in about 2d 0h 28m 48s.',
    },
    quiet: { series: certificates('15552000', '31104000') },
  },
  {
    alert: 'KubeClientCertificateExpirationImminent',
    fires: {
      series: certificates('21600', '43200'),
      labels: {},
      says: 'A certificate with which clients authenticate at the API server expires in about 6h 3m 36s.',
    },
    quiet: { series: certificates('172800', '345600') },
  },
  {
    alert: 'KubeAggregatedAPIErrors',
    fires: {
      series: [own('aggregator_unavailable_apiservice_total', growing(1), { ...API, reason: 'FailedDiscoveryCheck' })],
      labels: API,
      says: 'The API v1beta1.metrics.k8s.io became unavailable 10 times in ten minutes.',
    },
    quiet: {
      series: [
        own('aggregator_unavailable_apiservice_total', '0x140 1x20', { ...API, reason: 'FailedDiscoveryCheck' }),
      ],
    },
  },
  {
    alert: 'KubeAggregatedAPIDown',
    fires: {
      series: [own('aggregator_unavailable_apiservice', 1, API)],
      labels: API,
      says: 'The API server cannot reach what serves v1beta1.metrics.k8s.io. Deleting namespaces hangs meanwhile.',
    },
    quiet: { series: [own('aggregator_unavailable_apiservice', '0x140 1x8 0x20', API)] },
  },
];
