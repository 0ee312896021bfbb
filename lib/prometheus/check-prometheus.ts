import { checkResources, checkWorkload } from '../core/workload';
import { checkAlertmanagerEndpoint } from '../model/alertmanager-endpoint';
import { checkDuration, parseDuration } from '../model/duration';
import { checkTls, urlProblem } from '../model/http-client';
import { labelNameProblem } from '../model/label';
import { secretProblems } from '../model/literal-secret';
import type { Problems } from '../model/problem';
import { checkRegex } from '../model/regex';
import { checkRelabelings } from '../model/relabel';
import { checkRemotes } from '../model/remote-storage';
import { checkLimits } from '../model/scrape/endpoint';
import { checkSize, parseSize } from '../model/size';
import type { PrometheusProps } from './prometheus-props';

/** Checks the props of a Prometheus, whichever back end renders them. */
export function checkPrometheus(props: PrometheusProps, problems: Problems): void {
  checkWorkload(props, problems);
  checkResources(props.reloaderResources, 'reloaderResources', problems);
  if (props.replicas !== undefined && !(Number.isInteger(props.replicas) && props.replicas > 0)) {
    problems.add('replicas', `${props.replicas} received. Allowed: a whole number, 1 or more.`);
  }
  for (const [name, value] of Object.entries(counts(props))) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
      problems.add(name, `${value} received. Allowed: a whole number, 0 or more.`);
    }
  }
  for (const [name, value] of Object.entries(durations(props))) {
    problems.addIf(name, value === undefined ? undefined : checkDuration(value));
  }
  const [interval, timeout] = [props.scrapeInterval ?? '30s', props.scrapeTimeout ?? '10s'];
  if ((parseDuration(timeout) ?? 0) > (parseDuration(interval) ?? Number.POSITIVE_INFINITY)) {
    problems.add(
      'scrapeTimeout',
      `${timeout} is longer than the scrapeInterval ${interval}. Allowed: at most the interval.`,
    );
  }
  checkRetention(props, problems);
  for (const name of [...Object.keys(props.externalLabels ?? {}), props.replicaLabel ?? 'prometheus_replica']) {
    problems.addIf('externalLabels', labelNameProblem(name));
  }
  const replicaLabel = props.replicaLabel ?? 'prometheus_replica';
  if (props.externalLabels?.[replicaLabel] !== undefined) {
    problems.add(
      'externalLabels',
      `"${replicaLabel}" holds the name of the replica. Choose another name, or another replicaLabel.`,
    );
  }
  checkLimits(props.limits ?? {}, problems.within('limits'));
  checkRemotes('remoteWrite', props.remoteWrite ?? [], problems);
  checkRemotes('remoteRead', props.remoteRead ?? [], problems);
  checkRelabelings(props.ruleEvaluation?.alertRelabelings ?? [], 'ruleEvaluation.alertRelabelings', problems);
  problems.addIf(
    'web.externalUrl',
    props.web?.externalUrl === undefined ? undefined : urlProblem(props.web.externalUrl),
  );
  problems.addIf('web.corsOrigin', props.web?.corsOrigin === undefined ? undefined : checkRegex(props.web.corsOrigin));
  for (const [index, endpoint] of (props.alertmanagers ?? []).entries()) {
    checkAlertmanagerEndpoint(endpoint, problems.within(`alertmanagers[${index}]`));
  }
  if (props.web?.tls?.client !== undefined) {
    checkTls(props.web.tls.client, problems.within('web.tls.client'));
  }
  const ratio = props.autoGomemlimitRatio;
  if (ratio !== undefined && !(ratio > 0 && ratio <= 1)) {
    problems.add('autoGomemlimitRatio', `${ratio} received. Allowed: above 0, up to 1.`);
  }
  for (const name of ['walSegmentSize', 'maxBlockChunkSegmentSize'] as const) {
    const size = props.tsdb?.[name];
    problems.addIf(`tsdb.${name}`, size === undefined ? undefined : checkSize(size));
  }
  for (const raw of props.rawScrapeConfigs ?? []) {
    for (const place of secretProblems(raw)) {
      problems
        .within(`rawScrapeConfigs/${raw.job_name}`)
        .add(place, 'A literal secret would be written to the output. Use the *_file form.');
    }
  }
}

function counts({ query = {}, tsdb = {}, web = {}, ...props }: PrometheusProps): Record<string, number | undefined> {
  return {
    'query.maxConcurrency': query.maxConcurrency,
    'query.maxSamples': query.maxSamples,
    'tsdb.maxExemplars': tsdb.maxExemplars,
    'tsdb.headChunksWriteQueueSize': tsdb.headChunksWriteQueueSize,
    'tsdb.samplesPerChunk': tsdb.samplesPerChunk,
    'web.maxConnections': web.maxConnections,
    terminationGracePeriodSeconds: props.terminationGracePeriodSeconds,
    'ruleEvaluation.notificationQueueCapacity': props.ruleEvaluation?.notificationQueueCapacity,
    'ruleEvaluation.maxConcurrentEvals': props.ruleEvaluation?.maxConcurrentEvals,
    'remoteReadServer.sampleLimit': props.remoteReadServer?.sampleLimit,
    'remoteReadServer.concurrentLimit': props.remoteReadServer?.concurrentLimit,
  };
}

function durations({
  query = {},
  ruleEvaluation: rules = {},
  tsdb = {},
  ...props
}: PrometheusProps): Record<string, string | undefined> {
  return {
    retention: props.retention,
    scrapeInterval: props.scrapeInterval,
    scrapeTimeout: props.scrapeTimeout,
    evaluationInterval: props.evaluationInterval,
    'web.readTimeout': props.web?.readTimeout,
    'query.lookbackDelta': query.lookbackDelta,
    'query.timeout': query.timeout,
    'ruleEvaluation.queryOffset': rules.queryOffset,
    'ruleEvaluation.forOutageTolerance': rules.forOutageTolerance,
    'ruleEvaluation.forGracePeriod': rules.forGracePeriod,
    'ruleEvaluation.resendDelay': rules.resendDelay,
    'remoteReadServer.flushDeadline': props.remoteReadServer?.flushDeadline,
    'tsdb.outOfOrderTimeWindow': tsdb.outOfOrderTimeWindow,
    'tsdb.minBlockDuration': tsdb.minBlockDuration,
    'tsdb.maxBlockDuration': tsdb.maxBlockDuration,
    'tsdb.blockReloadInterval': tsdb.blockReloadInterval,
  };
}

function checkRetention(props: PrometheusProps, problems: Problems): void {
  props.storage?.check('storage', problems);
  const percentage = props.tsdb?.retentionPercentage;
  if (percentage !== undefined && !(percentage > 0 && percentage <= 100)) {
    problems.add('tsdb.retentionPercentage', `${percentage} received. Allowed: more than 0, at most 100.`);
  }
  const size = props.retentionSize;
  if (size === undefined) {
    return;
  }
  problems.addIf('retentionSize', checkSize(size));
  const [wanted, room] = [parseSize(size), props.storage?.bytes];
  if (wanted !== undefined && room !== undefined && wanted > room * 0.9) {
    problems.add(
      'retentionSize',
      `${size} does not fit the storage of ${Math.floor(room / 2 ** 30)} GiB, which also holds the write-ahead log. ` +
        `Allowed: at most 90 % of it, ${Math.floor((room * 0.9) / 2 ** 20)}MB.`,
    );
  }
}
