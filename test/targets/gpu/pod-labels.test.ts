import { Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Problems } from '../../../lib/model/problem';
import { Relabel, type RelabelConfig, renderRelabel } from '../../../lib/model/relabel';
import { renderNative } from '../../../lib/model/scrape/native';
import { DcgmExporter } from '../../../lib/targets/gpu/dcgm-exporter/dcgm-exporter';
import { Gpu } from '../../../lib/targets/gpu/gpu';
import { PodLabels } from '../../../lib/targets/gpu/pod-labels';
import { type LabellingConfig, scrapedSeries } from '../../relabel-evaluator';
import { DCGM_ANSWER, exporterPod, faultOf, operated, warningsOf, worldOf } from './world';

const pod = exporterPod({
  namespace: 'gpu-operator',
  service: 'nvidia-dcgm-exporter',
  serviceLabels: { app: 'nvidia-dcgm-exporter' },
  port: 'gpu-metrics',
});

/** The labels of the busy and of the idle GPU, by the native configuration. */
function labelsWith(podLabels?: PodLabels) {
  const gpu = operated(podLabels === undefined ? {} : { podLabels });
  const [target] = worldOf([gpu]).bound[0]?.monitoring.targets ?? [];
  const [config] = target === undefined ? [] : renderNative(target, { path: () => '' });
  const [busy = {}, idle = {}] = scrapedSeries(config as LabellingConfig, pod, DCGM_ANSWER);
  return { busy, idle };
}

describe('renamed at the target, as by default', () => {
  const { busy, idle } = labelsWith();

  it('the series of a busy GPU name the workload, and the exporter beside it', () => {
    expect(busy).toMatchObject({ namespace: 'ml', pod: 'train-0', container: 'main' });
    expect(busy).toMatchObject({
      exporter_namespace: 'gpu-operator',
      exporter_pod: 'nvidia-dcgm-exporter-abcde',
      exporter_container: 'exporter',
    });
  });

  it('those of an idle GPU name no pod, and never that of the exporter', () => {
    expect(idle).not.toHaveProperty('pod');
    expect(idle).not.toHaveProperty('namespace');
    expect(idle).not.toHaveProperty('container');
    expect(idle).toMatchObject({ exporter_pod: 'nvidia-dcgm-exporter-abcde', UUID: 'GPU-1' });
  });

  it('no label is exported, and the other labels of the target stay', () => {
    expect(Object.keys(busy).filter((name) => name.startsWith('exported_'))).toEqual([]);
    expect(idle).toMatchObject({ job: 'nvidia-dcgm-exporter', service: 'nvidia-dcgm-exporter', node: 'gpu-node-1' });
  });
});

describe('honored', () => {
  it('the exporter gets what is idle, of which a warning tells', () => {
    const { busy, idle } = labelsWith(PodLabels.honor());
    expect(busy).toMatchObject({ pod: 'train-0' });
    expect(idle).toMatchObject({ pod: 'nvidia-dcgm-exporter-abcde', namespace: 'gpu-operator' });
    expect(warningsOf(worldOf([operated({ podLabels: PodLabels.honor() })]))).toContain(
      'PodLabels.honor() gives every series without a pod label, such as those of an idle GPU of dcgm-exporter, the ' +
        "exporter's own namespace, pod and container",
    );
    expect(warningsOf(worldOf([operated()]))).toBe('');
  });

  it('an exporter of our own says the same warning once', () => {
    const chart = new Chart(Testing.app(), 'chart');
    new DcgmExporter(chart, 'dcgm', { scrape: { podLabels: PodLabels.honor() } });
    const app = chart.node.root as ReturnType<typeof Testing.app>;
    expect(warningsOf({ app }).split('PodLabels.honor()')).toHaveLength(2);
  });
});

it('by hand, the relabelings of the AMD documentation do the same for the pod alone', () => {
  const { busy, idle } = labelsWith(
    PodLabels.custom([Relabel.replace('pod', '(.*)', 'exporter_pod', '$1'), Relabel.labelDrop('pod')]),
  );
  expect(busy).toMatchObject({ pod: 'train-0', exporter_pod: 'nvidia-dcgm-exporter-abcde' });
  expect(idle).not.toHaveProperty('pod');
  expect(idle).toMatchObject({ namespace: 'gpu-operator' });
});

