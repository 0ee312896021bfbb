import type { Storage } from '../core/storage';
import type { Resources, WorkloadProps } from '../core/workload';
import type { AlertmanagerConfiguration } from '../model/alerting/configuration';
import type { ConfigMapKey, SecretKey } from '../model/references';
import type { ServerTls } from '../model/server-tls';

/** What the web server offers and how. */
export interface AlertmanagerWebOptions {
  /** URL under which users reach it; used in links of notifications. @default - the Service's address */
  readonly externalUrl?: string;
  /** Path under which everything is served. @default - the path of externalUrl */
  readonly routePrefix?: string;
  /** GET requests at once; more are refused. @default - the number of CPUs, at least 8 */
  readonly getConcurrency?: number;
  /** Time that a request may take. @default - no limit */
  readonly timeout?: string;
  /** @default - plain http */
  readonly tls?: ServerTls;
}

/** Mutual TLS between the replicas; one certificate serves for both sides. */
export interface AlertmanagerClusterTls {
  readonly cert: SecretKey | ConfigMapKey;
  readonly key: SecretKey;
  /** Authority that signed the certificates. */
  readonly ca: SecretKey | ConfigMapKey;
  /** Name that the certificates bear. @default - the address of the replica */
  readonly serverName?: string;
}

/**
 * How replicas share silences and what was sent.
 *
 * @see https://prometheus.io/docs/alerting/latest/high_availability/
 */
export interface AlertmanagerClusterOptions {
  /** `host:port` of further members, such as those of another cluster. @default - the replicas alone */
  readonly additionalPeers?: readonly string[];
  /** Address that other members use. @default - that of the pod */
  readonly advertiseAddress?: string;
  /** Time that a replica gives each one before it to notify. @default 15s */
  readonly peerTimeout?: string;
  /** @default 15s */
  readonly peersResolveTimeout?: string;
  /** @default 200ms */
  readonly gossipInterval?: string;
  /** @default 1m */
  readonly pushpullInterval?: string;
  /** @default 10s */
  readonly tcpTimeout?: string;
  /** @default 500ms */
  readonly probeTimeout?: string;
  /** @default 1s */
  readonly probeInterval?: string;
  /** Time for which a started replica waits for the others. @default 1m */
  readonly settleTimeout?: string;
  /** @default 10s */
  readonly reconnectInterval?: string;
  /** @default 6h */
  readonly reconnectTimeout?: string;
  /** Keeps members of different clusters apart. @default - namespace/name */
  readonly label?: string;
  /** Mutual TLS between the replicas. @default - none */
  readonly tls?: AlertmanagerClusterTls;
  /** Lets members find and use a public address. @default false */
  readonly allowInsecurePublicAdvertiseAddressDiscovery?: boolean;
}

/** Bounds of silences. */
export interface AlertmanagerSilenceOptions {
  /** @default - unlimited */
  readonly max?: number;
  /** @default - unlimited */
  readonly maxSizeBytes?: number;
  /** Logs every change of a silence. @default false */
  readonly log?: boolean;
}

/** How alerts are kept and handed on. */
export interface AlertmanagerAlertOptions {
  /** Time between two removals of resolved alerts. @default 30m */
  readonly gcInterval?: string;
  /** Alerts of one name. @default - unlimited */
  readonly perAlertnameLimit?: number;
  /** Time between two removals of empty groups. @default 30s */
  readonly dispatchMaintenanceInterval?: string;
  /** Waits after a start, until Prometheus has sent its alerts again. @default - not at all */
  readonly dispatchStartDelay?: string;
}

/**
 * An Alertmanager: what it is told, how its pods run, and every flag of the program.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/
 */
export interface AlertmanagerProps extends WorkloadProps, AlertmanagerConfiguration {
  /** Members that share their state, for availability; notifications are sent once. @default 1 */
  readonly replicas?: number;
  /** Time for which silences and what was sent are remembered. @default 120h */
  readonly retention?: string;
  /** Time between two writes of the state to disk. @default 15m */
  readonly maintenanceInterval?: string;
  /** Where silences and what was sent are kept. @default - an emptyDir */
  readonly storage?: Storage;
  readonly web?: AlertmanagerWebOptions;
  readonly cluster?: AlertmanagerClusterOptions;
  readonly silences?: AlertmanagerSilenceOptions;
  readonly alerts?: AlertmanagerAlertOptions;
  /** Features behind a flag. @default - none */
  readonly enableFeatures?: readonly string[];
  /** Share of the memory limit that Go's collector aims at; needs the feature `auto-gomemlimit`. @default 0.9 */
  readonly autoGomemlimitRatio?: number;
  /** @default info */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** @default logfmt */
  readonly logFormat?: 'logfmt' | 'json';
  /** Time for a clean shutdown. @default 120 */
  readonly terminationGracePeriodSeconds?: number;
  /** Requests and limits of the config reloader. @default - 10m and 32Mi requested, 64Mi at most */
  readonly reloaderResources?: Resources;
}
