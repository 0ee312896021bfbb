import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';
import { builtImages, type ImageRecipe, imageRecipes, parseImageName } from './image-recipes';
import { type ImageDefinition, type ImageFile, ociArchive } from './oci-image';
import { cacheDirectory, type Tools } from './tools';

/** The image store of the node: containerd, seen from outside. */
export class NodeImages {
  constructor(private readonly options: { tools: Tools; socket: string; folder: string }) {}

  /** Makes an image and puts it on the node. Its files are read from local paths. */
  async load(image: Omit<ImageDefinition, 'files'> & { files: Readonly<Record<string, string>> }): Promise<void> {
    const reference = fullName(image.reference);
    const files = await Promise.all(
      Object.entries(image.files).map(async ([path, source]): Promise<ImageFile> => {
        return { path, content: await readFile(source) };
      }),
    );
    const archive = join(this.options.folder, `${reference.replaceAll(/[^\w.-]/g, '_')}.tar`);
    await writeFile(archive, ociArchive({ ...image, reference, files }));
    try {
      await this.ctr(['image', 'import', archive]);
    } finally {
      await rm(archive);
    }
  }

  /** Puts the images on the node that manifests refer to, under just these names, whatever their tag. */
  async loadFor(references: Iterable<string>): Promise<void> {
    const wanted = [...new Set(references)].sort();
    const known = { ...imageRecipes, ...builtImages };
    const unknown = wanted.filter((reference) => known[parseImageName(reference).repository] === undefined);
    if (unknown.length > 0) {
      throw new Error(`no recipe for ${unknown.join(', ')}; known repositories are ${Object.keys(known).join(', ')}`);
    }
    const present = await this.list();
    for (const reference of wanted.filter((name) => !present.includes(fullName(name)))) {
      const { repository } = parseImageName(reference);
      const built = builtImages[repository];
      if (built !== undefined) {
        const archive = await built.build({ cache: cacheDirectory, reference: fullName(reference) });
        await this.ctr(['image', 'import', archive]);
        continue;
      }
      const recipe = imageRecipes[repository] as ImageRecipe;
      const { program, programPath, ...rest } = recipe;
      await this.load({ reference, ...rest, files: { [programPath]: this.options.tools[program] ?? program } });
    }
  }

  /** Names of all images on the node. */
  async list(): Promise<string[]> {
    return (await this.ctr(['image', 'ls', '--quiet'])).split('\n').filter((name) => name !== '');
  }

  private ctr(args: readonly string[]): Promise<string> {
    return run(this.options.tools.ctr ?? 'ctr', ['--address', this.options.socket, '--namespace', 'k8s.io', ...args]);
  }
}

/** The name under which containerd looks an image up. */
function fullName(reference: string): string {
  const { repository, tag } = parseImageName(reference);
  return `${repository}:${tag}`;
}
