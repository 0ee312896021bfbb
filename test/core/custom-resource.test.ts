import { expect, it } from 'vitest';
import type {
  AlertmanagerConfigSpecReceiversDiscordConfigs,
  AlertmanagerSpec,
  PodMonitorSpecPodMetricsEndpoints,
  PrometheusRuleSpec,
  PrometheusSpec,
  ScrapeConfigSpec,
  ServiceMonitorSpec,
} from '../../imports/monitoring.coreos.com';
import type { Raw } from '../../lib/core/custom-resource';

const selector = { matchLabels: { app: 'api' } };

/** What renderers may write: checked by `tsc --noEmit`, as is what follows. */
function acceptedByTheCompiler(): readonly unknown[] {
  const monitor: Raw<ServiceMonitorSpec> = {
    selector,
    jobLabel: undefined,
    convertClassicHistogramsToNHCB: true,
    scrapeProtocols: ['PrometheusProto', 'OpenMetricsText1.0.0'] as const,
    nativeHistogramMinBucketFactor: '1.1',
    endpoints: [
      {
        scheme: 'https',
        targetPort: 9090,
        params: { 'match[]': ['up'] as const },
        relabelings: [{ action: 'labeldrop', regex: 'pod' }],
        tlsConfig: { ca: { configMap: { name: 'ca', key: 'ca.crt' } }, minVersion: 'TLS12' },
      },
      { targetPort: 'metrics', enableHttp2: false, proxyUrl: 'http://proxy' },
    ],
  };
  const scrapeConfig: Raw<ScrapeConfigSpec> = {
    enableHTTP2: false,
    proxyUrl: 'http://proxy',
    kubernetesSDConfigs: [{ role: 'Pod' }],
    httpSDConfigs: [{ url: 'http://a' }],
  };
  const rule: Raw<PrometheusRuleSpec> = {
    groups: [{ name: 'a', rules: [{ alert: 'A', expr: 'up == 0', keep_firing_for: '5m' }] }],
  };
  const prometheus: Raw<PrometheusSpec> = {
    enableAdminAPI: true,
    arbitraryFSAccessThroughSMs: { deny: true },
    resources: { requests: { cpu: 1, memory: '2Gi' } },
    // The only date is in a status; as JSON it is text.
    storage: {
      volumeClaimTemplate: { status: { conditions: [{ type: 'a', status: 'b', lastProbeTime: '2026-01-01' }] } },
    },
  };
  const discord: Raw<AlertmanagerConfigSpecReceiversDiscordConfigs> = { apiURL: { name: 'a', key: 'b' } };
  const alertmanager: Raw<AlertmanagerSpec> = { clusterTLS: { server: { client_ca: {} }, client: {} } };
  return [monitor, scrapeConfig, rule, prometheus, discord, alertmanager];
}

function refusedByTheCompiler(): readonly unknown[] {
  // @ts-expect-error no selector
  const missing: Raw<ServiceMonitorSpec> = { endpoints: [] };
  // @ts-expect-error a field that does not exist
  const unknown: Raw<ServiceMonitorSpec> = { selector, endpoints: [], jobLable: 'app' };
  // @ts-expect-error a nested field that does not exist
  const nested: Raw<ServiceMonitorSpec> = { selector, endpoints: [{ prot: 'metrics' }] };
  // @ts-expect-error a value that the enum does not have
  const scheme: Raw<ServiceMonitorSpec> = { selector, endpoints: [{ scheme: 'ftp' }] };
  // @ts-expect-error an enum's value that is any text
  const anyScheme: Raw<ServiceMonitorSpec> = { selector, endpoints: [{ scheme: String('http') }] };
  // @ts-expect-error a text where a number belongs
  const limit: Raw<ServiceMonitorSpec> = { selector, endpoints: [], sampleLimit: '100' };
  // @ts-expect-error a flag where a number or text belongs
  const port: Raw<ServiceMonitorSpec> = { selector, endpoints: [{ targetPort: true }] };
  // @ts-expect-error an object where a list belongs
  const list: Raw<ServiceMonitorSpec> = { selector, endpoints: { port: 'metrics' } };
  // @ts-expect-error the name of the import, which the API server does not know
  const renamed: Raw<ServiceMonitorSpec> = { selector, endpoints: [], convertClassicHistogramsToNhcb: true };
  // @ts-expect-error the name of the import, required
  const required: Raw<AlertmanagerConfigSpecReceiversDiscordConfigs> = { apiUrl: { name: 'a', key: 'b' } };
  const endpoint: Raw<PodMonitorSpecPodMetricsEndpoints> = {};
  // @ts-expect-error finished objects do not change
  endpoint.port = 'metrics';
  return [missing, unknown, nested, scheme, anyScheme, limit, port, list, renamed, required, endpoint];
}

it('takes the plain JSON of a custom resource, and is checked by the compiler', () => {
  expect(acceptedByTheCompiler()).toHaveLength(6);
  expect(refusedByTheCompiler()).toHaveLength(11);
});