it('by hand, series can be rewritten where labels were exported', () => {
  const { busy } = labelsWith(
    PodLabels.custom([], { metricRelabelings: [Relabel.replace('exported_pod', '(.+)', 'workload', '$1')] }),
  );
  expect(busy).toMatchObject({ workload: 'train-0', pod: 'nvidia-dcgm-exporter-abcde' });
});

describe('the wrong side', () => {
  const faults = (
    podLabels: PodLabels,
    relabelings: readonly RelabelConfig[] = [],
    metricRelabelings: readonly RelabelConfig[] = [],
  ) => {
    const problems = Problems.at('gpus');
    podLabels.check({ relabelings, metricRelabelings }, problems);
    return problems.all.map(({ property, message }) => `${property}: ${message}`);
  };

  it('cannot be dropped from the target while labels are honored', () => {
    const way =
      "honorLabels: true keeps the exporter's labels already, and labeldrop of pod takes away those of the target";
    expect(faults(PodLabels.honor(), [Relabel.labelDrop('pod')])).toEqual([
      expect.stringContaining(`relabelings[0]: ${way}`),
    ]);
    expect(faults(PodLabels.custom([Relabel.labelDrop('pod.*')], { honorLabels: true }))).toEqual([
      expect.stringContaining(`podLabels.relabelings[0]: ${way}`),
    ]);
    expect(faults(PodLabels.honor(), [Relabel.labelDrop('service')])).toEqual([]);
  });

  it('cannot be dropped from the series, in any way', () => {
    for (const podLabels of [PodLabels.renameTarget(), PodLabels.honor(), PodLabels.custom([])]) {
      expect(faults(podLabels, [], [Relabel.labelDrop('(namespace|pod)')])).toEqual([
        "metricRelabelings[0]: labeldrop removes namespace, pod after the scrape, which are the workload's, not the " +
          "exporter's. Remove it: PodLabels.renameTarget() drops those of the exporter before the scrape.",
      ]);
    }
    expect(faults(PodLabels.renameTarget(), [], [Relabel.labelKeep('__name__|gpu')])).toEqual([
      expect.stringContaining('labelkeep removes namespace, pod, container after the scrape'),
    ]);
  });

  it('is what a relabeling by exported_pod empties where there is no exported_pod', () => {
    const usual = { sourceLabels: ['exported_pod'], targetLabel: 'pod' };
    for (const podLabels of [PodLabels.renameTarget(), PodLabels.honor()]) {
      expect(faults(podLabels, [], [usual])).toEqual([
        expect.stringContaining('metricRelabelings[0]: There is no exported_pod: it exists only where the target has'),
      ]);
    }
    expect(faults(PodLabels.custom([], { metricRelabelings: [usual] }))).toEqual([]);
  });

  it('cannot be given back to the target that was renamed', () => {
    expect(faults(PodLabels.renameTarget(), [Relabel.copy('exporter_pod', 'pod')])).toEqual([
      'relabelings[0]: It gives the target a label pod again, which then stands on the series of idle GPUs too. Write ' +
        'to another label, or say how all of them are meant with PodLabels.custom(relabelings).',
    ]);
  });

  it('is reported at synth, for every exporter', () => {
    const options = { podLabels: PodLabels.honor(), relabelings: [Relabel.labelDrop('pod')] };
    for (const gpu of [operated(options), Gpu.amd(options)]) {
      expect(faultOf(worldOf([gpu]))).toMatch(/1 problem\n\n {2}monitoring\/gpus\[0\] {2}relabelings\[0\]\n/);
    }
  });
});

it('the relabelings are those that prometheus-operator takes as well', () => {
  expect(PodLabels.renameTarget().relabelings.map(renderRelabel)).toEqual([
    { source_labels: ['namespace'], target_label: 'exporter_namespace' },
    { source_labels: ['pod'], target_label: 'exporter_pod' },
    { source_labels: ['container'], target_label: 'exporter_container' },
    { regex: '(namespace|pod|container)', action: 'labeldrop' },
  ]);
});
