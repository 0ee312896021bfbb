import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { Images } from '../../../core/images';
import { addCheck, addWarning } from '../../../core/synthesis';
import { checkWorkload, metadataOf, type WorkloadProps } from '../../../core/workload';
import { compact } from '../../../model/compact';
import { checkMetricsExporter, type MetricsExporterOptions, renderMetricsExporter } from './metrics-exporter';
import type { DeviceConfigServiceMonitor } from './service-monitor';

/** A part of a DeviceConfig that is handed on as it is. */
type Part = Readonly<Record<string, unknown>>;

/** Everything of a DeviceConfig that is not about metrics, in its own spelling. */
export interface DeviceConfigSpec {
  /** Labels of the nodes with GPUs. @default - those that AMD's node feature rule gives */
  readonly selector?: Readonly<Record<string, string>>;
  /** @default - AMD's own */
  readonly driver?: Part;
  /** @default - AMD's own */
  readonly devicePlugin?: Part;
  /** @default - AMD's own */
  readonly draDriver?: Part;
  /** @default - AMD's own */
  readonly commonConfig?: Part;
  /** @default - AMD's own */
  readonly configManager?: Part;
  /** @default - AMD's own */
  readonly remediationWorkflow?: Part;
  /** @default - AMD's own */
  readonly testRunner?: Part;
}

/** A DeviceConfig of AMD's GPU operator with the metrics exporter enabled. */
export interface AmdDeviceConfigProps extends Pick<WorkloadProps, 'labels' | 'annotations' | 'images'> {
  /** Name of the DeviceConfig; the exporter's Service is called `<name>-metrics-exporter`. @default gpu-operator */
  readonly name?: string;
  /** Namespace in which AMD's operator looks for it. @default kube-amd-gpu */
  readonly namespace?: string;
  /** @default - AMD's own, with a pinned image */
  readonly metricsExporter?: MetricsExporterOptions;
  /** The ServiceMonitor that AMD's operator makes. @default - none */
  readonly serviceMonitor?: DeviceConfigServiceMonitor;
  /** The rest; the one DeviceConfig of a node has to say everything about it. @default - AMD's own */
  readonly spec?: DeviceConfigSpec;
}

/**
 * The DeviceConfig by which AMD's GPU operator runs its metrics exporter.
 *
 * It takes the place of one of the same name: what that one says about driver and device plugin belongs into `spec`.
 *
 * @see https://github.com/ROCm/gpu-operator
 */
export class AmdDeviceConfig extends Construct {
  /** How the exporter's Service of a DeviceConfig is found. */
  public static service(deviceConfig: string): {
    readonly matchLabels: Readonly<Record<string, string>>;
    readonly port: string;
  } {
    return {
      matchLabels: { 'app.kubernetes.io/service': `${deviceConfig}-metrics-exporter` },
      port: 'exporter-port',
    };
  }

  /** The custom resource. */
  public readonly resource: ApiObject;

  public constructor(scope: Construct, id: string, props: AmdDeviceConfigProps = {}) {
    super(scope, id);
    const { serviceMonitor = { enable: false }, spec = {}, images = Images.of() } = props;
    const { name = 'gpu-operator', namespace = 'kube-amd-gpu' } = props;
    const metadata = metadataOf('amd-device-config', { ...props, name, namespace }, this);
    const exporter = {
      ...props.metricsExporter,
      image: props.metricsExporter?.image ?? images.reference('amd-device-metrics-exporter'),
    };
    this.resource = new ApiObject(this, 'DeviceConfig', {
      apiVersion: 'amd.com/v1alpha1',
      kind: 'DeviceConfig',
      metadata: metadata.object(),
      spec: compact({ ...spec, metricsExporter: renderMetricsExporter(exporter, serviceMonitor) }),
    });
    addCheck(this, (problems) => {
      if (!/^[a-z0-9]([a-z0-9-]{0,44}[a-z0-9])?$/.test(name)) {
        problems.add('name', `"${name}" received. Allowed: lower-case letters, digits and -, at most 46 characters.`);
      }
      checkWorkload({ ...(props.labels && { labels: props.labels }), namespace, images }, problems);
      checkMetricsExporter(exporter, serviceMonitor, problems.within('metricsExporter'));
    });
    addWarning(this, () =>
      serviceMonitor.bearerTokenFile === undefined
        ? []
        : [
            'serviceMonitor.bearerTokenFile is deprecated, and a Prometheus that denies files to ServiceMonitors leaves ' +
              'this one out. Use authorization: { credentials: SecretKey.of(secret, key) }.',
          ],
    );
  }
}
