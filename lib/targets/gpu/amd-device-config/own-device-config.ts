import { Peer } from '../../../core/peer';
import { SERVICE_ACCOUNT } from '../../../core/service-account-files';
import { defined } from '../../../model/defined';
import { parseDuration } from '../../../model/duration';
import type { Authorization, TlsConfig } from '../../../model/http-client';
import type { Labels } from '../../../model/label';
import { usesFiles } from '../../../model/operator-http-client';
import type { Problems } from '../../../model/problem';
import { Relabel } from '../../../model/relabel';
import { withAuthorization } from '../../../model/scrape/endpoint';
import { ScrapeTarget } from '../../../model/scrape/scrape-target';
import { staticLabels } from '../../../model/scrape/target-relabelings';
import { checkGpuScrape, type ExporterConnection, type GpuScrapeOptions, gpuScrapeOptions } from '../gpu-scrape';
import type { BoundGpu, GpuContext, GpuSource } from '../gpu-source';
import { AmdDeviceConfig, type AmdDeviceConfigProps } from './device-config';
import { speaksHttps } from './metrics-exporter';
import { type DeviceConfigServiceMonitor, isPlainDuration } from './service-monitor';

/** A DeviceConfig, and how its exporter is connected to. How it is scraped is said to `Gpu.amd`. */
export interface DeviceConfigOptions extends Omit<AmdDeviceConfigProps, 'serviceMonitor' | 'images'> {
  /**
   * Lets AMD's operator make the ServiceMonitor.
   *
   * @default - where the Prometheus takes up ServiceMonitors of that namespace, and one of AMD's can say all that is asked for
   */
  readonly serviceMonitor?: boolean;
  /** Labels of AMD's ServiceMonitor beside those that the Prometheus asks for, none of which can be another. @default - none */
  readonly serviceMonitorLabels?: Labels;
  /** How the certificate of kube-rbac-proxy is verified; needed with `metricsExporter.rbacConfig`. @default - none */
  readonly tls?: TlsConfig;
  /**
   * Token for kube-rbac-proxy. A Secret is read in the namespace of the monitor: that of the DeviceConfig where AMD's
   * operator makes it, else that of the Prometheus.
   *
   * @default - that of the Prometheus' ServiceAccount where there is a proxy, and no client certificate
   */
  readonly authorization?: Authorization;
  /**
   * Path of a file with a token for kube-rbac-proxy.
   *
   * @deprecated Use `authorization`.
   * @default - none
   */
  readonly bearerTokenFile?: string;
}

/** What AMD's ServiceMonitor has a field for, or can be said in its relabelings. */
const EXPRESSIBLE: readonly (keyof GpuScrapeOptions)[] = [
  'job',
  'labels',
  'interval',
  'honorTimestamps',
  'attachNodeMetadata',
  'podLabels',
  'nodeLabel',
  'relabelings',
  'metricRelabelings',
];

/** Runs AMD's exporter by a DeviceConfig that is written here. */
export class OwnDeviceConfig implements GpuSource {
  public readonly runsOnNodes = false;

  public constructor(
    private readonly job: string,
    private readonly options: DeviceConfigOptions,
  ) {}

  public bind(context: GpuContext, scrape: GpuScrapeOptions): BoundGpu {
    const { serviceMonitor, serviceMonitorLabels, tls, authorization, bearerTokenFile, ...props } = this.options;
    const target = this.target(scrape);
    const { prometheus, agents } = context;
    const selection = this.makesMonitor(context, scrape) ? prometheus.monitorSelection : undefined;
    const isMonitored = this.makesMonitor(context, scrape);
    const construct = new AmdDeviceConfig(context.chart('amd-device-config'), 'amd-device-config', {
      ...defined(props),
      ...(agents.images && { images: agents.images }),
      ...(isMonitored && { serviceMonitor: this.monitor(target, scrape, selection?.labels) }),
    });
    selection?.admit(this.namespace);
    if (isMonitored && this.options.metricsExporter?.hostNetwork === true) {
      // Admitting a namespace lets its pods be reached; these have the addresses of their nodes.
      const { port = 5000 } = this.options.metricsExporter;
      prometheus.connections.allowTo(Peer.nodes(agents.network?.nodeCidrs), { port });
    }
    if (isMonitored && scrape.attachNodeMetadata === true) {
      const rules = [{ resources: ['nodes'], verbs: ['list', 'watch'] }];
      context.prometheusAccess?.allow({ namespaces: 'cluster', rules });
    }
    const monitoring = { name: this.job, targets: isMonitored ? [] : [target] };
    context.monitor(monitoring);
    return { monitoring, construct };
  }

