import { checkWorkload } from '../../../core/workload';
import { checkDuration, parseDuration } from '../../../model/duration';
import type { Problems } from '../../../model/problem';
import { portProblem } from '../../../model/scrape/endpoint';
import { checkGpuScrape } from '../gpu-scrape';
import { collectInterval } from './arguments';
import type { GpuExporterProps } from './gpu-exporter-props';

/** Checks the props of the GPU exporter. */
export function checkGpuExporter(props: GpuExporterProps, problems: Problems): void {
  checkWorkload(props, problems);
  checkGpuScrape(props.scrape ?? {}, problems.within('scrape'));
  problems.addIf('port', props.port === undefined ? undefined : portProblem(props.port));
  checkDeviceAccess(props, problems);
  checkAttribution(props, problems);
  checkCollect(props, problems);
  checkNumbers(props, problems);
  if (props.profiles?.length === 0) {
    problems.add('profiles', 'The list is empty, so nothing would be exposed. Leave it out for native.');
  }
  if (props.tls !== undefined && props.webConfig !== undefined) {
    problems.add('webConfig', 'tls is given too. Allowed: one of them; a web configuration says everything itself.');
  }
  if (props.rbacProxy !== undefined && (props.tls !== undefined || props.webConfig !== undefined)) {
    problems.add(
      'rbacProxy',
      'tls or webConfig is given too. The proxy speaks HTTPS for the exporter: leave them out.',
    );
  }
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
  if (library?.startsWith('/') === true || library?.split('/').includes('..') === true) {
    problems.add('deviceAccess.library', `"${library}" received. Allowed: a path inside the driver's folder.`);
  }
}

function checkAttribution({ attribution, privileges }: GpuExporterProps, problems: Problems): void {
  if (attribution === undefined || attribution === false) {
    return;
  }
  const { kubeletDirectory, runtimeFiles } = attribution;
  if (kubeletDirectory?.startsWith('/') === false) {
    problems.add(
      'attribution.kubeletDirectory',
      `"${kubeletDirectory}" received. Allowed: an absolute path on the node.`,
    );
  }
  if (runtimeFiles === true && privileges === 'device') {
    problems.add(
      'attribution.runtimeFiles',
      'They say whose container a process is in, and privileges "device" sees no process. Allowed: with "process" or "privileged".',
    );
  }
}

function checkCollect(props: GpuExporterProps, problems: Problems): void {
  const { collect = {}, privileges } = props;
  const here = problems.within('collect');
  for (const name of ['interval', 'timeout', 'staleness'] as const) {
    const value = collect[name];
    if (value !== undefined) {
      here.addIf(name, checkDuration(value));
    }
  }
  const interval = collectInterval(props) ?? '5s';
  const { staleness = '1m' } = collect;
  const [between, shown] = [parseDuration(interval), parseDuration(staleness)];
  if (between !== undefined && shown !== undefined && shown < between) {
    here.add(
      'staleness',
      `${staleness} is less than the interval ${interval}: values would vanish between collections.`,
    );
  }
  if (collect.processes === true && privileges === 'device') {
    here.add('processes', 'privileges "device" sees no process. Allowed: with "process" or "privileged".');
  }
}

function checkNumbers(props: GpuExporterProps, problems: Problems): void {
  for (const name of ['seriesLimit', 'processLimit'] as const) {
    const value = props[name];
    if (value !== undefined && (!Number.isInteger(value) || value < 1)) {
      problems.add(name, `${value} received. Allowed: a whole number, 1 or more.`);
    }
  }
  const { idleThreshold } = props;
  if (idleThreshold !== undefined && !(idleThreshold >= 0 && idleThreshold <= 1)) {
    problems.add('idleThreshold', `${idleThreshold} received. Allowed: 0 to 1.`);
  }
}
