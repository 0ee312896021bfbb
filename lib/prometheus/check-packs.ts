import type { SynthesizedObject } from '../core/synthesis';
import { type PodTemplate, podTemplates, selects } from '../core/workload-index';
import { checkDashboard } from '../model/dashboard';
import { readService } from '../model/manifest';
import { type MonitoringPack, ruleGroups } from '../model/monitoring-pack';
import type { Problems } from '../model/problem';
import { checkRuleGroup, type Rule } from '../model/rules';
import type { LabelSelector } from '../model/scrape/discovery';
import { scrapeJobNames } from '../model/scrape/native';
import type { ScrapeTarget } from '../model/scrape/scrape-target';
import { findPort } from '../model/scrape/service-port';

/** Checks everything that one Prometheus monitors: each pack alone, and all of them together. */
export function checkPacks(
  packs: readonly MonitoringPack[],
  rawJobs: readonly string[],
  defaultInterval: string,
  problems: Problems,
  objects: readonly SynthesizedObject[],
): void {
  const templates = podTemplates(objects);
  const jobs = new Set<string>();
  for (const job of rawJobs) {
    once(jobs, job, () =>
      problems.add('rawScrapeConfigs', `"${job}" is the job of another target. Allowed: a job of its own.`),
    );
  }
  const groups = new Set<string>();
  const rules = new Set<string>();
  for (const pack of packs) {
    const here = problems.within(pack.name ?? pack.targets?.[0]?.job ?? 'pack');
    for (const target of pack.targets ?? []) {
      target.check(here, defaultInterval);
      checkWorkloads(target, templates, here.within(`ScrapeTarget ${target.job}`));
      for (const job of scrapeJobNames(target)) {
        once(jobs, job, () => here.add('job', `"${job}" is the job of another target. Allowed: a job of its own.`));
      }
    }
    for (const group of ruleGroups(pack)) {
      checkRuleGroup(group, here);
      once(groups, group.name, () =>
        here.add('rules', `The group "${group.name}" exists already. Allowed: a name of its own.`),
      );
      for (const rule of group.rules) {
        const at = here.within(`rules/${rule.name}`);
        once(rules, identity(rule), () => at.add('name', 'Another rule has the same name and the same labels.'));
      }
    }
    for (const dashboard of pack.dashboards ?? []) {
      checkDashboard(dashboard, here);
    }
  }
}

function once(known: Set<string>, name: string, otherwise: () => void): void {
  if (known.has(name)) {
    otherwise();
  }
  known.add(name);
}

function identity(rule: Rule): string {
  const labels = { ...rule.labels, ...(rule.kind === 'alert' && { severity: rule.severity }) };
  return JSON.stringify([rule.kind, rule.name, Object.entries(labels).sort()]);
}

/**
 * Checks that a selector matches a workload of the app, and that the port is one of its containers'.
 *
 * A namespace in which the app deploys nothing is somebody else's: nothing is known about it here.
 */
function checkWorkloads(target: ScrapeTarget, templates: readonly PodTemplate[], problems: Problems): void {
  const { discovery, options } = target;
  if (options.external === true) {
    return;
  }
  if (discovery.kind === 'pod') {
    const { namespaces, selector } = discovery;
    const known = templates.filter(({ namespace }) => namespaces === 'all' || namespaces.includes(namespace));
    const places = namespaces === 'all' ? '' : ` in namespace ${namespaces.join(', ')}`;
    const matched = checkSelector(selector, known, 'matchLabels', places, namespaces === 'all', problems);
    for (const { port, targetPort } of target.endpoints) {
      checkContainerPort(port ?? targetPort, matched, problems);
    }
  }
  if (discovery.kind === 'serviceObject') {
    const service = readService(discovery.service);
    if (typeof service === 'string' || Object.keys(service.selector).length === 0) {
      return;
    }
    const namespace = service.namespace ?? 'default';
    const known = templates.filter((template) => template.namespace === namespace);
    const selector = { matchLabels: service.selector };
    const matched = checkSelector(selector, known, 'service', ` in namespace ${namespace}`, false, problems);
    for (const { port, targetPort } of target.endpoints) {
      const containerPort = targetPort ?? findPort(service, port)?.targetPort;
      if (containerPort !== undefined) {
        checkContainerPort(containerPort, matched, problems);
      }
    }
  }
}

function checkSelector(
  selector: LabelSelector,
  known: readonly PodTemplate[],
  property: string,
  places: string,
  anywhere: boolean,
  problems: Problems,
): readonly PodTemplate[] {
  // An empty selector is reported as such.
  const isEmpty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
  const matched = isEmpty ? [] : known.filter(({ labels }) => selects(selector, labels));
  if (matched.length === 0 && known.length > 0 && !anywhere) {
    const wanted = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
    const owners = known
      .map(({ owner }) => owner)
      .slice(0, 5)
      .join(', ');
    problems.add(
      property,
      `The selector ${wanted.join(',')} matches no pod of this app${places}; it deploys there: ${owners}. ` +
        'Correct the labels, or set external: true if someone else deploys the pods.',
    );
  }
  return matched;
}

function checkContainerPort(
  port: string | number | undefined,
  matched: readonly PodTemplate[],
  problems: Problems,
): void {
  for (const { owner, ports } of matched) {
    if (port === undefined && ports.length > 1) {
      const listed = ports.map(({ name, containerPort }) => name ?? containerPort).join(', ');
      problems.add('port', `It is missing, and ${owner} has several: ${listed}.`);
    }
    if (port !== undefined && !ports.some((each) => each.name === port || each.containerPort === port)) {
      const listed =
        ports.map(({ name, containerPort }) => `${name ?? '(unnamed)'} (${containerPort})`).join(', ') || 'none';
      problems.add('port', `${owner} has no container port ${JSON.stringify(port)}; it has: ${listed}.`);
    }
  }
}
