import { defined } from '../../model/defined';
import { AmdDeviceConfig } from './amd-device-config/device-config';
import { type DeviceConfigOptions, OwnDeviceConfig } from './amd-device-config/own-device-config';
import { type ExistingExporterOptions, ForeignExporter } from './foreign-exporter';
import type { ExporterConnection } from './gpu-scrape';
import type { GpuSource } from './gpu-source';

/** The device-metrics-exporter of a DeviceConfig that is there already. */
export interface AmdGpuOperatorOptions extends ExporterConnection {
  /** Namespace of AMD's GPU operator. @default kube-amd-gpu */
  readonly namespace?: string;
  /** Name of the DeviceConfig. @default gpu-operator */
  readonly deviceConfig?: string;
  /** The exporter shares the network of its node. @default false */
  readonly hostNetwork?: boolean;
}

/** Job of AMD's exporter, however it is deployed. */
const AMD_JOB = 'amd-device-metrics-exporter';

/** Where the metrics of AMD's GPUs come from. */
export class AmdExporter {
  /**
   * The device-metrics-exporter that AMD's GPU operator runs for a DeviceConfig of others.
   *
   * Behind kube-rbac-proxy say how its certificate is verified, by `RbacProxy.target`. Where the DeviceConfig also
   * enables a ServiceMonitor that the same Prometheus takes up, everything is scraped twice: disable it there, or write
   * the DeviceConfig here (`AmdExporter.deviceConfig`).
   *
   * @see https://github.com/ROCm/gpu-operator
   *
   * @example AmdExporter.gpuOperator({ ...RbacProxy.target({ tls: { insecureSkipVerify: true } }) })
   */
  public static gpuOperator(options: AmdGpuOperatorOptions = {}): AmdExporter {
    const { deviceConfig = 'gpu-operator', namespace = 'kube-amd-gpu', ...connection } = defined(options);
    const service = AmdDeviceConfig.service(deviceConfig);
    return new AmdExporter(new ForeignExporter(AMD_JOB, { ...connection, ...service, namespace }));
  }

  /**
   * A DeviceConfig that is written here, with the exporter enabled. AMD's GPU operator is there already.
   *
   * A Prometheus that an operator runs takes up the ServiceMonitor which AMD's operator then makes, as long as that can
   * say everything that is asked for; otherwise, and always without an operator, the Service is scraped directly. The
   * final labels are the same.
   */
  public static deviceConfig(options: DeviceConfigOptions = {}): AmdExporter {
    return new AmdExporter(new OwnDeviceConfig(AMD_JOB, options));
  }

  /** Any other exporter with labels like those of AMD's. */
  public static existing(options: ExistingExporterOptions): AmdExporter {
    return new AmdExporter(new ForeignExporter(undefined, options));
  }

  private constructor(
    /** How it is made and scraped. */
    public readonly exporter: GpuSource,
  ) {}
}
