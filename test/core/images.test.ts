import { describe, expect, it } from 'vitest';
import { Images, imageProblem, listImages } from '../../lib/core/images';
import { Problems } from '../../lib/model/problem';

const digest = `sha256:${'a'.repeat(64)}`;

describe('Images', () => {
  it('pins a tag and a digest', () => {
    expect(Images.of().reference('prometheus')).toMatch(
      /^quay\.io\/prometheus\/prometheus:v[\d.]+@sha256:[0-9a-f]{64}$/,
    );
  });

  it('replaces the host by a mirror and drops digests', () => {
    const images = Images.of({ mirror: 'registry.example.com:5000/mirror/', digests: false });
    expect(images.reference('prometheus')).toMatch(
      /^registry\.example\.com:5000\/mirror\/prometheus\/prometheus:v[\d.]+$/,
    );
  });

  it('leaves an override as it is', () => {
    const images = Images.of({ mirror: 'registry.example.com', override: { grafana: 'example.com/grafana:1' } });
    expect(images.reference('grafana')).toBe('example.com/grafana:1');
  });

  it('names what it does not know', () => {
    const problems = Problems.at('stack');
    Images.of({ mirror: 'https://x', override: { prometeus: 'a:1' } as Record<string, string> }).check(problems);
    expect(problems.all.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^The stack has no image "prometeus"\. It has: .*Did you mean "prometheus"\?$/),
      '"https://x" received. Allowed: host[:port][/path], without a scheme.',
    ]);
  });
});

describe('imageProblem', () => {
  it.each(['a/b:1', `a/b@${digest}`, `host:5000/a/b:v1@${digest}`])('accepts %s', (image) => {
    expect(imageProblem(image)).toBeUndefined();
  });
  it.each([
    ['a/b', 'has no tag'],
    ['host:5000/a/b', 'has no tag'],
    ['a/b:latest', 'is :latest'],
    ['a/b:1@sha256:12', 'no sha256'],
  ])('refuses %s', (image, reason) => {
    expect(imageProblem(image)).toContain(reason);
  });
});

it('lists the images of every kind of workload once', () => {
  const pod = { containers: [{ name: 'a', image: 'a:1' }], initContainers: [{ name: 'i', image: 'i:1' }] };
  const manifests = [
    { kind: 'Deployment', spec: { template: { spec: pod } } },
    { kind: 'CronJob', spec: { jobTemplate: { spec: { template: { spec: pod } } } } },
    { kind: 'Pod', spec: { containers: [{ name: 'b', image: 'b:1' }] } },
    { kind: 'ConfigMap' },
  ];
  const objects = manifests.map((manifest) => ({ manifest: { apiVersion: 'v1', ...manifest } })) as never;
  expect(listImages(objects)).toBe('a:1\nb:1\ni:1\n');
});

it('lists the images that prometheus-operator is told to run', () => {
  const args = ['--namespaces=a', '--prometheus-config-reloader=reloader:1'];
  const manifests = [
    { apiVersion: 'monitoring.coreos.com/v1', kind: 'Prometheus', spec: { image: 'p:1', thanos: { image: 't:1' } } },
    { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', spec: {} },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { template: { spec: { containers: [{ name: 'o', image: 'o:1', args }] } } },
    },
  ];
  expect(listImages(manifests.map((manifest) => ({ manifest })) as never)).toBe('o:1\np:1\nreloader:1\nt:1\n');
});
