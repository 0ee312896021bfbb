import { checkResources, checkWorkload } from '../core/workload';
import { checkAlertmanagerConfig } from '../model/alerting/check-configuration';
import { adviseRouting } from '../model/alerting/check-routing';
import type { AlertmanagerConfiguration } from '../model/alerting/configuration';
import { checkDuration, parseDuration } from '../model/duration';
import { checkTls, urlProblem } from '../model/http-client';
import { type Problem, Problems } from '../model/problem';
import { didYouMean } from '../model/suggest';
import type { AlertmanagerProps } from './alertmanager-props';

/** Checks an Alertmanager: its configuration, its flags and its pods. */
export function checkAlertmanager(
  props: AlertmanagerProps,
  config: AlertmanagerConfiguration,
  problems: Problems,
): void {
  checkWorkload(props, problems);
  checkResources(props.reloaderResources, 'reloaderResources', problems);
  checkAlertmanagerConfig(config, problems);
  props.storage?.check('storage', problems);
  for (const [name, value] of Object.entries(durations(props))) {
    problems.addIf(name, value === undefined ? undefined : checkDuration(value));
  }
  checkNumbers(props, problems);
  checkWeb(props, problems);
  checkCluster(props, problems);
  checkFeatures(props, problems);
}

/** What works, but hardly as it was meant. */
export function adviseAlertmanager(props: AlertmanagerProps, config: AlertmanagerConfiguration): readonly Problem[] {
  const problems = Problems.at('');
  adviseRouting(config.routing, props.retention ?? '120h', problems);
  return problems.all;
}

function durations({ retention, maintenanceInterval, web = {}, alerts = {}, cluster = {} }: AlertmanagerProps) {
  const {
    additionalPeers: _peers,
    advertiseAddress: _address,
    label: _label,
    tls: _tls,
    allowInsecurePublicAdvertiseAddressDiscovery: _discovery,
    ...times
  } = cluster;
  const { perAlertnameLimit: _limit, ...intervals } = alerts;
  return {
    retention,
    maintenanceInterval,
    'web.timeout': web.timeout,
    ...prefixed('alerts', intervals),
    ...prefixed('cluster', times),
  };
}

function prefixed(prefix: string, values: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
}

function checkNumbers(props: AlertmanagerProps, problems: Problems): void {
  const { replicas = 1, silences = {}, alerts = {}, web = {}, autoGomemlimitRatio = 0.9 } = props;
  if (!(Number.isInteger(replicas) && replicas > 0)) {
    problems.add('replicas', `${replicas} received. Allowed: a whole number, 1 or more.`);
  }
  const counts = {
    'silences.max': silences.max,
    'silences.maxSizeBytes': silences.maxSizeBytes,
    'alerts.perAlertnameLimit': alerts.perAlertnameLimit,
    'web.getConcurrency': web.getConcurrency,
    terminationGracePeriodSeconds: props.terminationGracePeriodSeconds,
  };
  for (const [name, value] of Object.entries(counts)) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
      problems.add(name, `${value} received. Allowed: a whole number, 0 or more.`);
    }
  }
  if (!(autoGomemlimitRatio > 0 && autoGomemlimitRatio <= 1)) {
    problems.add('autoGomemlimitRatio', `${autoGomemlimitRatio} received. Allowed: above 0, up to 1.`);
  }
  if (props.retention !== undefined && parseDuration(props.retention) === 0) {
    problems.add('retention', `"${props.retention}" received. Allowed: more than 0.`);
  }
}

function checkWeb({ web = {} }: AlertmanagerProps, problems: Problems): void {
  const { externalUrl, routePrefix, tls } = web;
  problems.addIf('web.externalUrl', externalUrl === undefined ? undefined : urlProblem(externalUrl));
  if (routePrefix !== undefined && !routePrefix.startsWith('/')) {
    problems.add('web.routePrefix', `"${routePrefix}" received. Allowed: a path that starts with /.`);
  }
  if (tls?.client !== undefined) {
    checkTls(tls.client, problems.within('web.tls.client'));
  }
}

function checkCluster({ cluster = {}, replicas = 1 }: AlertmanagerProps, problems: Problems): void {
  const { additionalPeers = [], advertiseAddress } = cluster;
  for (const address of [...additionalPeers, ...(advertiseAddress === undefined ? [] : [advertiseAddress])]) {
    if (!/^(?:[^\s/:[\]]+|\[[^\s\]]+\]):\d+$/.test(address)) {
      const property = address === advertiseAddress ? 'cluster.advertiseAddress' : 'cluster.additionalPeers';
      problems.add(property, `"${address}" received. Allowed: host:port.`);
    }
  }
  if (replicas === 1 && additionalPeers.length === 0 && Object.keys(cluster).length > 0) {
    problems.add('cluster', 'It has no effect with one replica. Set replicas to 2 or more, or name additionalPeers.');
  }
}

const FEATURES = [
  'alert-names-in-metrics',
  'receiver-name-in-metrics',
  'group-key-in-metrics',
  'classic-mode',
  'utf8-strict-mode',
  'auto-gomemlimit',
  'event-recorder',
];

function checkFeatures(props: AlertmanagerProps, problems: Problems): void {
  const { enableFeatures = [], eventRecorder, autoGomemlimitRatio } = props;
  for (const name of enableFeatures.filter((feature) => !FEATURES.includes(feature))) {
    problems.add('enableFeatures', `"${name}" received. Allowed: ${FEATURES.join(', ')}.${didYouMean(name, FEATURES)}`);
  }
  const needed = {
    'event-recorder': eventRecorder === undefined ? undefined : 'eventRecorder',
    'auto-gomemlimit': autoGomemlimitRatio === undefined ? undefined : 'autoGomemlimitRatio',
  };
  for (const [feature, property] of Object.entries(needed)) {
    if (property !== undefined && !enableFeatures.includes(feature)) {
      problems.add(property, `It has no effect without the feature "${feature}" in enableFeatures.`);
    }
  }
}
