import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { TestObject } from '../objects';

/** The whole app, as it is written. */
const outdir = mkdtempSync(join(tmpdir(), 'gpu-demo-'));
let said = '';

beforeAll(async () => {
  vi.stubEnv('CDK8S_OUTDIR', outdir);
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
  await import('../../apps/gpu-demo.js');
  stderr.mockRestore();
  vi.unstubAllEnvs();
});

afterAll(() => rmSync(outdir, { recursive: true }));

function objects(part: string): readonly TestObject[] {
  const text = readFileSync(join(outdir, `${part}.k8s.yaml`), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as TestObject);
}

describe('apps/gpu-demo.ts', () => {
  it('writes the workloads beside the stack, the namespace before what is in it', () => {
    expect(readdirSync(outdir)).toEqual(
      expect.arrayContaining(['gpu-demo.k8s.yaml', 'monitoring-prometheus.k8s.yaml']),
    );
    expect(
      objects('gpu-demo').map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`),
    ).toEqual([
      'Namespace /gpu-demo',
      'NetworkPolicy gpu-demo/deny-all',
      'Pod gpu-demo/cuda-vector-add',
      'ConfigMap gpu-demo/training',
      'Service gpu-demo/training',
      'NetworkPolicy gpu-demo/training',
      'Job gpu-demo/training',
    ]);
  });

  it('lets nothing into the namespace, and nothing out, that is not allowed', () => {
    const [namespace, policy] = objects('gpu-demo');
    for (const mode of ['enforce', 'warn', 'audit']) {
      expect(namespace?.metadata.labels?.[`pod-security.kubernetes.io/${mode}`]).toBe('restricted');
    }
    expect(policy?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it('names the images of the workloads among those of the stack, with a version each', () => {
    const images = readFileSync(join(outdir, 'images.txt'), 'utf8');
    expect(images).toMatch(/^nvcr\.io\/nvidia\/k8s\/cuda-sample:vectoradd-cuda\d+\.\d+\.\d+$/m);
    expect(images).toMatch(/^docker\.io\/pytorch\/pytorch:\d+\.\d+\.\d+-.*@sha256:[0-9a-f]{64}$/m);
  });

  it('puts both dashboards into Grafana, and scrapes the GPUs that they show', () => {
    const dashboards = objects('monitoring-grafana').filter(({ metadata }) => metadata.name.includes('-dashboard-'));
    expect(dashboards.flatMap(({ data }) => Object.keys(data))).toEqual(['gpu-by-pod.json', 'gpu-training-job.json']);
    const prometheus = readFileSync(join(outdir, 'monitoring-prometheus.k8s.yaml'), 'utf8');
    expect(prometheus).toContain('job_name: nvidia-dcgm-exporter');
    expect(said).not.toContain('dashboards');
  });
});
