import { maxUnavailableProblem } from '../../../core/rolling-update';
import { checkWorkload } from '../../../core/workload';
import { checkDuration, parseDuration } from '../../../model/duration';
import type { Problems } from '../../../model/problem';
import { portProblem } from '../../../model/scrape/endpoint';
import { checkGpuScrape } from '../gpu-scrape';
import { collectInterval } from './arguments';
import type { GpuExporterProps } from './gpu-exporter-props';
import { hasSource, sourcesOf } from './sources';
import { checkWebFiles } from './web-files';

/** What the exporter takes, from and to. */
const DURATIONS = {
  interval: ['100ms', '1h'],
  timeout: ['100ms', '10m'],
  staleness: ['1s', '1d'],
} as const;
const NUMBERS = { seriesLimit: [1, 10_000_000], processLimit: [0, 1_000_000] } as const;
/** The exporter reads no exponents. */
const SHARE = /^\d(\.\d{1,15})?$/;

/** Checks the props of the GPU exporter. */
export function checkGpuExporter(props: GpuExporterProps, problems: Problems): void {
  const { port, maxUnavailable } = props;
  checkWorkload(props, problems);
  checkGpuScrape(props.scrape ?? {}, problems.within('scrape'));
  problems.addIf('port', port === undefined ? undefined : portProblem(port));
  problems.addIf('maxUnavailable', maxUnavailable === undefined ? undefined : maxUnavailableProblem(maxUnavailable));
  checkDeviceAccess(props, problems);
  checkAttribution(props, problems);
  checkCollect(props, problems);
  checkNumbers(props, problems);
  checkProfiles(props, problems);
  checkWebFiles(props, problems);
}

function checkDeviceAccess({ deviceAccess }: GpuExporterProps, problems: Problems): void {
  if (typeof deviceAccess !== 'object') {
    return;
  }
  const { driverDirectory, library } = deviceAccess;
  if (!driverDirectory.startsWith('/')) {
    problems.add(
      'deviceAccess.driverDirectory',
      `"${driverDirectory}" received. Allowed: an absolute path on the node.`,
    );
  }
  if (library === '' || library?.startsWith('/') === true || library?.split('/').includes('..') === true) {
    problems.add('deviceAccess.library', `"${library}" received. Allowed: a path inside the driver's folder.`);
  }
}

function checkAttribution(props: GpuExporterProps, problems: Problems): void {
  const { attribution, privileges } = props;
  if (attribution === undefined || attribution === false) {
    return;
  }
  const { kubelet, apiServer, runtimeFiles, kubeletDirectory } = attribution;
  if (kubeletDirectory?.startsWith('/') === false) {
    problems.add(
      'attribution.kubeletDirectory',
      `"${kubeletDirectory}" received. Allowed: an absolute path on the node.`,
    );
  }
  if (kubeletDirectory !== undefined && !sourcesOf(props).kubelet) {
    problems.add('attribution.kubeletDirectory', 'The kubelet is no source. Set kubelet: true, or leave it out.');
  }
  if (privileges !== 'device') {
    return;
  }
  if (runtimeFiles !== undefined) {
    problems.add(
      'attribution.runtimeFiles',
      'They say whose container a process is in, and privileges "device" sees no process. Allowed: with "process" or "privileged".',
    );
  }
  if (apiServer === true && kubelet !== true) {
    problems.add(
      'attribution.apiServer',
      'It says whose container a process is in, and privileges "device" sees no process. Allowed: with kubelet: true, which ' +
        'knows who was given a GPU, or with "process" or "privileged".',
    );
  }
}

function checkCollect(props: GpuExporterProps, problems: Problems): void {
  const { collect = {}, privileges } = props;
  const here = problems.within('collect');
  for (const [name, [least, most]] of Object.entries(DURATIONS)) {
    const value = collect[name as keyof typeof DURATIONS];
    const milliseconds = value === undefined ? undefined : parseDuration(value);
    here.addIf(name, value === undefined ? undefined : checkDuration(value));
    if (milliseconds !== undefined && !within(milliseconds, [parseDuration(least) ?? 0, parseDuration(most) ?? 0])) {
      here.add(name, `"${value}" received. Allowed: ${least} to ${most}.`);
    }
  }
  const interval = collectInterval(props) ?? '5s';
  const { staleness = '1m' } = collect;
  const [between, shown] = [parseDuration(interval), parseDuration(staleness)];
  if (between !== undefined && shown !== undefined && shown < between) {
    here.add(
      'staleness',
      `${staleness} is less than the interval ${interval}: values would vanish between collections. Allowed: ${interval} or more.`,
    );
  }
  if (collect.processes === true && privileges === 'device') {
    here.add('processes', 'privileges "device" sees no process. Allowed: with "process" or "privileged".');
  }
}

function checkNumbers(props: GpuExporterProps, problems: Problems): void {
  for (const [name, [least, most]] of Object.entries(NUMBERS)) {
    const value = props[name as keyof typeof NUMBERS];
    if (value !== undefined && !(Number.isInteger(value) && within(value, [least, most]))) {
      problems.add(name, `${value} received. Allowed: a whole number from ${least} to ${most}.`);
    }
  }
  const { idleThreshold } = props;
  if (idleThreshold !== undefined && !(SHARE.test(`${idleThreshold}`) && within(idleThreshold, [0, 1]))) {
    problems.add('idleThreshold', `${idleThreshold} received. Allowed: 0 to 1, such as 0.05.`);
  }
  if (idleThreshold !== undefined && !hasSource(sourcesOf(props))) {
    problems.add(
      'idleThreshold',
      'Nothing says which pod has a GPU, so none is idle. Leave it out, or set attribution.',
    );
  }
}

function checkProfiles({ profiles = ['native'], dcgm, rules, dashboards }: GpuExporterProps, problems: Problems): void {
  if (profiles.length === 0) {
    problems.add('profiles', 'The list is empty, so nothing would be exposed. Leave it out for native.');
  }
  if (dcgm !== undefined && !profiles.includes('dcgm')) {
    problems.add('dcgm', "profiles has no dcgm, so this spells nothing. Leave it out, or add 'dcgm' to profiles.");
  }
  for (const [name, given] of Object.entries({ rules, dashboards })) {
    if (given === true && profiles.length > 0 && !profiles.includes('native')) {
      problems.add(name, "They read the profile native. Leave it out, or add 'native' to profiles.");
    }
  }
}

function within(value: number, [least, most]: readonly [number, number]): boolean {
  return value >= least && value <= most;
}
