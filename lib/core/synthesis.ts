import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, App, type Chart } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { readingServicesOnce } from '../model/manifest';
import { type Problem, Problems } from '../model/problem';
import { objectProblems } from './object-checks';

/** An object of the app as it will be written. */
export interface SynthesizedObject {
  readonly construct: ApiObject;
  readonly manifest: Manifest;
}

/** The fields that all Kubernetes objects share. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Looks at one construct, or at the whole app, and reports what is wrong. */
export type Check = (problems: Problems, objects: readonly SynthesizedObject[]) => void;

/** Gives the manifest that is checked and written in the place of the one that was rendered. */
export type ManifestChange = (object: SynthesizedObject) => Manifest;

/** Says what the user should know, from the objects of the whole app. */
export type Warn = (objects: readonly SynthesizedObject[]) => readonly string[];

/** Writes into the output folder, from the objects of the whole app. */
export type Output = (outdir: string, objects: readonly SynthesizedObject[]) => void;

/**
 * Thrown by `app.synth()` when anything is wrong; nothing has been written then.
 *
 * The message lists every problem: the place, the property, the value received and what is allowed.
 */
export class SynthesisError extends Error {
  public constructor(
    /** What is wrong, in the order of the constructs. */
    public readonly problems: readonly Problem[],
    title: string,
  ) {
    super(describe(problems, title));
    // A real trace would bury the list, and it points into cdk8s rather than to the fault.
    const stack = `${this.message}\n    at app.synth()`;
    // Node prints an uncaught error with all fields that it can enumerate, which would say every problem once more.
    for (const [field, value] of Object.entries({ name: 'SynthesisError', problems, stack })) {
      Object.defineProperty(this, field, { value, enumerable: false });
    }
  }
}

function describe(problems: readonly Problem[], title: string): string {
  const lines = problems.flatMap(({ path, property, message }) => [
    '',
    `  ${path}  ${property}`,
    ...message.split('\n').map((line) => `    ${line}`),
  ]);
  return [`${title}: ${problems.length} problem${problems.length === 1 ? '' : 's'}`, ...lines, ''].join('\n');
}

interface Registered {
  readonly construct: Construct;
  readonly check: Check;
}

/**
 * What happens around the synthesis of one app: late objects and all checks first, then cdk8s' own writing, then
 * extra files.
 *
 * cdk8s repeats validations for every chart, says where a fault is only by a construct path, and has no hook for files
 * beside the manifests; so `app.synth` is wrapped, once per app. Validations do the same for a chart synthesized alone.
 */
class Synthesis {
  private readonly late: (() => void)[] = [];
  private readonly checks: Registered[] = [];
  private readonly changes: ManifestChange[] = [];
  private readonly withheld: (() => readonly Chart[])[] = [];
  private readonly outputs: Output[] = [];
  private readonly files = new Map<string, (objects: readonly SynthesizedObject[]) => string>();
  private readonly titles: string[] = [];
  private readonly warnings: { readonly construct: Construct; readonly warn: Warn }[] = [];
  private checked = false;

  public constructor(private readonly app: App) {
    const synth = app.synth.bind(app);
    app.synth = () => {
      const objects = readingServicesOnce(() => this.checkedObjects());
      for (const { construct, warn } of this.warnings) {
        for (const text of warn(objects)) {
          process.stderr.write(`warning: ${construct.node.path}: ${text}\n`);
        }
      }
      this.checked = true;
      for (const { construct, manifest } of objects) {
        // What was checked is what is written, and rendering it again would take as long as the first time.
        construct.toJson = () => manifest;
      }
      this.withholdCharts();
      try {
        synth();
      } finally {
        this.checked = false;
        Reflect.deleteProperty(app, 'charts');
        for (const { construct } of objects) {
          Reflect.deleteProperty(construct, 'toJson');
        }
      }
      this.write(objects);
    };
  }

  public addTitle(title: string): void {
    this.titles.push(title);
  }

  public addWarning(construct: Construct, warn: Warn): void {
    this.warnings.push({ construct, warn });
  }

  public addFile(name: string, content: (objects: readonly SynthesizedObject[]) => string): void {
    this.files.set(name, content);
  }

  public addChange(change: ManifestChange): void {
    this.changes.push(change);
  }

  public addWithheldCharts(charts: () => readonly Chart[]): void {
    this.withheld.push(charts);
  }

  public addOutput(output: Output): void {
    this.outputs.push(output);
  }

  public addLateObjects(construct: Construct, make: () => void): void {
    this.late.push(make);
    construct.node.addValidation({
      validate: () => {
        this.makeLateObjects();
        return [];
      },
    });
  }

  public addCheck(construct: Construct, check: Check): void {
    this.checks.push({ construct, check });
    construct.node.addValidation({
      validate: () => {
        if (this.checked) {
          return [];
        }
        const problems = Problems.at(construct.node.path);
        check(problems, this.objects());
        return problems.all.map(({ path, property, message }) => `${path} ${property}: ${message}`);
      },
    });
  }

