import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App } from 'cdk8s';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { alert, Backend, ClusterProfile, Crds, GitOps, MonitoringStack } from '../../lib';
import { applyFolder, difference, folderDifference } from './harness/apply-files';
import type { Cluster } from './harness/cluster';
import { applyOperatorDefinitions } from './harness/custom-resource-definitions';
import { eventually } from './harness/eventually';
import { type Judged, untilHealthy } from './harness/health';
import { buildFolder, contentOf, deleteObjects, existing, listOf } from './harness/kustomize';
import { operatorModule } from './harness/programs';
import { PrometheusApi } from './harness/prometheus-api';
import { type Output, readOutput, removeOutput, type SynthesizedObject } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';
import { moduleFolder } from './harness/tools';

const STACK = 'monitoring';
const INTERVALS = { scrapeInterval: '5s', scrapeTimeout: '5s', evaluationInterval: '5s' };
const SLOW = { timeoutMilliseconds: 180_000, everyMilliseconds: 1_000 };
const ADMIN = ['--from-literal=admin-user=admin', '--from-literal=admin-password=for-this-test'];

interface Options {
  readonly namespace: string;
  readonly gitops: GitOps;
  readonly crds?: Crds;
  readonly nodeExporter?: false;
}

/** The default stack, run by the operator, with a rule and a dashboard of its owner. */
async function synthesize(outdir: string, { crds, ...options }: Options): Promise<Output> {
  const app = new App({ outdir });
  const stack = new MonitoringStack(app, STACK, {
    ...options,
    cluster: ClusterProfile.kubeadm('training-1'),
    backend: Backend.operator({ ...(crds && { crds }) }),
    prometheus: INTERVALS,
  });
  stack.monitor({
    name: 'shop',
    rules: [alert('ShopIsThere', { expr: 'vector(1)', severity: 'info', summary: 'There is a shop.' })],
    dashboards: [{ uid: 'shop', title: 'Shop', model: { panels: [] } }],
  });
  app.synth();
  const [output] = await readOutput(options.namespace, outdir);
  if (output === undefined) {
    throw new Error(`nothing was written for ${options.namespace}`);
  }
  return output;
}

const createAdmin = (cluster: Cluster, namespace: string) =>
  cluster.kubectl(['create', 'secret', 'generic', 'grafana-admin', '-n', namespace, ...ADMIN]);

/** Base alone: servers that run, and have nothing to do. */
async function expectIdle(prometheus: PrometheusApi): Promise<void> {
  expect(await prometheus.targets()).toEqual([]);
  expect(await prometheus.rules()).toEqual([]);
}

async function expectBusy(prometheus: PrometheusApi): Promise<void> {
  await eventually(
    'targets and rules',
    async () => {
      const targets = await prometheus.targets();
      expect(targets.filter(({ health }) => health !== 'up').map(({ lastError }) => lastError)).toEqual([]);
      const jobs = targets.map(({ labels }) => labels.job);
      expect(jobs).toEqual(expect.arrayContaining(['prometheus', 'alertmanager', 'grafana', 'kubelet']));
      const rules = await prometheus.rules();
      expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
      expect(rules.map(({ name }) => name)).toEqual(expect.arrayContaining(['Watchdog', 'ShopIsThere']));
    },
    SLOW,
  );
}

