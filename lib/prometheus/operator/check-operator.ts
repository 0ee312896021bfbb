import { checkDuration } from '../../model/duration';
import { checkTls } from '../../model/http-client';
import { labelNameProblem } from '../../model/label';
import type { MonitoringPack } from '../../model/monitoring-pack';
import { literalUsernameProblem } from '../../model/operator-http-client';
import type { Problems } from '../../model/problem';
import { checkRelabelings } from '../../model/relabel';
import { checkLimits } from '../../model/scrape/endpoint';
import { nearest } from '../../model/suggest';
import type { PrometheusProps } from '../prometheus-props';
import { managedArguments, toArgument } from './arguments';
import { checkMonitor, oauth2FilesProblem } from './check-monitor';
import type { OperatorOptions } from './operator-props';
import { remoteWriteGaps } from './remote-storage';
import type { ScrapeClass } from './scrape-class';

/** Pods bear it as a label, followed by a hash of ten characters. */
const LONGEST_STATEFUL_SET = 52;
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Checks what only the operator back end is told, and reports what no custom resource can say. */
export function checkOperator(
  props: PrometheusProps,
  options: OperatorOptions,
  packs: readonly MonitoringPack[],
  /** Classes that targets with files need. */
  ownClasses: readonly ScrapeClass[],
  problems: Problems,
): void {
  for (const pack of packs) {
    const here = problems.within(pack.name ?? pack.targets?.[0]?.job ?? 'pack');
    for (const target of pack.targets ?? []) {
      checkMonitor(target, true, here);
      here.within(`ScrapeTarget ${target.job}`).addIf('scrapeClass', classProblem(target.options.scrapeClass, options));
    }
  }
  if (options.shards !== undefined && !(Number.isInteger(options.shards) && options.shards > 0)) {
    problems.add('shards', `${options.shards} received. Allowed: a whole number, 1 or more.`);
  }
  checkName(props, options, problems);
  checkClasses(options, ownClasses, problems);
  const { namespaceLabel, ...limits } = options.enforcedLimits ?? {};
  checkLimits(limits, problems.within('enforcedLimits'));
  problems.addIf(
    'enforcedLimits.namespaceLabel',
    namespaceLabel === undefined ? undefined : labelNameProblem(namespaceLabel),
  );
  for (const name of options.foreignMonitors?.namespaces ?? []) {
    if (!NAMESPACE.test(name)) {
      problems.add('foreignMonitors.namespaces', `"${name}" is no namespace.`);
    }
  }
  checkGaps(props, options, problems);
  if (options.agent === true) {
    checkAgent(props, options, problems);
  }
}

/** Says what is no fault, but hardly meant. */
export function adviseOperator({ enforcedLimits }: OperatorOptions): readonly string[] {
  return enforcedLimits?.namespaceLabel === 'namespace'
    ? [
        'enforcedLimits.namespaceLabel: "namespace" overwrites the namespace that series have, which on those of GPUs is ' +
          "the workload's. Use a label of its own, such as monitor_namespace.",
      ]
    : [];
}

/** The StatefulSet's name, and a hash, must fit the label of a pod. */
function checkName({ name = '' }: PrometheusProps, { agent, shards = 1 }: OperatorOptions, problems: Problems): void {
  const statefulSet = `${agent === true ? 'prom-agent' : 'prometheus'}-${name}${shards > 1 ? `-shard-${shards - 1}` : ''}`;
  const longest = LONGEST_STATEFUL_SET - statefulSet.length + name.length;
  if (name.length > longest) {
    problems.add(
      'name',
      `"${name}" has ${name.length} characters. Allowed: at most ${longest}, as the operator names a StatefulSet ${statefulSet}.`,
    );
  }
}

/** The message for a class that does not exist: the operator would leave the whole monitor out. */
function classProblem(name: string | undefined, { scrapeClasses = [] }: OperatorOptions): string | undefined {
  const names = scrapeClasses.map((each) => each.name);
  if (name === undefined || names.includes(name)) {
    return undefined;
  }
  const near = nearest(name, names);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  return `The Prometheus has no scrape class "${name}"; it has: ${names.join(', ') || 'none'}.${hint}`;
}

