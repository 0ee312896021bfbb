import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { expect, it } from 'vitest';
import { Crds, writeCrds } from '../../lib/core/crds';
import { Images } from '../../lib/core/images';

function synth(crds: Crds) {
  const scratch = mkdtempSync(join(tmpdir(), 'crds-'));
  const app = new App({ outdir: join(scratch, 'out') });
  writeCrds(new Chart(app, 'operator'), 'operator-crds', crds);
  app.synth();
  return join(scratch, 'out/operator-crds');
}

function file(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'crds-')), 'upstream.yaml');
  writeFileSync(path, content);
  return path;
}

const ADDRESS = 'https://github.com/prometheus-operator/prometheus-operator/releases/download';

it('refers to the release of the pinned image', () => {
  const version = Images.of().version('prometheus-operator');
  expect(version).toMatch(/^v\d/);
  const kustomization = readFileSync(join(synth(Crds.release()), 'kustomization.yaml'), 'utf8');
  expect(kustomization).toContain(`resources:\n  - '${ADDRESS}/${version}/stripped-down-crds.yaml'\n`);
});

it('refers to another release, with or without the v', () => {
  for (const version of ['v0.80.0', '0.80.0']) {
    const kustomization = readFileSync(join(synth(Crds.release(version)), 'kustomization.yaml'), 'utf8');
    expect(kustomization).toContain(`'${ADDRESS}/v0.80.0/stripped-down-crds.yaml'`);
  }
});

it('copies a file', () => {
  const content = 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n';
  const folder = synth(Crds.file(file(content)));
  expect(readFileSync(join(folder, 'crds.yaml'), 'utf8')).toBe(content);
  expect(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')).toContain('resources:\n  - crds.yaml\n');
});

it('writes nothing where somebody else brings them', () => {
  expect(existsSync(synth(Crds.none()))).toBe(false);
});

it('refuses what brings no CRDs', () => {
  expect(() => synth(Crds.release('latest'))).toThrow(
    'operator  crds\n    "latest" is no release of prometheus-operator. Allowed: a version, such as v0.94.1.',
  );
  expect(() => synth(Crds.file('/nowhere/crds.yaml'))).toThrow(
    /operator {2}crds\n {4}"\/nowhere\/crds.yaml" cannot be read: ENOENT.*\. Allowed: the path of a YAML file of CRDs\./,
  );
  expect(() => synth(Crds.file(file('kind: ConfigMap\n')))).toThrow(
    /"[^"]+" has no CustomResourceDefinition\. Allowed: a YAML file of CRDs, such as stripped-down-crds\.yaml/,
  );
});
