import { Testing } from 'cdk8s';
import { expect, it } from 'vitest';
import { FileConfigMaps, toFiles } from '../../lib/core/file-config-maps';
import { metadataOf } from '../../lib/core/workload';

it('puts files into as few ConfigMaps as a client-side apply can take', () => {
  const chart = Testing.chart();
  const metadata = metadataOf('prometheus', { namespace: 'monitoring' }, chart);
  const content = 'x'.repeat(80 * 1024);
  const names = ['c.yaml', 'a.yaml', 'b.yaml'];
  const files = new FileConfigMaps(chart, 'files', metadata, 'rules', () => names.map((name) => ({ name, content })));
  const objects = Testing.synth(chart) as { metadata: { name: string }; data: Record<string, string> }[];
  expect(objects.map(({ metadata: { name }, data }) => [name, Object.keys(data)])).toEqual([
    ['prometheus-rules', ['a.yaml', 'b.yaml']],
    ['prometheus-rules-1', ['c.yaml']],
  ]);
  expect(files.volume('rules')).toEqual({
    name: 'rules',
    projected: {
      sources: [
        { configMap: { name: 'prometheus-rules', optional: true } },
        { configMap: { name: 'prometheus-rules-1', optional: true } },
      ],
    },
  });
});

it('makes one empty ConfigMap of no files, so that the folder exists', () => {
  const chart = Testing.chart();
  new FileConfigMaps(chart, 'files', metadataOf('p', { namespace: 'm' }, chart), 'rules', () => []);
  expect(Testing.synth(chart)).toHaveLength(1);
});

it('loses nothing when two names become the same file', () => {
  const files = toFiles(
    ['a/b', 'a b', 'c'],
    (name) => name,
    (all) => all,
  );
  expect(files).toEqual([
    { name: 'a-b.yaml', content: '- a/b\n- a b\n' },
    { name: 'c.yaml', content: '- c\n' },
  ]);
});
