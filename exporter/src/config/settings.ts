import type { SourceName } from '../kubernetes/source.js';
import type { LogLevel } from '../log.js';

/** Whether a source is used: where it is found, always, or never. */
export type Switch = 'auto' | 'on' | 'off';

/** Spellings of metrics. */
export const PROFILES = ['native', 'dcgm', 'nvitop'] as const;
export type Profile = (typeof PROFILES)[number];

/** Where values come from. */
export const BACKENDS = ['auto', 'nvidia', 'simulated', 'replay'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** Everything that flags, environment variables and the configuration file set; times in seconds. */
export interface Settings {
  readonly web: {
    /** `host:port`; an empty host is every address. */
    readonly listenAddress: readonly string[];
    readonly telemetryPath: string;
    readonly configFile?: string;
    /** Scrapes answered at the same time; more get 503. */
    readonly maxRequests: number;
    /** A client that takes longer than this is cut off. */
    readonly timeout: number;
  };
  readonly log: { readonly level: LogLevel; readonly format: 'logfmt' | 'json' };
  readonly backend: BackendName;
  /** What to simulate, such as `8xH100` or `4xA100+MIG`. */
  readonly gpus: string;
  readonly nvmlLibrary?: string;
  /** File to which calls of the driver are recorded. */
  readonly record?: string;
  /** Recording that `backend: replay` answers from. */
  readonly replay?: string;
  readonly collect: {
    readonly interval: number;
    /** A collection that takes longer counts as hung. */
    readonly timeout: number;
    /** Values older than this are no longer shown. */
    readonly staleness: number;
    readonly processes: boolean;
    readonly profiling: boolean;
    /** The call that samples for 20 ms per direction and GPU. */
    readonly pcieThroughput: boolean;
  };
  readonly profiles: readonly Profile[];
  readonly dcgm: {
    /** Names of dcgm-exporter up to 4.5 or from 4.6 on. */
    readonly names: '4.5' | '4.6';
    readonly hostnameLabel: 'Hostname' | 'hostname';
    /** Metrics that dcgm-exporter has and does not export by default. */
    readonly optional: boolean;
  };
  readonly series: {
    /** Series per profile; the rest is dropped, and counted. */
    readonly limit: number;
    /** Processes with series of their own, those with the most memory first. */
    readonly processes: number;
  };
  readonly kubernetes: {
    readonly enabled: Switch;
    readonly nodeName?: string;
    readonly sources: Readonly<Record<SourceName, Switch>>;
    readonly podResourcesSocket: string;
    readonly podsApiSocket: string;
    readonly kubeconfig?: string;
  };
  /** A device that is used less than this counts as idle. */
  readonly idleThreshold: number;
  readonly hostname: string;
  readonly paths: { readonly procfs: string; readonly sysfs: string; readonly rootfs: string };
  readonly once: boolean;
}