describe('a stack that Argo CD applies', () => {
  const cluster = testCluster();
  const namespace = 'by-argo';
  const prometheus = new PrometheusApi(cluster, namespace, 'prometheus-prometheus-0');
  let output: Output;
  let objects: readonly SynthesizedObject[];
  let waves: readonly number[];

  const annotation = ({ metadata }: SynthesizedObject, name: string) =>
    metadata.annotations?.[`argocd.argoproj.io/${name}`];
  const waveOf = (object: SynthesizedObject) => Number(annotation(object, 'sync-wave') ?? 0);
  const optionsOf = (object: SynthesizedObject) => (annotation(object, 'sync-options') ?? '').split(',');
  const ofWave = (wave: number) => objects.filter((object) => waveOf(object) === wave);

  const isServerSide = (object: SynthesizedObject) => optionsOf(object).includes('ServerSideApply=true');
  /** As Argo CD does it by default: on the client's side but where an object says otherwise, then waiting. */
  const sync = async (wave: number): Promise<void> => {
    const apply = async (some: readonly SynthesizedObject[], ...flags: readonly string[]) =>
      some.length > 0 &&
      (await cluster.kubectl(['apply', '--validate=strict', ...flags, '-f', '-'], { input: listOf(some) }));
    await apply(ofWave(wave).filter(isServerSide), '--server-side');
    await apply(ofWave(wave).filter((object) => !isServerSide(object)));
    await untilHealthy(cluster, ofWave(wave));
  };

  beforeAll(async () => {
    const outdir = await mkdtemp(join(tmpdir(), `${namespace}-`));
    // The release of the pinned version is in the internet; the same definitions are in its module.
    const folder = join(await moduleFolder(operatorModule), 'example', 'prometheus-operator-crd');
    const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'));
    const crds = join(outdir, 'all.yaml');
    await writeFile(crds, (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join('---\n'));
    output = await synthesize(join(outdir, 'manifests'), { namespace, gitops: GitOps.argoCd(), crds: Crds.file(crds) });
    await cluster.images.loadFor(output.images);
    objects = await buildFolder(cluster, join(output.folder, STACK));
    waves = [...new Set(objects.map(waveOf))].sort((a, b) => a - b);
  });

  afterAll(async () => {
    await deleteObjects(
      cluster,
      objects.filter(({ kind }) => kind !== 'CustomResourceDefinition'),
    );
    await removeOutput([{ ...output, root: dirname(output.root) }]);
  });

  it('is healthy after every wave without the next one, and available without the overlays', async () => {
    expect(waves).toEqual([-3, -2, -1, 0, 1]);
    for (const wave of waves.filter((each) => each <= 0)) {
      await sync(wave);
      if (wave === -2) {
        await createAdmin(cluster, namespace);
      }
    }
    await expectIdle(prometheus);
  });

  it('finds its targets and rules after the last wave, in which the overlays are', async () => {
    const overlays = (
      await Promise.all(
        ['alerting', 'dashboards', 'servicemonitors'].map((name) =>
          buildFolder(cluster, join(output.folder, STACK, 'overlays', name)),
        ),
      )
    ).flat();
    expect(overlays.map(waveOf)).toEqual(overlays.map(() => 1));
    await sync(1);
    await expectBusy(prometheus);
  });

  it('shows no difference when it is applied again', async () => {
    expect(objects.filter(isServerSide)).toEqual(ofWave(-3));
    expect(await folderDifference(cluster, join(output.folder, STACK, 'crds'))).toBe('');
    const file = join(dirname(output.root), 'client-side.json');
    await writeFile(file, listOf(objects.filter((object) => !isServerSide(object))));
    expect(await difference(cluster, [file], 'client')).toBe('');
  });

  it('goes away in the reverse order of the waves, and leaves its CRDs alone', async () => {
    const isDeleted = (object: SynthesizedObject) => !optionsOf(object).includes('Delete=false');
    for (const wave of [...waves].reverse()) {
      await deleteObjects(cluster, ofWave(wave).filter(isDeleted));
    }
    const left = await existing(cluster, objects);
    expect(left.filter((name) => !name.startsWith('customresourcedefinition.'))).toEqual([]);
    expect(left).toHaveLength(ofWave(-3).length);
    await eventually('empty', async () => expect(await contentOf(cluster, namespace)).toEqual([]));
  });
});

/** What a Kustomization of Flux says. */
interface Kustomization {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly path: string;
    readonly prune: boolean;
    readonly dependsOn?: readonly { readonly name: string }[];
    readonly healthChecks?: readonly (Omit<Judged, 'metadata'> & Judged['metadata'])[];
  };
}

/** Those first that others depend on. */
function inOrder(kustomizations: readonly Kustomization[]): readonly Kustomization[] {
  const done: Kustomization[] = [];
  while (done.length < kustomizations.length) {
    const ready = kustomizations.filter(
      (each) =>
        !done.includes(each) &&
        (each.spec.dependsOn ?? []).every(({ name }) => done.some(({ metadata }) => metadata.name === name)),
    );
    expect(ready).not.toEqual([]);
    done.push(...ready);
  }
  return done;
}