function checkClasses(
  { scrapeClasses = [] }: OperatorOptions,
  ownClasses: readonly ScrapeClass[],
  problems: Problems,
): void {
  const names = new Set<string>();
  for (const each of scrapeClasses) {
    const here = problems.within(`scrapeClasses/${each.name}`);
    if (names.has(each.name)) {
      here.add('name', `"${each.name}" is used twice. Allowed: a name of its own.`);
    }
    names.add(each.name);
    checkRelabelings(each.relabelings ?? [], 'relabelings', here);
    checkRelabelings(each.metricRelabelings ?? [], 'metricRelabelings', here);
    if (each.tls !== undefined) {
      checkTls(each.tls, here);
    }
    if (typeof each.authorization?.credentials === 'object') {
      // Its configuration generator reads Secrets for the TLS of a class alone, and then sends no token at all.
      here.add(
        'authorization.credentials',
        'prometheus-operator takes no Secret here, and would send no credentials. Allowed: the absolute path of a file in ' +
          'the container; or set authorization at the target.',
      );
    }
  }
  for (const { name } of ownClasses) {
    if (names.has(name)) {
      problems.add('scrapeClasses', `"${name}" is the name of a class that a target with files gets. Rename it.`);
    }
  }
  if (scrapeClasses.filter((each) => each.default === true).length > 1) {
    problems.add('scrapeClasses', 'Several are the default. Allowed: one at most.');
  }
}

/** What the standalone back end can, and the custom resource cannot. */
function checkGaps(props: PrometheusProps, options: OperatorOptions, problems: Problems): void {
  if (props.tsdb?.retentionPercentage !== undefined) {
    problems.add('tsdb.retentionPercentage', 'The operator has no field for it. Use retentionSize.');
  }
  for (const [index, remote] of (props.remoteWrite ?? []).entries()) {
    const here = problems.within(`remoteWrite[${index}]`);
    here.addIf('basicAuth.username', literalUsernameProblem(remote));
    here.addIf('oauth2.tls', oauth2FilesProblem(remote));
    for (const [property, message] of Object.entries(remoteWriteGaps(remote))) {
      here.addIf(property, message);
    }
  }
  for (const [index, remote] of (props.remoteRead ?? []).entries()) {
    const here = problems.within(`remoteRead[${index}]`);
    here.addIf('basicAuth.username', literalUsernameProblem(remote));
    here.addIf('oauth2.tls', oauth2FilesProblem(remote));
    if (remote.enableHttp2 !== undefined) {
      here.add('enableHttp2', 'The operator has no field for it. Leave it out.');
    }
  }
  for (const flag of managedArguments(props.extraArgs ?? [])) {
    problems.add(
      'extraArgs',
      `The operator sets --${toArgument(flag).name} itself and refuses it here. Use the property.`,
    );
  }
  const { thanos } = options;
  if (thanos !== undefined) {
    for (const name of [
      'minBlockDuration',
      'maxBlockDuration',
      'delayCompactFilePath',
      'allowOverlappingCompaction',
    ] as const) {
      if (props.tsdb?.[name] !== undefined) {
        problems.add(`tsdb.${name}`, 'The operator sets it itself beside a Thanos sidecar. Leave it out.');
      }
    }
    problems.addIf(
      'thanos.readyTimeout',
      thanos.readyTimeout === undefined ? undefined : checkDuration(thanos.readyTimeout),
    );
  }
}

const SERVER_ONLY = [
  'retention',
  'retentionSize',
  'evaluationInterval',
  'ruleEvaluation',
  'query',
  'remoteRead',
  'remoteReadServer',
  'alertmanagers',
] as const;

function checkAgent(props: PrometheusProps, options: OperatorOptions, problems: Problems): void {
  if ((props.remoteWrite ?? []).length === 0) {
    problems.add('remoteWrite', 'An agent keeps nothing, so it needs a store to send to.');
  }
  for (const name of SERVER_ONLY) {
    const value = props[name];
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) {
      problems.add(name, 'An agent scrapes and forwards only; it has no such setting. Leave it out.');
    }
  }
  for (const name of ['enableAdminApi', 'searchMaxLimit'] as const) {
    if (props.web?.[name] !== undefined) {
      problems.add(`web.${name}`, 'An agent has no such API. Leave it out.');
    }
  }
  for (const [name, value] of Object.entries(props.tsdb ?? {})) {
    if (value !== undefined && name !== 'outOfOrderTimeWindow' && name !== 'walCompression') {
      problems.add(`tsdb.${name}`, 'An agent has no time series database. Leave it out.');
    }
  }
  if (options.thanos !== undefined) {
    problems.add('thanos', 'An agent has no blocks that a sidecar could upload. Leave one of them out.');
  }
}
