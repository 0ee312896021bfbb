import { describe, expect, it } from 'vitest';
import { relabel, scrapedSeries, targetLabels } from './relabel-evaluator';

describe('a relabeling', () => {
  it('replaces only what the whole regex matches, with what was captured', () => {
    const step = { source_labels: ['a', 'b'], regex: '(.*);(\\d+)', target_label: 'c', replacement: '${2}-$1' };
    expect(relabel({ a: 'x', b: '12' }, [step])).toEqual({ a: 'x', b: '12', c: '12-x' });
    expect(relabel({ a: 'x', b: '12y' }, [step])).toEqual({ a: 'x', b: '12y' });
  });

  it('removes a label that becomes empty, and leaves one alone whose source is absent but not matched', () => {
    expect(relabel({ a: 'x' }, [{ source_labels: ['none'], target_label: 'a' }])).toEqual({});
    expect(relabel({ a: 'x' }, [{ source_labels: ['none'], regex: '(.+)', target_label: 'a' }])).toEqual({ a: 'x' });
  });

  it('reads the longest name after a dollar sign, two of them as one, and names of groups', () => {
    const replace = (replacement: string) =>
      relabel({ a: 'v' }, [{ source_labels: ['a'], regex: '(?P<whole>.*)', target_label: 'b', replacement }])?.b;
    expect(replace('$1x')).toBeUndefined();
    expect(replace('${1}x')).toBe('vx');
    expect(replace('$$1')).toBe('$1');
    expect(replace('$whole')).toBe('v');
  });

  it.each([
    [
      { source_labels: ['a'], regex: 'x', action: 'keep' },
      { a: 'x', b: 'y' },
    ],
    [{ source_labels: ['a'], regex: 'x', action: 'drop' }, undefined],
    [{ source_labels: ['a'], target_label: 'b', action: 'keepequal' }, undefined],
    [
      { source_labels: ['a'], target_label: 'b', action: 'dropequal' },
      { a: 'x', b: 'y' },
    ],
    [
      { source_labels: ['a'], target_label: 'c', action: 'uppercase' },
      { a: 'x', b: 'y', c: 'X' },
    ],
    [
      { regex: '(.)', replacement: 'own_$1', action: 'labelmap' },
      { a: 'x', b: 'y', own_a: 'x', own_b: 'y' },
    ],
    [{ regex: 'a', action: 'labeldrop' }, { b: 'y' }],
    [{ regex: 'a', action: 'labelkeep' }, { a: 'x' }],
  ])('%o', (step, labels) => {
    expect(relabel({ a: 'x', b: 'y' }, [step])).toEqual(labels);
  });
});

describe('a scrape', () => {
  const discovered = { __address__: '10.0.0.1:9400', __meta_kubernetes_pod_name: 'exporter-1' };
  const relabel_configs = [{ source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' }];
  const config = { job_name: 'gpu', relabel_configs };
  const text = '# HELP up x\nup{pod="train-0"} 1\nup{pod=""} 1 123\nup 2\n';

  it('gives the target job and instance, and no label of discovery', () => {
    expect(targetLabels(config, discovered)).toEqual({ job: 'gpu', instance: '10.0.0.1:9400', pod: 'exporter-1' });
  });

  it('exports labels of the answer that the target has too', () => {
    expect(scrapedSeries(config, discovered, text).map(({ pod, exported_pod }) => [pod, exported_pod])).toEqual([
      ['exporter-1', 'train-0'],
      ['exporter-1', undefined],
      ['exporter-1', undefined],
    ]);
  });

  it('honors labels of the answer, even one that is empty', () => {
    expect(scrapedSeries(config, discovered, text, true).map(({ pod }) => pod)).toEqual([
      'train-0',
      undefined,
      'exporter-1',
    ]);
  });

  it('stores nothing of a target that is dropped', () => {
    const drop = [{ source_labels: ['__meta_kubernetes_pod_name'], regex: 'exporter.*', action: 'drop' }];
    expect(scrapedSeries({ ...config, relabel_configs: drop }, discovered, text)).toEqual([]);
  });
});