describe('a stack that Flux applies', () => {
  const cluster = testCluster();
  const namespace = 'by-flux';
  const prometheus = new PrometheusApi(cluster, namespace, 'prometheus-prometheus-0');
  let output: Output;
  let folders: readonly Kustomization[];

  const folderOf = ({ spec }: Kustomization) => join(dirname(output.root), spec.path);
  const isOverlay = ({ spec }: Kustomization) => spec.path.includes('/overlays/');
  const isBase = ({ spec }: Kustomization) => spec.path.endsWith('/base');

  const reconcile = async (each: Kustomization): Promise<void> => {
    expect((await applyFolder(cluster, folderOf(each))).stderr).toBe('');
    if (isBase(each)) {
      await createAdmin(cluster, namespace).catch((error) => expect(String(error)).toContain('already exists'));
    }
    const checks = each.spec.healthChecks ?? [];
    const judged = checks.map(({ apiVersion, kind, ...metadata }) => ({ apiVersion, kind, metadata }));
    await untilHealthy(cluster, judged);
  };
  /** As Flux garbage-collects what a Kustomization has applied. */
  const prune = async (each: Kustomization): Promise<void> => {
    expect(each.spec.prune).toBe(true);
    const all = await buildFolder(cluster, folderOf(each));
    const kept = ({ metadata }: SynthesizedObject) =>
      metadata.annotations?.['kustomize.toolkit.fluxcd.io/prune'] === 'disabled';
    const pruned = all.filter((object) => !kept(object));
    await deleteObjects(cluster, pruned);
    expect(await existing(cluster, pruned)).toEqual([]);
  };

  beforeAll(async () => {
    const outdir = join(await mkdtemp(join(tmpdir(), `${namespace}-`)), 'manifests');
    const gitops = GitOps.flux({ path: './manifests', sourceRef: { kind: 'GitRepository', name: 'platform' } });
    output = await synthesize(outdir, { namespace, gitops, nodeExporter: false });
    await cluster.images.loadFor(output.images);
    const text = await readFile(join(output.folder, STACK, 'flux', 'kustomizations.yaml'), 'utf8');
    folders = inOrder(parseAllDocuments(text).map((document) => document.toJS() as Kustomization));
  });

  afterAll(async () => {
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=true'], { timeoutMilliseconds: 300_000 });
    await removeOutput([{ ...output, root: dirname(output.root) }]);
  });

  it('has its CRDs first, then the base, then the overlays', () => {
    expect(folders.map(({ spec }) => spec.path.split('/').at(-1))).toEqual([
      'crds',
      'base',
      'alerting',
      'dashboards',
      'servicemonitors',
    ]);
  });

  it('is available after the base alone', async () => {
    // The folder of the CRDs is the address of a release, which cannot be had here.
    await applyOperatorDefinitions(cluster);
    for (const base of folders.filter(isBase)) {
      await reconcile(base);
      await untilHealthy(cluster, await buildFolder(cluster, folderOf(base)));
    }
    await expectIdle(prometheus);
  });

  it('finds its targets and rules after the overlays', async () => {
    for (const overlay of folders.filter(isOverlay)) {
      await reconcile(overlay);
    }
    await expectBusy(prometheus);
  });

  it('shows no difference when it is applied again', async () => {
    for (const folder of folders.filter((each) => isBase(each) || isOverlay(each))) {
      expect(await folderDifference(cluster, folderOf(folder))).toBe('');
    }
  });

  it('goes on without its overlays, and takes them up again', async () => {
    for (const overlay of folders.filter(isOverlay)) {
      await prune(overlay);
    }
    await eventually('nothing to do', () => expectIdle(prometheus), SLOW);
    for (const base of folders.filter(isBase)) {
      await untilHealthy(cluster, await buildFolder(cluster, folderOf(base)));
    }
    for (const overlay of folders.filter(isOverlay)) {
      await reconcile(overlay);
    }
    await expectBusy(prometheus);
  });

  it('goes away with the base first, as with the overlays, and leaves the namespace alone', async () => {
    for (const folder of [...folders.filter(isBase), ...folders.filter(isOverlay)]) {
      await prune(folder);
    }
    await eventually(
      'an empty namespace',
      async () => expect(await contentOf(cluster, namespace)).toEqual(['secret/grafana-admin']),
      SLOW,
    );
  });
});