  public check(context: GpuContext, scrape: GpuScrapeOptions, problems: Problems): void {
    const at = problems.within('exporter');
    checkGpuScrape(scrape, problems);
    const { metricsExporter = {}, serviceMonitor, tls } = this.options;
    if (speaksHttps(metricsExporter) && tls === undefined) {
      at.add(
        'tls',
        'It does not say how the certificate of kube-rbac-proxy is verified. Set tls: { ca } for the one in ' +
          'metricsExporter.rbacConfig.secret, or name that it signs one for itself: tls: { insecureSkipVerify: true }.',
      );
    }
    const selection = context.prometheus.monitorSelection;
    if (serviceMonitor === true && selection === undefined) {
      at.add(
        'serviceMonitor',
        'This Prometheus takes up no ServiceMonitors, so nothing would be scraped. Leave it out: the Service is scraped.',
      );
    }
    if (serviceMonitor === true && selection?.reaches(this.namespace) === false) {
      at.add(
        'serviceMonitor',
        `This Prometheus looks for no monitors in ${this.namespace} (monitorNamespaces), so nothing would be scraped. ` +
          'Leave it out: the Service is scraped.',
      );
    }
    if (this.makesMonitor(context, scrape)) {
      for (const name of this.inexpressible(scrape)) {
        at.add(
          'serviceMonitor',
          `AMD's ServiceMonitor has no field for ${name}. Leave serviceMonitor out, and the Service is scraped with it.`,
        );
      }
      for (const [label, wanted] of Object.entries(selection?.labels ?? {})) {
        const given = this.options.serviceMonitorLabels?.[label];
        if (given !== undefined && given !== wanted) {
          at.add(
            'serviceMonitorLabels',
            `${label}: "${given}" received, but this Prometheus takes up only monitors with ${label}: "${wanted}". ` +
              'Leave the label out.',
          );
        }
      }
    } else if (this.options.serviceMonitorLabels !== undefined) {
      at.add('serviceMonitorLabels', "AMD's operator makes no ServiceMonitor here. Set serviceMonitor: true.");
    }
  }

  public warnings(context: GpuContext, scrape: GpuScrapeOptions): readonly string[] {
    const needsNodes = this.makesMonitor(context, scrape) && scrape.attachNodeMetadata === true;
    return [
      ...(scrape.podLabels?.warnings ?? []),
      ...(needsNodes && context.prometheusAccess === undefined
        ? ['attachNodeMetadata: the ServiceAccount of the Prometheus must be allowed to list and watch nodes.']
        : []),
    ];
  }

  private get namespace(): string {
    return this.options.namespace ?? 'kube-amd-gpu';
  }

  /** Whether AMD's operator makes the ServiceMonitor. */
  private makesMonitor({ prometheus }: GpuContext, scrape: GpuScrapeOptions): boolean {
    const isPossible = () =>
      this.inexpressible(scrape).length === 0 && !usesFiles(withAuthorization(this.connection()));
    const isSeen = prometheus.monitorSelection?.reaches(this.namespace) === true;
    return this.options.serviceMonitor ?? (isSeen && isPossible());
  }

  private inexpressible(scrape: GpuScrapeOptions): readonly string[] {
    return Object.keys(defined(scrape)).filter((name) => !(EXPRESSIBLE as readonly string[]).includes(name));
  }

  /** How the exporter is connected to, whoever scrapes it. */
  private connection(): ExporterConnection {
    const { metricsExporter = {}, tls, authorization, bearerTokenFile } = this.options;
    const isGiven = authorization !== undefined || bearerTokenFile !== undefined;
    const isProxied = speaksHttps(metricsExporter);
    const usual = isProxied && !isGiven && tls?.cert === undefined ? { credentials: SERVICE_ACCOUNT.token } : undefined;
    const sent = authorization ?? usual;
    return {
      ...(isProxied && { scheme: 'https' }),
      ...(sent && { authorization: sent }),
      ...(bearerTokenFile !== undefined && { bearerTokenFile }),
      ...(tls && { tls }),
    };
  }

  private target(scrape: GpuScrapeOptions): ScrapeTarget {
    const { name = 'gpu-operator', metricsExporter } = this.options;
    return ScrapeTarget.services({
      job: this.job,
      namespace: this.namespace,
      ...AmdDeviceConfig.service(name),
      ...(metricsExporter?.hostNetwork === true && { hostNetwork: true }),
      ...this.connection(),
      ...gpuScrapeOptions(scrape),
      external: true,
    });
  }

  /** The same in the words of AMD's ServiceMonitor. */
  private monitor(
    target: ScrapeTarget,
    scrape: GpuScrapeOptions,
    labels: Labels | undefined,
  ): DeviceConfigServiceMonitor {
    const [endpoint = {}] = target.endpoints;
    const { interval, authorization } = endpoint;
    const { serviceMonitorLabels } = this.options;
    const token = authorization?.credentials;
    const file = this.options.bearerTokenFile ?? (typeof token === 'string' ? token : undefined);
    return {
      ...(interval !== undefined && { interval: plainDuration(interval) }),
      ...(scrape.attachNodeMetadata !== undefined && { attachMetadata: { node: scrape.attachNodeMetadata } }),
      honorLabels: endpoint.honorLabels ?? false,
      ...(endpoint.honorTimestamps !== undefined && { honorTimestamps: endpoint.honorTimestamps }),
      labels: { ...serviceMonitorLabels, ...labels },
      relabelings: [
        Relabel.set('job', target.job.replaceAll('$', '$$$$')),
        ...staticLabels(target),
        ...(endpoint.relabelings ?? []),
      ],
      ...(endpoint.metricRelabelings && { metricRelabelings: endpoint.metricRelabelings }),
      ...(file !== undefined && { bearerTokenFile: file }),
      ...(authorization && typeof token !== 'string' && { authorization }),
      ...(endpoint.tls && { tlsConfig: endpoint.tls }),
    };
  }
}

/** A DeviceConfig takes one unit only; what is no duration at all is reported elsewhere. */
function plainDuration(text: string): string {
  const milliseconds = parseDuration(text);
  return isPlainDuration(text) || milliseconds === undefined ? text : `${milliseconds}ms`;
}