  /** The objects of the app, after every check; what is wrong may also be what keeps an object from being rendered. */
  private checkedObjects(): readonly SynthesizedObject[] {
    let objects: readonly SynthesizedObject[] = [];
    let failure: { readonly error: unknown } | undefined;
    try {
      this.makeLateObjects();
      objects = this.objects();
    } catch (error) {
      failure = { error };
    }
    const problems = this.problems(objects);
    if (problems.length > 0) {
      throw new SynthesisError(problems, this.title);
    }
    if (failure !== undefined) {
      throw new SynthesisError([renderingProblem(failure.error)], this.title);
    }
    return objects;
  }

  private get title(): string {
    return this.titles.join(', ') || 'app';
  }

  private makeLateObjects(): void {
    for (const make of this.late.splice(0)) {
      make();
    }
  }

  private objects(): readonly SynthesizedObject[] {
    return this.app.node
      .findAll()
      .filter((construct): construct is ApiObject => ApiObject.isApiObject(construct))
      .map((construct) => ({ construct, manifest: this.changed(construct, construct.toJson() as Manifest) }));
  }

  private changed(construct: ApiObject, rendered: Manifest): Manifest {
    return this.changes.reduce((manifest, change) => change({ construct, manifest }), rendered);
  }

  /** Keeps cdk8s from writing charts: what it does not see among the charts of the app, it writes nowhere. */
  private withholdCharts(): void {
    const withheld = new Set(this.withheld.flatMap((charts) => charts()));
    if (withheld.size > 0) {
      const { app } = this;
      Object.defineProperty(app, 'charts', {
        configurable: true,
        get: () => (Reflect.get(App.prototype, 'charts', app) as Chart[]).filter((chart) => !withheld.has(chart)),
      });
    }
  }

  private problems(objects: readonly SynthesizedObject[]): readonly Problem[] {
    const found = this.checks.flatMap(({ construct, check }) => {
      const problems = Problems.at(construct.node.path);
      try {
        check(problems, objects);
      } catch (error) {
        // What types forbid can still arrive, from JavaScript or an unset variable.
        problems.add('props', `They cannot be read: ${(error as Error).message}.`);
      }
      return problems.all;
    });
    const owners = new Set<IConstruct>(this.checks.map(({ construct }) => construct));
    return [...found, ...objectProblems(objects, owners)];
  }

  private write(objects: readonly SynthesizedObject[]): void {
    mkdirSync(this.app.outdir, { recursive: true });
    for (const [name, content] of this.files) {
      writeFileSync(join(this.app.outdir, name), content(objects));
    }
    for (const output of this.outputs) {
      output(this.app.outdir, objects);
    }
  }
}

/** cdk8s says where it failed at the start of its message, and why at the end. */
function renderingProblem(error: unknown): Problem {
  const { message } = error as Error;
  const path = /at path '([^']+)'/.exec(message)?.[1];
  return { path: path ?? 'app', property: 'props', message: `They cannot be rendered: ${message}` };
}

const syntheses = new WeakMap<App, Synthesis>();

function synthesisOf(construct: Construct): Synthesis {
  const root = construct.node.root;
  if (!(root instanceof App)) {
    throw new Error(`${construct.node.path} is not inside a cdk8s App, so it cannot be synthesized.`);
  }
  const synthesis = syntheses.get(root) ?? new Synthesis(root);
  syntheses.set(root, synthesis);
  return synthesis;
}

/** Runs a check when the app is synthesized; its problems carry the path of the construct. */
export function addCheck(construct: Construct, check: Check): void {
  synthesisOf(construct).addCheck(construct, check);
}

/**
 * Makes objects whose number is known only when everything was declared, such as one Role per scraped namespace.
 *
 * Runs once, at the first synthesis.
 */
export function addLateObjects(construct: Construct, make: () => void): void {
  synthesisOf(construct).addLateObjects(construct, make);
}

/** Writes a file beside the manifests; made from the objects of the whole app. */
export function addOutputFile(
  construct: Construct,
  name: string,
  content: (objects: readonly SynthesizedObject[]) => string,
): void {
  synthesisOf(construct).addFile(name, content);
}

/** Writes files of any number beside the manifests, after these; nothing where anything is wrong. */
export function addOutput(construct: Construct, output: Output): void {
  synthesisOf(construct).addOutput(output);
}

/** Changes manifests before they are checked, such as by annotations for the tool that applies them. */
export function addManifestChange(construct: Construct, change: ManifestChange): void {
  synthesisOf(construct).addChange(change);
}

/** Keeps cdk8s from writing the files of charts, for who writes them elsewhere. */
export function withholdCharts(construct: Construct, charts: () => readonly Chart[]): void {
  synthesisOf(construct).addWithheldCharts(charts);
}

/** Says something on stderr that the user should know and that stops nothing. */
export function addWarning(construct: Construct, warn: Warn): void {
  synthesisOf(construct).addWarning(construct, warn);
}

/** Names the stack in the first line of an error. */
export function addTitle(construct: Construct, title: string): void {
  synthesisOf(construct).addTitle(title);
}
