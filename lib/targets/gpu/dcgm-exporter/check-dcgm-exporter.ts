import { checkWorkload } from '../../../core/workload';
import { checkDuration, parseDuration } from '../../../model/duration';
import type { Problems } from '../../../model/problem';
import { checkRegex } from '../../../model/regex';
import { portProblem } from '../../../model/scrape/endpoint';
import { checkGpuScrape } from '../gpu-scrape';
import { checkCounters } from './counters';
import type { DcgmExporterProps, PodMapping } from './dcgm-exporter-props';

/** DCGM keeps readings for its own use no more often. */
const SHORTEST_MILLISECONDS = 100;
const HOST_ENGINE = /^((tcp:\/\/)?([^\s/:[\]]+|\[[0-9a-fA-F:]+\]):\d+|unix:\/\/\/\S+|vsock:\/\/\d+:\d+)$/;
const RANGE = '(:\\d+(-\\d+)?(,\\d+(-\\d+)?)*)?';
const DEVICES = new RegExp(`^(f|[gi]${RANGE}(\\+[gi]${RANGE})?)$`);

/** Checks the props of a dcgm-exporter. */
export function checkDcgmExporter(props: DcgmExporterProps, problems: Problems): void {
  const { collectInterval, kubernetes, hostengine, devices } = props;
  checkWorkload(props, problems);
  checkCounters(props, problems);
  checkGpuScrape(props.scrape ?? {}, problems.within('scrape'));
  problems.addIf('port', props.port === undefined ? undefined : portProblem(props.port));
  if (collectInterval !== undefined) {
    const milliseconds = parseDuration(collectInterval);
    problems.addIf('collectInterval', checkDuration(collectInterval));
    if (milliseconds !== undefined && milliseconds < SHORTEST_MILLISECONDS) {
      problems.add('collectInterval', `"${collectInterval}" received. Allowed: ${SHORTEST_MILLISECONDS}ms or more.`);
    }
  }
  if (hostengine !== undefined && !HOST_ENGINE.test(hostengine)) {
    problems.add(
      'hostengine',
      `"${hostengine}" received. Allowed: host:port, tcp://host:port, unix:///path or vsock://cid:port.`,
    );
  }
  if (devices !== undefined && !DEVICES.test(devices)) {
    problems.add('devices', `"${devices}" received. Allowed: f, g, i or g+i, with numbers such as g:0,1 or i:0-3.`);
  }
  checkMapping(kubernetes === false ? {} : (kubernetes ?? {}), problems.within('kubernetes'));
}

function checkMapping({ podLabels, podResourcesDirectory, resourceNames = [] }: PodMapping, problems: Problems): void {
  for (const pattern of Array.isArray(podLabels) ? (podLabels as readonly string[]) : []) {
    problems.addIf('podLabels', checkRegex(pattern));
    if (pattern === '' || pattern.includes(',')) {
      problems.add('podLabels', `"${pattern}" received. Allowed: a regex without a comma, which ends one in the flag.`);
    }
  }
  if (Array.isArray(podLabels) && podLabels.length === 0) {
    problems.add('podLabels', "The list is empty, which would mean all. Leave it out, or say 'all'.");
  }
  for (const name of resourceNames) {
    if (!/^[a-z0-9.-]+\/[A-Za-z0-9._-]+$/.test(name)) {
      problems.add('resourceNames', `"${name}" received. Allowed: a resource such as nvidia.com/a100.`);
    }
  }
  if (podResourcesDirectory?.startsWith('/') === false) {
    problems.add(
      'podResourcesDirectory',
      `"${podResourcesDirectory}" received. Allowed: an absolute path on the node.`,
    );
  }
}
