import type { MountedFiles } from '../../core/mounted-files';
import type { Metadata } from '../../core/workload';
import { parseDuration } from '../../model/duration';
import type { Problem, Problems } from '../../model/problem';
import type { AlertmanagerProps } from '../alertmanager-props';
import { OPERATOR_CONFIG_FILE } from '../config-files';
import { refusedArguments } from './additional-arguments';

/** What Kubernetes takes as the values of one Secret. */
const LARGEST_SECRET = 1024 * 1024;
/** The operator calls the StatefulSet `alertmanager-<name>`, and the hash in a label of its pods needs 11 more of 63. */
const LONGEST_NAME = 63 - 'alertmanager-'.length - 11;
/** The operator always sets it, to make replaced replicas forgotten soon. */
const RECONNECT_TIMEOUT = '5m';

/** What an Alertmanager of the operator is made of. */
export interface OperatorAlertmanagerParts {
  readonly metadata: Metadata;
  /** The files of the configuration's Secret. */
  readonly data: Readonly<Record<string, string>>;
  /** What the configuration refers to. */
  readonly files: MountedFiles;
}

/** Checks what only the operator refuses. */
export function checkOperatorAlertmanager(
  props: AlertmanagerProps,
  { metadata, data, files }: OperatorAlertmanagerParts,
  problems: Problems,
): void {
  const { name } = metadata;
  if (name.length > LONGEST_NAME) {
    problems.add(
      'name',
      `"${name}" has ${name.length} characters. Allowed: at most ${LONGEST_NAME}, as the operator names the StatefulSet alertmanager-${name}.`,
    );
  }
  for (const flag of new Set(refusedArguments(props.extraArgs ?? []))) {
    problems.add(
      'extraArgs',
      `The operator sets --${flag} itself and refuses it here. Use the prop that stands for it.`,
    );
  }
  const { reconnectTimeout = RECONNECT_TIMEOUT } = props.cluster ?? {};
  if (parseDuration(reconnectTimeout) !== parseDuration(RECONNECT_TIMEOUT)) {
    problems.add(
      'cluster.reconnectTimeout',
      `"${reconnectTimeout}" received, but the operator always sets ${RECONNECT_TIMEOUT}. Leave it out.`,
    );
  }
  checkVolumes('Secret', files, problems);
  checkVolumes('ConfigMap', files, problems);
  const bytes = Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > LARGEST_SECRET) {
    problems.add(
      'templates',
      `The configuration and its templates have ${bytes} bytes; the Secret takes at most ${LARGEST_SECRET}. Shorten the templates.`,
    );
  }
}

/** The operator cuts names of volumes at 63 characters, and two that are then the same make the pods invalid. */
function checkVolumes(kind: 'Secret' | 'ConfigMap', files: MountedFiles, problems: Problems): void {
  const known = new Map<string, string>();
  for (const name of files.names(kind)) {
    const volume = `${kind.toLowerCase()}-${name.replace(/[^a-z0-9-]+/g, '-')}`.slice(0, 63);
    const other = known.get(volume);
    if (other !== undefined) {
      problems.add(
        'routing',
        `The operator mounts the ${kind}s "${other}" and "${name}" under one volume name, "${volume}". Rename one of them.`,
      );
    }
    known.set(volume, name);
  }
}

/** What the operator's config reloader may change: it fills in environment variables in the configuration. */
export function adviseOperatorAlertmanager(data: Readonly<Record<string, string>>): readonly Problem[] {
  const found = new Set(data[OPERATOR_CONFIG_FILE]?.match(/\$\(\w+\)/g) ?? []);
  return [...found].map((variable) => ({
    path: 'configuration',
    property: variable,
    message:
      'The config reloader puts an environment variable of this name in its place, where its container has one. ' +
      'Write [$] in a regular expression, or {{ "$" }} in a template.',
  }));
}
