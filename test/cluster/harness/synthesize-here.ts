import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { type Output, readOutput } from './synthesized';

/** Synthesizes an app with a stack that a test builds itself, in this process. */
export async function synthesizeHere(name: string, build: (app: App) => void): Promise<Output> {
  const outdir = await mkdtemp(join(tmpdir(), `${name}-`));
  const app = new App({ outdir });
  build(app);
  app.synth();
  const [output] = await readOutput(name, outdir);
  if (output === undefined) {
    throw new Error(`nothing was written for ${name}`);
  }
  return output;
}
