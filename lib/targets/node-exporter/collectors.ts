/**
 * The collectors of node-exporter 1.12 that run on Linux.
 *
 * @see https://github.com/prometheus/node_exporter#collectors
 */
export const COLLECTORS = [
  'arp',
  'bcache',
  'bcachefs',
  'bonding',
  'btrfs',
  'buddyinfo',
  'cgroups',
  'conntrack',
  'cpu',
  'cpu_vulnerabilities',
  'cpufreq',
  'diskstats',
  'dmi',
  'dmmultipath',
  'drbd',
  'drm',
  'edac',
  'entropy',
  'ethtool',
  'fibrechannel',
  'filefd',
  'filesystem',
  'hwmon',
  'infiniband',
  'interrupts',
  'ipvs',
  'kernel_hung',
  'ksmd',
  'lnstat',
  'loadavg',
  'logind',
  'mdadm',
  'meminfo',
  'meminfo_numa',
  'mountstats',
  'netclass',
  'netdev',
  'netstat',
  'network_route',
  'nfs',
  'nfsd',
  'ntp',
  'nvme',
  'nvmesubsystem',
  'os',
  'pcidevice',
  'perf',
  'powersupplyclass',
  'pressure',
  'processes',
  'qdisc',
  'rapl',
  'runit',
  'schedstat',
  'selinux',
  'slabinfo',
  'sockstat',
  'softirqs',
  'softnet',
  'stat',
  'supervisord',
  'swap',
  'sysctl',
  'systemd',
  'tapestats',
  'tcpstat',
  'textfile',
  'thermal_zone',
  'time',
  'timex',
  'udp_queues',
  'uname',
  'vmstat',
  'watchdog',
  'wifi',
  'xfrm',
  'xfs',
  'zfs',
  'zoneinfo',
] as const;

/** A part of what node-exporter reads. */
export type NodeCollector = (typeof COLLECTORS)[number];

/** Collectors whose metrics do not begin with `node_` and their own name. */
const OTHER_PREFIXES: Readonly<Record<string, NodeCollector>> = {
  node_disk_: 'diskstats',
  node_infiniband_: 'infiniband',
  node_md_: 'mdadm',
  node_memory_: 'meminfo',
  node_network_: 'netdev',
  node_nf_conntrack_: 'conntrack',
};

/** Whether an expression reads what one of the collectors exposes. */
export function readsCollector(expr: string, collectors: readonly NodeCollector[]): boolean {
  const prefixes = [
    ...collectors.map((name) => `node_${name}_`),
    ...Object.entries(OTHER_PREFIXES).flatMap(([prefix, name]) => (collectors.includes(name) ? [prefix] : [])),
  ];
  return prefixes.some((prefix) => expr.includes(prefix));
}
