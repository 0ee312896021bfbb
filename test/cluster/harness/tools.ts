import { createHash } from 'node:crypto';
import { access, chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './command';
import { localPrograms, type ModuleRecipe, moduleRecipes } from './programs';
import { sourcePath } from './source-folder';

/** Where built programs are kept: outside of the checkout, so that all checkouts share them. */
export const cacheDirectory = process.env.CLUSTER_CACHE ?? join(homedir(), '.cache', 'cdk8s-gpu-monitoring');

const buildTimeoutMilliseconds = 45 * 60_000;

const allPrograms: readonly string[] = [
  ...moduleRecipes.flatMap((recipe) => Object.keys(recipe.programs)),
  ...localPrograms,
];

/** Paths of programs by name. */
export type Tools = Readonly<Record<string, string>>;

/**
 * Builds the programs that the cache lacks and returns the paths of all. With an empty cache and empty Go caches this
 * takes about 20 minutes on two cores.
 */
export async function ensureTools(
  names: readonly string[] = allPrograms,
  log: (line: string) => void = console.log,
): Promise<Tools> {
  const unknown = names.filter((name) => !allPrograms.includes(name));
  if (unknown.length > 0) {
    throw new Error(`unknown programs ${unknown.join(', ')}; known are ${allPrograms.join(', ')}`);
  }
  const tools: Record<string, string> = {};
  for (const recipe of moduleRecipes) {
    const wanted = Object.keys(recipe.programs).filter((program) => names.includes(program));
    Object.assign(tools, await ensureModule(recipe, wanted, log));
  }
  for (const program of localPrograms.filter((name) => names.includes(name))) {
    tools[program] = await ensureLocalProgram(program, log);
  }
  return tools;
}

async function ensureModule(recipe: ModuleRecipe, wanted: readonly string[], log: (line: string) => void) {
  const paths = Object.fromEntries(wanted.map((name) => [name, cached(`${name}-${recipe.version}`)]));
  const missing = await absent(paths);
  if (missing.length > 0) {
    await inTemporaryFolder(async (folder) => {
      await requireModule(recipe, folder);
      for (const [name, path] of missing) {
        await build({ folder, mainPackage: recipe.programs[name] ?? '', recipe }, path, log);
      }
    });
  }
  return paths;
}

/** Makes the folder an empty Go module that requires the recipe's module. */
async function requireModule(recipe: ModuleRecipe, folder: string): Promise<void> {
  const replaces = [...(recipe.replaces ?? [])];
  if (recipe.stagingVersion !== undefined) {
    replaces.push(...(await stagingReplaces(recipe, recipe.stagingVersion)));
  }
  if (recipe.missingFiles !== undefined) {
    await copyModule(recipe, join(folder, 'source'));
    replaces.push(`${recipe.module} => ./source`);
  }
  const lines = [`module tools/${recipe.version}`, '', 'go 1.26.0', '', ...replaces.map((line) => `replace ${line}`)];
  await writeFile(join(folder, 'go.mod'), `${lines.join('\n')}\n`);
  await go(['get', `${recipe.module}@${recipe.version}`], folder);
}

async function stagingReplaces(recipe: ModuleRecipe, version: string): Promise<string[]> {
  const goMod = await readFile(join(await moduleFolder(recipe), 'go.mod'), 'utf8');
  const required = [...goMod.matchAll(/^\s*(\S+) v0\.0\.0$/gm)].map((match) => match[1] ?? '');
  return [...new Set(required)].map((module) => `${module} => ${module} ${version}`);
}

async function copyModule(recipe: ModuleRecipe, target: string): Promise<void> {
  await cp(await moduleFolder(recipe), target, { recursive: true });
  // Files of Go's module cache are read-only, and so are copies of them.
  await run('chmod', ['-R', 'u+w', target]);
  for (const [path, text] of Object.entries(recipe.missingFiles ?? {})) {
    await mkdir(dirname(join(target, path)), { recursive: true });
    await writeFile(join(target, path), text);
  }
}

/** Where the sources of a module lie in Go's module cache, downloaded if they are not there. */
export async function moduleFolder({ module, version }: Pick<ModuleRecipe, 'module' | 'version'>): Promise<string> {
  const answer = await go(['mod', 'download', '-json', `${module}@${version}`], tmpdir());
  return (JSON.parse(answer) as { Dir: string }).Dir;
}

/** Programs of our own have no version: a digest of their sources takes its place. */
async function ensureLocalProgram(name: string, log: (line: string) => void): Promise<string> {
  const folder = sourcePath(name);
  const digest = createHash('sha256');
  for (const file of (await readdir(folder)).filter((entry) => /\.go$|^go\.(mod|sum)$/.test(entry)).sort()) {
    digest.update(`${file}\0`).update(await readFile(join(folder, file)));
  }
  const path = cached(`${name}-${digest.digest('hex').slice(0, 12)}`);
  if ((await absent({ [name]: path })).length > 0) {
    await build({ folder, mainPackage: '.' }, path, log);
  }
  return path;
}

interface BuildInput {
  readonly folder: string;
  readonly mainPackage: string;
  readonly recipe?: ModuleRecipe;
}

async function build(input: BuildInput, path: string, log: (line: string) => void): Promise<void> {
  const started = Date.now();
  await mkdir(dirname(path), { recursive: true });
  // Renamed at the end: an interrupted build must not look like a built program.
  const unfinished = `${path}.${process.pid}`;
  const linkerFlags = `-s -w ${input.recipe?.linkerFlags ?? ''}`.trim();
  const flags = ['-tags', input.recipe?.tags ?? '', '-ldflags', linkerFlags, '-o', unfinished];
  await go(['build', ...flags, input.mainPackage], input.folder, input.recipe === undefined ? 'readonly' : 'mod');
  await chmod(unfinished, 0o755);
  await rename(unfinished, path);
  log(`built ${path} in ${Math.round((Date.now() - started) / 1000)} s`);
}

function go(args: readonly string[], cwd: string, moduleMode = 'mod'): Promise<string> {
  const env = { CGO_ENABLED: '0', GOFLAGS: `-trimpath -buildvcs=false -mod=${moduleMode}`, GOTOOLCHAIN: 'local' };
  return run('go', args, { cwd, env, timeoutMilliseconds: buildTimeoutMilliseconds });
}

function cached(file: string): string {
  return join(cacheDirectory, 'bin', file);
}

async function absent(paths: Readonly<Record<string, string>>): Promise<[string, string][]> {
  const known = await Promise.all(
    Object.entries(paths).map(async ([name, path]): Promise<[string, string, boolean]> => {
      const exists = await access(path).then(
        () => true,
        () => false,
      );
      return [name, path, exists];
    }),
  );
  return known.filter(([, , exists]) => !exists).map(([name, path]) => [name, path]);
}

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-tools-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
