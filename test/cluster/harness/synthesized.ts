import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { run } from './command';

/** A Kubernetes object as it was synthesized. */
export interface SynthesizedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly rules?: readonly PolicyRule[];
}

/** One rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

/** One folder of synthesized files, changed in nothing but that images lost their digests. */
export interface Output {
  /** Name of the app, and of the environment where it has several. */
  readonly name: string;
  readonly folder: string;
  /** The temporary folder that the app wrote to. */
  readonly root: string;
  /** The manifests that lie in the folder itself; those in folders of a GitOps layout are applied by these. */
  readonly files: readonly string[];
  readonly images: readonly string[];
}

/** Runs a compiled app of `apps/` in a process of its own, as `npm run synth` does. */
export async function synthesizeApp(app: string): Promise<readonly Output[]> {
  const folder = await mkdtemp(join(tmpdir(), `${app}-`));
  await run(process.execPath, [join(process.cwd(), 'build/apps', `${app}.js`)], { env: { CDK8S_OUTDIR: folder } });
  return readOutput(app, folder);
}

/** Reads what an app wrote; an image without a registry can have no digest, so digests are dropped. */
export async function readOutput(app: string, folder: string): Promise<readonly Output[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const folders = entries.filter(({ name }) => name === 'images.txt').map(({ parentPath }) => parentPath);
  return Promise.all(
    folders.sort().map(async (each) => {
      const below = (await readdir(each, { recursive: true })).filter((file) => file.endsWith('.yaml'));
      const manifests = below.map((file) => join(each, file));
      for (const file of manifests) {
        const text = await readFile(file, 'utf8');
        await writeFile(file, text.replace(/@sha256:[0-9a-f]{64}/g, ''));
      }
      const files = manifests.filter((file) => dirname(file) === each);
      const images = (await readFile(join(each, 'images.txt'), 'utf8')).split('\n').filter((image) => image !== '');
      const name = each === folder ? app : `${app}/${each.slice(folder.length + 1)}`;
      return { name, folder: each, root: folder, files, images: images.map((image) => image.replace(/@.*/, '')) };
    }),
  );
}

/** The objects of the files. */
export async function readObjects(files: readonly string[]): Promise<readonly SynthesizedObject[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as SynthesizedObject));
}

/** Removes what an app wrote. */
export async function removeOutput(outputs: readonly Output[]): Promise<void> {
  for (const root of new Set(outputs.map((output) => output.root))) {
    await rm(root, { recursive: true });
  }
}
