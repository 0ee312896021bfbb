import { Chart, Testing } from 'cdk8s';
import { GpuExporter } from '../../../../lib/targets/gpu/bundled-exporter/gpu-exporter';
import type { GpuExporterProps } from '../../../../lib/targets/gpu/bundled-exporter/gpu-exporter-props';
import { objectOf, podOf, type TestPod } from '../../../objects';

/** A GPU exporter in a chart of its own. */
export function make(props: GpuExporterProps = {}) {
  const app = Testing.app();
  const chart = new Chart(app, 'chart', { namespace: 'agents', disableResourceNameHashes: true });
  return { app, chart, exporter: new GpuExporter(chart, 'gpu', props) };
}

/** Its pod template. */
export function podOfExporter(props: GpuExporterProps = {}): TestPod {
  return podOf(objectOf(make(props).chart, 'DaemonSet agents/gpu-exporter'));
}

/** The flags of the exporter. */
export function argsOf(props: GpuExporterProps = {}): readonly string[] {
  return podOfExporter(props).spec.containers[0]?.args ?? [];
}
