import { checkDuration } from '../duration';
import { checkHttpClient, checkTls, urlProblem } from '../http-client';
import type { Problems } from '../problem';
import { checkRouting } from './check-routing';
import { type AlertmanagerConfiguration, inhibitRulesOf, receiversOf, timeIntervalsOf } from './configuration';
import type { EventRecorderOptions } from './event-recorder';
import type { GlobalOptions } from './global-options';
import { checkInhibitRule } from './inhibit-rule';
import { smarthostProblem } from './integrations/email';
import { literalSecretProblem } from './integrations/integration-type';
import { BUILT_IN_TEMPLATES, checkNotificationTemplate, definedTemplates } from './notification-template';
import { checkTimeInterval, WELL_KNOWN_TIME_INTERVALS } from './time-interval';
import { checkTracing } from './tracing';

/** Checks a whole configuration as Alertmanager would when it loads it, and names that lead nowhere. */
export function checkAlertmanagerConfig(config: AlertmanagerConfiguration, problems: Problems): void {
  const { global = {}, templates = {} } = config;
  const receivers = receiversOf(config);
  const intervals = timeIntervalsOf(config);
  const names = {
    receivers: receivers.map(({ name }) => name),
    timeIntervals: [...new Set([...intervals, ...WELL_KNOWN_TIME_INTERVALS].map(({ name }) => name))],
  };
  checkRouting(config.routing, names, problems);
  for (const name of repeated(names.receivers)) {
    problems
      .within('receivers')
      .add('name', `"${name}" is the name of two receivers. Allowed: a name of its own for each.`);
  }
  for (const name of repeated(intervals.map((interval) => interval.name))) {
    problems
      .within('timeIntervals')
      .add('name', `"${name}" is the name of two time intervals. Allowed: a name of its own for each.`);
  }
  const known = new Set([...BUILT_IN_TEMPLATES, ...Object.values(templates).flatMap(definedTemplates)]);
  for (const receiver of receivers) {
    receiver.check(problems.within(`receivers/${receiver.name}`), { global, templates: known });
  }
  for (const interval of intervals) {
    checkTimeInterval(interval, problems.within(`timeIntervals/${interval.name}`));
  }
  for (const [index, rule] of inhibitRulesOf(config).entries()) {
    checkInhibitRule(rule, problems.within(`inhibitRules/${rule.name ?? index}`));
  }
  checkTemplates(templates, known, problems.within('templates'));
  checkGlobal(global, problems.within('global'));
  if (config.tracing !== undefined) {
    checkTracing(config.tracing, problems.within('tracing'));
  }
  checkEventRecorder(config.eventRecorder ?? {}, problems.within('eventRecorder'));
}

function repeated(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter((name, index) => names.indexOf(name) !== index));
}

function checkTemplates(
  templates: Readonly<Record<string, string>>,
  known: ReadonlySet<string>,
  problems: Problems,
): void {
  for (const [name, text] of Object.entries(templates)) {
    if (!/^[A-Za-z0-9_-][A-Za-z0-9_.-]*\.tmpl$/.test(name)) {
      problems.add(
        name,
        `"${name}" is not a name for a template file. Allowed: letters, digits, -, _ and ., ending in .tmpl.`,
      );
    }
    for (const fault of checkNotificationTemplate(text, known)) {
      problems.add(name, fault);
    }
    if (definedTemplates(text).length === 0) {
      problems.add(name, 'It defines no template, so nothing can use it. Allowed: {{ define "name" }} … {{ end }}.');
    }
  }
}

const URLS = [
  'slackAppUrl',
  'pagerdutyUrl',
  'opsgenieApiUrl',
  'victoropsApiUrl',
  'telegramApiUrl',
  'webexApiUrl',
  'wechatApiUrl',
  'jiraApiUrl',
  'rocketchatApiUrl',
] as const;

const SECRETS = [
  'smtpAuthPassword',
  'smtpAuthSecret',
  'slackApiUrl',
  'slackAppToken',
  'opsgenieApiKey',
  'victoropsApiKey',
  'telegramBotToken',
  'wechatApiSecret',
  'rocketchatToken',
  'rocketchatTokenId',
  'mattermostWebhookUrl',
] as const;

function checkGlobal(global: GlobalOptions, problems: Problems): void {
  const { resolveTimeout, smtpSmarthost, slackApiUrl, slackAppToken, http, smtpTls } = global;
  problems.addIf('resolveTimeout', resolveTimeout === undefined ? undefined : checkDuration(resolveTimeout));
  problems.addIf('smtpSmarthost', smtpSmarthost === undefined ? undefined : smarthostProblem(smtpSmarthost));
  for (const name of SECRETS) {
    problems.addIf(name, literalSecretProblem(global[name]));
  }
  for (const name of URLS) {
    const url = global[name];
    problems.addIf(name, url === undefined ? undefined : urlProblem(url));
  }
  if (slackApiUrl !== undefined && slackAppToken !== undefined) {
    problems.add('slackAppToken', 'Only one of slackApiUrl and slackAppToken is possible; remove one.');
  }
  if (http !== undefined) {
    checkHttpClient(http, 'https', problems.within('http'));
  }
  if (smtpTls !== undefined) {
    checkTls(smtpTls, problems.within('smtpTls'));
  }
}

function checkEventRecorder(
  { webhookOutputs = [], kafkaOutputs = [] }: EventRecorderOptions,
  problems: Problems,
): void {
  for (const [index, { url, timeout, retryBackoff, batchFlushInterval, http }] of webhookOutputs.entries()) {
    const here = problems.within(`webhookOutputs[${index}]`);
    here.addIf('url', urlProblem(url));
    for (const [name, value] of Object.entries({ timeout, retryBackoff, batchFlushInterval })) {
      here.addIf(name, value === undefined ? undefined : checkDuration(value));
    }
    if (http !== undefined) {
      checkHttpClient(http, url.startsWith('http:') ? 'http' : 'https', here.within('http'));
    }
  }
  for (const [index, { brokers, topic }] of kafkaOutputs.entries()) {
    if (brokers.length === 0 || topic === '') {
      problems.add(`kafkaOutputs[${index}]`, 'Kafka needs at least one broker, and a topic.');
    }
  }
}
