import { type App, Chart, Testing } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { vi } from 'vitest';
import { SynthesisError } from '../../../lib/core/synthesis';
import { OperatorPrometheus, type OperatorPrometheusProps } from '../../../lib/prometheus/operator/operator-prometheus';
import { objectOf, objectsOf } from '../../objects';

/** A chart whose objects go to the namespace `monitoring`. */
export function newChart(): Chart {
  return new Chart(Testing.app(), 'chart', { namespace: 'monitoring', disableResourceNameHashes: true });
}

/** A Prometheus of the operator. */
export function make(props: OperatorPrometheusProps = {}) {
  const chart = newChart();
  return { chart, prometheus: new OperatorPrometheus(chart, 'prometheus', props) };
}

/** The specification of an object, with open fields. */
export function specOf(chart: Chart, key = 'Prometheus monitoring/prometheus'): Readonly<Record<string, unknown>> {
  return objectOf(chart, key).spec;
}

/** The keys of the objects of some kinds. */
export function keysOf(chart: Chart, ...kinds: readonly string[]): readonly string[] {
  return [...objectsOf(chart).keys()].filter((key) => kinds.includes(key.split(' ')[0] ?? ''));
}

/** Every problem of an app, each `path property: message`. */
export function problemsOf(chart: Chart): readonly string[] {
  return synthesize(chart).problems;
}

/** What synthesis says on stderr. */
export function warningsOf(chart: Chart): string {
  return synthesize(chart).warnings;
}

function synthesize(chart: Chart): { readonly problems: readonly string[]; readonly warnings: string } {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const warnings = () => write.mock.calls.map(([text]) => String(text)).join('');
  try {
    (chart.node.root as App).synth();
    return { problems: [], warnings: warnings() };
  } catch (error) {
    if (!(error instanceof SynthesisError)) {
      throw error;
    }
    const found = error.problems.map(({ path, property, message }) => `${path} ${property}: ${message}`);
    return { problems: found, warnings: warnings() };
  } finally {
    write.mockRestore();
  }
}

/** A Service with one named port. */
export function addService(chart: Chart, namespace: string, name = 'api') {
  const metadata = { name, namespace, labels: { app: name } };
  const ports = [{ name: 'metrics', port: 80, targetPort: k8s.IntOrString.fromNumber(9100) }];
  return new k8s.KubeService(chart, name, { metadata, spec: { selector: { app: name }, ports } });
}

/** The object but for some properties. */
export function without<T extends object, Name extends keyof T>(object: T, ...names: readonly Name[]): Omit<T, Name> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !names.includes(key as Name))) as Omit<T, Name>;
}
