import { parseDuration } from '../../../model/duration';
import type { GpuExporterProps } from './gpu-exporter-props';
import { type Sources, sourceArguments } from './sources';

/** Scrapes further apart than this do not make collections rarer: counters of idle time need them. */
const LONGEST_INTERVAL_MILLISECONDS = 10_000;

/** The flags of the exporter. */
export function exporterArguments(props: GpuExporterProps, host: string, port: number, sources: Sources): string[] {
  const { collect = {}, dcgm = {}, privileges = 'process' } = props;
  return [
    `--web.listen-address=${host}:${port}`,
    ...flag('log.level', props.logLevel),
    ...flag('log.format', props.logFormat),
    `--backend=nvidia`,
    ...flag('collect.interval', collectInterval(props)),
    ...flag('collect.timeout', collect.timeout),
    ...flag('collect.staleness', collect.staleness),
    ...toggle('collect.processes', collect.processes ?? (privileges === 'device' ? false : undefined)),
    ...toggle('collect.profiling', collect.profiling),
    ...toggle('collect.pcie-throughput', collect.pcieThroughput),
    ...flag('profile', props.profiles?.join(',')),
    ...flag('dcgm.names', dcgm.names),
    ...flag('dcgm.hostname-label', dcgm.hostnameLabel),
    ...toggle('dcgm.optional', dcgm.optional),
    ...flag('series.limit', props.seriesLimit),
    ...flag('series.processes', props.processLimit),
    ...flag('idle.threshold', props.idleThreshold),
    ...sourceArguments(sources),
  ];
}

/** Time between two collections: values do not become newer by more scrapes. */
export function collectInterval({ collect, scrape }: GpuExporterProps): string | undefined {
  const scraped = scrape?.interval;
  const milliseconds = scraped === undefined ? undefined : parseDuration(scraped);
  const follows = milliseconds !== undefined && milliseconds <= LONGEST_INTERVAL_MILLISECONDS;
  return collect?.interval ?? (follows ? scraped : undefined);
}

function flag(name: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}

function toggle(name: string, value: boolean | undefined): readonly string[] {
  return value === undefined ? [] : [`--${value ? '' : 'no-'}${name}`];
}
