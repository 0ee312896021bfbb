import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart, Names, Yaml } from 'cdk8s';
import type { Construct } from 'constructs';
import { Crds, writeCrds } from '../crds';
import { addCheck, addManifestChange, addOutput, type SynthesizedObject, withholdCharts } from '../synthesis';
import type { GitOps } from './gitops';
import { type KustomizeFolder, removeEmpty, removeFolder, writeFolder } from './kustomization';
import { OVERLAYS, overlayOf } from './overlay';

/** What is laid out. */
export interface LayoutOptions {
  readonly gitOps: GitOps;
  /** The charts of the stack; other charts of the app stay where they are. */
  readonly charts: () => readonly Chart[];
  /** CRDs that the objects need. @default - none */
  readonly crds?: Crds;
}

/** Folders in the order in which they are applied. */
const FOLDERS = ['base', ...OVERLAYS.map((overlay) => `overlays/${overlay}`)];

const FLUX = 'flux';

/**
 * Writes the charts of a stack in the layout of a GitOps tool, into a folder with the name of the construct.
 *
 * Without a tool, cdk8s writes one file per chart as always, and the CRDs go to `<name>-crds`.
 */
export function layOut(construct: Construct, { gitOps, charts, crds = Crds.none() }: LayoutOptions): void {
  const stack = Names.toDnsLabel(construct);
  const { tool } = gitOps;
  if (tool === undefined) {
    addOutput(construct, (outdir) => removeStack(join(outdir, stack)));
    writeCrds(construct, `${stack}-crds`, crds);
    return;
  }
  writeCrds(construct, `${stack}-crds`, Crds.none());
  addCheck(construct, (problems) => {
    tool.check?.(problems.within('gitops'));
    crds.check(problems);
  });
  addManifestChange(construct, (object) =>
    tool.annotate !== undefined && charts().includes(Chart.of(object.construct))
      ? tool.annotate(object)
      : object.manifest,
  );
  withholdCharts(construct, charts);
  addOutput(construct, (outdir, objects) => {
    const own = objects.filter(({ construct: object }) => charts().includes(Chart.of(object)));
    const byFolder = sortIntoFolders(own);
    const path = join(outdir, stack);
    removeStack(path);
    removeFlatFiles(outdir, construct, charts());
    const folders = [...byFolder].map(([folder, inside]) => ({ path: folder, objects: inside }));
    if (crds.folder !== undefined) {
      const { crdAnnotations } = tool;
      writeFolder(join(path, 'crds'), { ...crds.folder, ...(crdAnnotations && { commonAnnotations: crdAnnotations }) });
      folders.unshift({ path: 'crds', objects: [] });
    }
    for (const [folder, inside] of byFolder) {
      writeFolder(join(path, folder), { files: filesOf(construct, inside) });
    }
    // Flux has Kustomizations of its own, so that nobody applies everything a second time.
    if (tool.render === undefined) {
      writeFolder(path, { files: new Map(), resources: folders.map((folder) => folder.path) });
    } else {
      const files = new Map([['kustomizations.yaml', tool.render(stack, folders)]]);
      writeFolder(join(path, FLUX), { files });
    }
  });
}

/** Empty folders are left out: kustomize takes none. */
function sortIntoFolders(objects: readonly SynthesizedObject[]): ReadonlyMap<string, readonly SynthesizedObject[]> {
  const inFolder = (folder: string) => objects.filter((object) => folderOf(object) === folder);
  return new Map(
    FOLDERS.map((folder) => [folder, inFolder(folder)] as const).filter(([, inside]) => inside.length > 0),
  );
}

function folderOf(object: SynthesizedObject): string {
  const overlay = overlayOf(object);
  return overlay === undefined ? 'base' : `overlays/${overlay}`;
}

/** One file per chart, as cdk8s would name it. */
function filesOf(construct: Construct, objects: readonly SynthesizedObject[]): KustomizeFolder['files'] {
  const byFile = new Map<string, unknown[]>();
  for (const { construct: object, manifest } of objects) {
    const name = fileName(construct, Chart.of(object));
    byFile.set(name, [...(byFile.get(name) ?? []), manifest]);
  }
  return new Map([...byFile].map(([name, manifests]) => [name, Yaml.stringify(...manifests)]));
}

function fileName(construct: Construct, chart: Chart): string {
  return `${Names.toDnsLabel(chart)}${App.of(construct).outputFileExtension}`;
}

/** Removes what an earlier synthesis wrote without a tool. */
function removeFlatFiles(outdir: string, construct: Construct, charts: readonly Chart[]): void {
  for (const chart of charts) {
    rmSync(join(outdir, fileName(construct, chart)), { force: true });
  }
}

/** Removes what an earlier synthesis wrote for a tool. */
function removeStack(path: string): void {
  for (const folder of ['crds', ...FOLDERS, FLUX]) {
    removeFolder(join(path, folder));
  }
  removeEmpty(join(path, 'overlays'));
  removeFolder(path);
}
