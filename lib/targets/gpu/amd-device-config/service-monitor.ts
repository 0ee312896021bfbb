import { type Authorization, checkTls, type TlsConfig } from '../../../model/http-client';
import type { Labels } from '../../../model/label';
import { renderOperatorTls } from '../../../model/operator-http-client';
import type { Problems } from '../../../model/problem';
import { checkRelabelings, type RelabelConfig } from '../../../model/relabel';

/**
 * The ServiceMonitor that AMD's GPU operator makes, with every field that a DeviceConfig has for it.
 *
 * Secrets and ConfigMaps are those of the DeviceConfig's namespace.
 *
 * @see https://github.com/ROCm/gpu-operator/blob/main/docs/metrics/prometheus.md
 */
export interface DeviceConfigServiceMonitor {
  /** @default true */
  readonly enable?: boolean;
  /** Time between two scrapes: a whole number and one unit, such as `30s`. @default - that of the Prometheus */
  readonly interval?: string;
  /** @default - nothing is attached */
  readonly attachMetadata?: { readonly node: boolean };
  /** Labels of the exporter's answer win over those of the target. AMD's own default is true. @default false */
  readonly honorLabels?: boolean;
  /** Timestamps of the exporter's answer are kept. @default - Prometheus' own */
  readonly honorTimestamps?: boolean;
  /** Labels of the ServiceMonitor, by which a Prometheus selects it. @default - those that AMD's operator gives it */
  readonly labels?: Labels;
  /** Rewrites or drops targets, before the scrape. @default - none */
  readonly relabelings?: readonly RelabelConfig[];
  /** Rewrites or drops series, after the scrape. @default - none */
  readonly metricRelabelings?: readonly RelabelConfig[];
  /**
   * Path of a file with a bearer token, in the container of the Prometheus.
   *
   * @deprecated Use `authorization` with a key of a Secret; a Prometheus can refuse ServiceMonitors that read files.
   * @default - none
   */
  readonly bearerTokenFile?: string;
  /** The token, as a key of a Secret. @default - none */
  readonly authorization?: Authorization;
  /** How the exporter's certificate is verified, and with which one the Prometheus identifies itself. @default - none */
  readonly tlsConfig?: TlsConfig;
}

/** The field `prometheus.serviceMonitor`. */
export function renderServiceMonitor(monitor: DeviceConfigServiceMonitor): Record<string, unknown> {
  const { authorization, tlsConfig } = monitor;
  return {
    enable: monitor.enable ?? true,
    interval: monitor.interval,
    attachMetadata: monitor.attachMetadata,
    honorLabels: monitor.honorLabels ?? false,
    honorTimestamps: monitor.honorTimestamps,
    labels: monitor.labels,
    relabelings: monitor.relabelings,
    metricRelabelings: monitor.metricRelabelings,
    bearerTokenFile: monitor.bearerTokenFile,
    // A path is reported: it has the field bearerTokenFile.
    authorization: authorization && {
      type: authorization.type,
      credentials: typeof authorization.credentials === 'string' ? undefined : reference(authorization.credentials),
    },
    tlsConfig: tlsConfig && renderOperatorTls(tlsConfig),
  };
}

/** Checks the fields as the API server, the Prometheus and common sense would. */
export function checkServiceMonitor(monitor: DeviceConfigServiceMonitor, problems: Problems): void {
  const { authorization, bearerTokenFile, tlsConfig } = monitor;
  const { interval } = monitor;
  if (interval !== undefined && !(isPlainDuration(interval) && /[1-9]/.test(interval))) {
    problems.add('interval', `"${interval}" received. Allowed: a whole number above 0 and one of ms, s, m, h.`);
  }
  if (bearerTokenFile !== undefined && authorization !== undefined) {
    problems.add('bearerTokenFile', 'It means the same as authorization, which is set too; remove it.');
  }
  if (bearerTokenFile?.startsWith('/') === false) {
    problems.add('bearerTokenFile', `"${bearerTokenFile}" received. Allowed: an absolute path in the Prometheus.`);
  }
  if (typeof authorization?.credentials === 'string') {
    problems.add(
      'authorization.credentials',
      'A file has no place here. Allowed: SecretKey.of(secret, key); for a file there is bearerTokenFile.',
    );
  }
  if (tlsConfig !== undefined) {
    checkTls(tlsConfig, problems);
  }
  checkRelabelings(monitor.relabelings ?? [], 'relabelings', problems);
  checkRelabelings(monitor.metricRelabelings ?? [], 'metricRelabelings', problems);
}

/** Whether a DeviceConfig takes the duration. */
export function isPlainDuration(text: string): boolean {
  return /^\d+(ms|s|m|h)$/.test(text);
}

function reference({ name, key }: { readonly name: string; readonly key: string }): Record<string, string> {
  return { name, key };
}
