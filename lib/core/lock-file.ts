import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Problems } from '../model/problem';
import { didYouMean } from '../model/suggest';
import { identity, isOperated, isStateful, type LockRecord, recordOf, stableJson } from './lock-record';
import { addCheck, addOutput, addWarning, type SynthesizedObject } from './synthesis';

/** What is recorded, and where. */
export interface LockOptions {
  /** Path of the lock file, from the working directory: `monitoring.lock.json`. */
  readonly path: string;
  /** Which stack it is: the same file can hold several, of one app or of many. */
  readonly name: string;
  /** The charts of the stack. */
  readonly charts: () => readonly Chart[];
  /** Names of its alerts. */
  readonly alerts: () => readonly string[];
}

/** With the value `write`, what comes out is recorded rather than compared. */
const VARIABLE = 'CDK8S_GPU_MONITORING_LOCK';

const HOW = `npm run lock (which sets ${VARIABLE}=write for the synthesis)`;

const REFUSED =
  'Kubernetes does not let this field of an existing object change. Undo it; or delete the object when this is applied';

/** @see https://prometheus-operator.dev/docs/platform/storage/#resizing-volumes */
const REMADE =
  'Kubernetes lets this field change, and the operator then deletes the StatefulSet and makes it anew; but volume claims ' +
  'that exist stay as they are, and those that nothing asks for any more are left behind with their data. Undo it; or ' +
  'enlarge or move the claims by hand when this is applied, without deleting the object';

/**
 * Holds a stack to what was recorded of it: selectors, claims and other fields that cannot simply change, the
 * objects that have data, and the names of the alerts.
 *
 * What is new is no problem; it is guarded once it is recorded.
 */
export function lock(construct: Construct, options: LockOptions): void {
  const { path, name } = options;
  const own = (objects: readonly SynthesizedObject[]) =>
    objects.filter((object) => options.charts().includes(Chart.of(object.construct)));
  addCheck(construct, (problems, objects) => {
    const mode = process.env[VARIABLE] ?? '';
    if (mode !== '' && mode !== 'write') {
      problems.add('lockFile', `The variable ${VARIABLE} is "${mode}". Allowed: write, or not set.`);
    }
    const file = read(path, problems);
    const recorded = file?.[name];
    if (recorded !== undefined && mode !== 'write') {
      compare(recorded, own(objects), options, problems);
    }
  });
  addWarning(construct, () => {
    if (process.env[VARIABLE] === 'write') {
      return [];
    }
    if (!existsSync(path)) {
      return [`${path} does not exist, so no change of selectors, claims and alerts is noticed. To make it: ${HOW}.`];
    }
    return name in (read(path) ?? {}) ? [] : [`${path} says nothing of ${name}. To record it: ${HOW}.`];
  });
  addOutput(construct, (_outdir, objects) => {
    if (process.env[VARIABLE] === 'write') {
      mkdirSync(dirname(path), { recursive: true });
      const all = { ...read(path), [name]: recordOf(own(objects), options.alerts()) };
      writeFileSync(path, `${stableJson(all, 2)}\n`);
    }
  });
}

type LockFile = Readonly<Record<string, LockRecord>>;

function read(path: string, problems?: Problems): LockFile | undefined {
  if (!existsSync(path)) {
    return undefined;
  }
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as LockFile;
    if (Object.values(file).every(({ alerts, objects }) => Array.isArray(alerts) && typeof objects === 'object')) {
      return file;
    }
    problems?.add('lockFile', `${path} is no lock file. Restore it from version control, or delete it and run ${HOW}.`);
  } catch (error) {
    problems?.add(
      'lockFile',
      `${path} cannot be read: ${(error as Error).message}. Restore it from version control, or delete it and run ${HOW}.`,
    );
  }
  return undefined;
}

function compare(
  recorded: LockRecord,
  objects: readonly SynthesizedObject[],
  { path, alerts }: LockOptions,
  problems: Problems,
): void {
  const now = recordOf(objects, alerts());
  const places = new Map(objects.map(({ construct, manifest }) => [identity(manifest), construct.node.path]));
  for (const [name, fields] of Object.entries(recorded.objects)) {
    const current = now.objects[name];
    if (current === undefined) {
      problems.addIf('lockFile', isStateful(name) ? vanished(name, path, Object.keys(now.objects)) : undefined);
      continue;
    }
    for (const [field, before] of Object.entries(fields)) {
      const after = current[field] ?? null;
      if (stableJson(before) !== stableJson(after)) {
        problems.add(
          field,
          `${name} (${places.get(name)}) has ${stableJson(after)}, and ${stableJson(before)} in ${path}. ` +
            `${isOperated(name) ? REMADE : REFUSED}, and run ${HOW}.`,
        );
      }
    }
  }
  const gone = recorded.alerts.filter((alert) => !now.alerts.includes(alert));
  if (gone.length > 0) {
    const added = now.alerts.filter((alert) => !recorded.alerts.includes(alert));
    const hint = gone.length === 1 ? didYouMean(gone[0] ?? '', added) : '';
    problems.add(
      'lockFile',
      `${gone.join(', ')}: in ${path}, and no alert of this stack any more, so nobody would be told of it.${hint} Bring ` +
        `back what was there; or run ${HOW} to say that it may go.`,
    );
  }
}

function vanished(name: string, path: string, names: readonly string[]): string {
  const [kind = ''] = name.split(' ');
  const others = names.filter((other) => other.startsWith(`${kind} `));
  return (
    `${name} is in ${path}, and is made no longer; its data would be lost, or lie unused.${didYouMean(name, others)} ` +
    `Bring it back; or see to its data, and run ${HOW}.`
  );
}
