import { alert, type Rule, type RuleGroup } from '../../model/rules';
import { runbook } from '../../model/runbook';

/** Interfaces of pods come and go with them, and the loopback device has no errors. */
const PHYSICAL = 'device!~"lo|veth.+|cali.+|lxc.+|cni.+|flannel.+"';
/** Volumes of pods are watched by the kubelet's rules. */
const FILESYSTEM =
  'fstype!~"tmpfs|ramfs|squashfs|erofs|iso9660|overlay", mountpoint!~"/var/lib/kubelet/(pods|plugins)/.+"';
const WHERE = '{{ $labels.mountpoint }} ({{ $labels.device }}) of node {{ $labels.node }}';

/**
 * Rules about the nodes themselves.
 *
 * @param selector matchers that select the series of node-exporter
 */
export function nodeExporterRules(selector = 'job="node-exporter"'): readonly RuleGroup[] {
  return [
    { name: 'node-exporter.alerts', rules: health(selector) },
    { name: 'node-exporter.filesystem', rules: filesystem(selector) },
    { name: 'node-exporter.cpu-and-memory', rules: cpuAndMemory(selector) },
    { name: 'node-exporter.disk', rules: disk(selector) },
    { name: 'node-exporter.network', rules: network(selector) },
    { name: 'node-exporter.kernel', rules: kernel(selector) },
  ];
}

function health(selector: string): readonly Rule[] {
  return [
    alert('NodeExporterDown', {
      expr: `absent(up{${selector}} == 1)`,
      for: '10m',
      severity: 'critical',
      summary: 'No node-exporter answers.',
      description: 'Prometheus cannot scrape node-exporter on any node, so nothing is known about the nodes.',
      runbook: runbook('NodeExporterDown'),
    }),
    alert('NodeTextFileCollectorScrapeError', {
      expr: `node_textfile_scrape_error{${selector}} == 1`,
      for: '10m',
      severity: 'warning',
      summary: 'node-exporter cannot read a text file with metrics.',
      description: 'The textfile collector of node {{ $labels.node }} meets a file that it cannot open or parse.',
      runbook: runbook('NodeTextFileCollectorScrapeError'),
    }),
  ];
}

function filesystem(selector: string): readonly Rule[] {
  const series = (metric: string) => `node_filesystem_${metric}{${selector}, ${FILESYSTEM}}`;
  const writable = `and ${series('readonly')} == 0`;
  const share = (free: string, total: string) => `${series(free)} / ${series(total)}`;
  // A trend of a few minutes, such as that of a new node that pulls its images, says nothing about a day.
  const withinADay = (free: string, total: string) =>
    `${share(free, total)} < 0.4 and predict_linear(${series(free)}[6h], 24 * 3600) < 0 ` +
    `and ${series(free)} offset 3h ${writable}`;
  return [
    alert('NodeFilesystemSpaceFillingUp', {
      expr: withinADay('avail_bytes', 'size_bytes'),
      for: '1h',
      severity: 'warning',
      summary: 'A filesystem will be full within a day.',
      description: `${WHERE} has {{ $value | humanizePercentage }} of its space left and is full within 24 hours if it goes on filling like this.`,
      runbook: runbook('NodeFilesystemSpaceFillingUp'),
    }),
    alert('NodeFilesystemSpaceFillingUpSoon', {
      expr:
        `${share('avail_bytes', 'size_bytes')} < 0.2 and predict_linear(${series('avail_bytes')}[2h], 4 * 3600) < 0 ` +
        `and ${series('avail_bytes')} offset 1h ${writable}`,
      for: '30m',
      severity: 'critical',
      summary: 'A filesystem will be full within four hours.',
      description: `${WHERE} has {{ $value | humanizePercentage }} of its space left and is full within four hours if it goes on filling like this.`,
      runbook: runbook('NodeFilesystemSpaceFillingUpSoon'),
    }),
    alert('NodeFilesystemAlmostOutOfSpace', {
      expr: `${share('avail_bytes', 'size_bytes')} < 0.1 ${writable}`,
      for: '15m',
      severity: 'warning',
      summary: 'A filesystem has less than 10 % of its space left.',
      description: `${WHERE} has {{ $value | humanizePercentage }} of its space left. The kubelet evicts pods at this point.`,
      runbook: runbook('NodeFilesystemAlmostOutOfSpace'),
    }),
    alert('NodeFilesystemOutOfSpace', {
      expr: `${share('avail_bytes', 'size_bytes')} < 0.03 ${writable}`,
      for: '5m',
      severity: 'critical',
      summary: 'A filesystem has less than 3 % of its space left.',
      description: `${WHERE} has {{ $value | humanizePercentage }} of its space left.`,
      runbook: runbook('NodeFilesystemOutOfSpace'),
    }),
    alert('NodeFilesystemFilesFillingUp', {
      expr: withinADay('files_free', 'files'),
      for: '1h',
      severity: 'warning',
      summary: 'A filesystem will be out of inodes within a day.',
      description: `${WHERE} has {{ $value | humanizePercentage }} of its inodes left and runs out within 24 hours if it goes on like this.`,
      runbook: runbook('NodeFilesystemFilesFillingUp'),
    }),
    alert('NodeFilesystemAlmostOutOfFiles', {
      expr: `${share('files_free', 'files')} < 0.05 ${writable}`,
      for: '15m',
      severity: 'critical',
      summary: 'A filesystem has less than 5 % of its inodes left.',
      description: `${WHERE} has {{ $value | humanizePercentage }} of its inodes left. No file can be created once they are used up.`,
      runbook: runbook('NodeFilesystemAlmostOutOfFiles'),
    }),
    alert('NodeFilesystemReadOnly', {
      expr: `${series('readonly')} == 1 and min_over_time(${series('readonly')}[1d]) == 0`,
      for: '1m',
      severity: 'critical',
      summary: 'A filesystem became read-only.',
      description: `${WHERE} was writable within the last day and is read-only now. The kernel does that when the disk fails.`,
      runbook: runbook('NodeFilesystemReadOnly'),
    }),
  ];
}

function cpuAndMemory(selector: string): readonly Rule[] {
  return [
    alert('NodeCPUHighUsage', {
      expr: `1 - avg without (cpu, mode) (rate(node_cpu_seconds_total{${selector}, mode="idle"}[5m])) > 0.9`,
      for: '15m',
      severity: 'info',
      summary: 'The CPUs of a node are busy.',
      description: 'The CPUs of node {{ $labels.node }} are {{ $value | humanizePercentage }} busy.',
      runbook: runbook('NodeCPUHighUsage'),
    }),
    alert('NodeSystemSaturation', {
      expr:
        `node_load5{${selector}} ` +
        `/ count without (cpu, mode) (node_cpu_seconds_total{${selector}, mode="idle"}) > 2`,
      for: '15m',
      severity: 'warning',
      summary: 'More tasks want to run on a node than it has CPUs.',
      description:
        'Per CPU of node {{ $labels.node }}, {{ $value | humanize }} tasks run or wait, so everything on it is slow.',
      runbook: runbook('NodeSystemSaturation'),
    }),
    alert('NodeMemoryHighUtilization', {
      expr: `1 - node_memory_MemAvailable_bytes{${selector}} / node_memory_MemTotal_bytes{${selector}} > 0.9`,
      for: '15m',
      severity: 'warning',
      summary: 'A node is almost out of memory.',
      description: '{{ $value | humanizePercentage }} of the memory of node {{ $labels.node }} is in use.',
      runbook: runbook('NodeMemoryHighUtilization'),
    }),
    alert('NodeMemoryMajorPagesFaults', {
      expr: `rate(node_vmstat_pgmajfault{${selector}}[5m]) > 500`,
      for: '15m',
      severity: 'warning',
      summary: 'A node reads memory pages from disk all the time.',
      description:
        'Node {{ $labels.node }} has {{ $value | humanize }} major page faults per second; it has too little memory for what runs on it.',
      runbook: runbook('NodeMemoryMajorPagesFaults'),
    }),
    alert('NodeMemoryStalled', {
      expr: `rate(node_pressure_memory_stalled_seconds_total{${selector}}[5m]) > 0.1`,
      for: '10m',
      severity: 'warning',
      summary: 'Everything on a node waits for memory.',
      description:
        'For {{ $value | humanizePercentage }} of the time, no task of node {{ $labels.node }} can run because all wait for memory.',
      runbook: runbook('NodeMemoryStalled'),
    }),
    alert('NodeMemoryUncorrectableErrors', {
      expr: `increase(node_edac_uncorrectable_errors_total{${selector}}[1h]) > 0`,
      for: '1m',
      severity: 'critical',
      summary: 'The memory of a node is broken.',
      description:
        'Uncorrectable errors that memory controller {{ $labels.controller }} of node {{ $labels.node }} counted in an hour: {{ $value | humanize }}.',
      runbook: runbook('NodeMemoryUncorrectableErrors'),
    }),
  ];
}

function disk(selector: string): readonly Rule[] {
  return [
    alert('NodeDiskIOSaturation', {
      expr: `rate(node_disk_io_time_weighted_seconds_total{${selector}}[5m]) > 10`,
      for: '30m',
      severity: 'warning',
      summary: 'Requests queue up at a disk.',
      description:
        'On average {{ $value | humanize }} requests wait for disk {{ $labels.device }} of node {{ $labels.node }}.',
      runbook: runbook('NodeDiskIOSaturation'),
    }),
    alert('NodeRAIDDegraded', {
      expr:
        `node_md_disks_required{${selector}} ` + `- ignoring (state) node_md_disks{${selector}, state="active"} > 0`,
      for: '15m',
      severity: 'critical',
      summary: 'A RAID array misses disks.',
      description:
        'Active disks that array {{ $labels.device }} of node {{ $labels.node }} lacks: {{ $value }}. The next failure may lose data.',
      runbook: runbook('NodeRAIDDegraded'),
    }),
    alert('NodeRAIDDiskFailure', {
      expr: `node_md_disks{${selector}, state="failed"} > 0`,
      for: '5m',
      severity: 'warning',
      summary: 'A disk of a RAID array failed.',
      description: 'Failed disks of array {{ $labels.device }} of node {{ $labels.node }}: {{ $value }}. Replace them.',
      runbook: runbook('NodeRAIDDiskFailure'),
    }),
  ];
}

function network(selector: string): readonly Rule[] {
  const errorShare = (direction: 'receive' | 'transmit') =>
    `rate(node_network_${direction}_errs_total{${selector}, ${PHYSICAL}}[5m]) ` +
    `/ rate(node_network_${direction}_packets_total{${selector}, ${PHYSICAL}}[5m]) > 0.01`;
  return [
    alert('NodeNetworkReceiveErrs', {
      expr: errorShare('receive'),
      for: '1h',
      severity: 'warning',
      summary: 'A network interface receives broken packets.',
      description:
        '{{ $value | humanizePercentage }} of the packets that {{ $labels.device }} of node {{ $labels.node }} receives are errors.',
      runbook: runbook('NodeNetworkReceiveErrs'),
    }),
    alert('NodeNetworkTransmitErrs', {
      expr: errorShare('transmit'),
      for: '1h',
      severity: 'warning',
      summary: 'A network interface fails to send packets.',
      description:
        '{{ $value | humanizePercentage }} of the packets that {{ $labels.device }} of node {{ $labels.node }} sends are errors.',
      runbook: runbook('NodeNetworkTransmitErrs'),
    }),
    alert('NodeNetworkInterfaceFlapping', {
      expr: `increase(node_network_carrier_down_changes_total{${selector}, ${PHYSICAL}}[15m]) > 2`,
      for: '5m',
      severity: 'warning',
      summary: 'A network link goes up and down.',
      description:
        'The link of {{ $labels.device }} of node {{ $labels.node }} went down {{ $value | humanize }} times in 15 minutes.',
      runbook: runbook('NodeNetworkInterfaceFlapping'),
    }),
    alert('NodeInfiniBandLinkFlapping', {
      expr: `increase(node_infiniband_link_downed_total{${selector}}[15m]) > 2`,
      for: '5m',
      severity: 'warning',
      summary: 'An InfiniBand link goes up and down.',
      description:
        'Port {{ $labels.port }} of {{ $labels.device }} of node {{ $labels.node }} lost its link {{ $value | humanize }} times in 15 minutes. Collective operations between GPUs fail or slow down.',
      runbook: runbook('NodeInfiniBandLinkFlapping'),
    }),
    alert('NodeBondingDegraded', {
      expr: `node_bonding_slaves{${selector}} - node_bonding_active{${selector}} > 0`,
      for: '5m',
      severity: 'warning',
      summary: 'A bonded interface runs on fewer links.',
      description: 'Links of bond {{ $labels.master }} of node {{ $labels.node }} that are down: {{ $value }}.',
      runbook: runbook('NodeBondingDegraded'),
    }),
    alert('NodeHighNumberConntrackEntriesUsed', {
      expr: `node_nf_conntrack_entries{${selector}} / node_nf_conntrack_entries_limit{${selector}} > 0.75`,
      for: '10m',
      severity: 'warning',
      summary: 'The connection table of a node is almost full.',
      description:
        '{{ $value | humanizePercentage }} of the conntrack entries of node {{ $labels.node }} are used. New connections are dropped when it is full.',
      runbook: runbook('NodeHighNumberConntrackEntriesUsed'),
    }),
  ];
}

function kernel(selector: string): readonly Rule[] {
  const descriptors = `node_filefd_allocated{${selector}} / node_filefd_maximum{${selector}}`;
  return [
    alert('NodeFileDescriptorLimit', {
      expr: `${descriptors} > 0.7`,
      for: '15m',
      severity: 'warning',
      summary: 'A node runs out of file descriptors.',
      description:
        '{{ $value | humanizePercentage }} of the file descriptors that the kernel of node {{ $labels.node }} allows are open.',
      runbook: runbook('NodeFileDescriptorLimit'),
    }),
    alert('NodeFileDescriptorsExhausted', {
      expr: `${descriptors} > 0.9`,
      for: '5m',
      severity: 'critical',
      summary: 'A node is almost out of file descriptors.',
      description:
        '{{ $value | humanizePercentage }} of the file descriptors that the kernel of node {{ $labels.node }} allows are open.',
      runbook: runbook('NodeFileDescriptorsExhausted'),
    }),
    alert('NodeClockSkewDetected', {
      expr: `abs(node_timex_offset_seconds{${selector}}) > 0.05`,
      for: '10m',
      severity: 'warning',
      summary: 'The clock of a node is off.',
      description: 'The clock of node {{ $labels.node }} is {{ $value | humanizeDuration }} away from its time server.',
      runbook: runbook('NodeClockSkewDetected'),
    }),
    alert('NodeClockDiffersFromPrometheus', {
      expr: `abs(timestamp(node_time_seconds{${selector}}) - node_time_seconds{${selector}}) > 5`,
      for: '10m',
      severity: 'warning',
      summary: 'The clocks of a node and of Prometheus differ.',
      description:
        'The clock of node {{ $labels.node }} is {{ $value | humanizeDuration }} away from that of Prometheus, so times in logs and certificates cannot be trusted.',
      runbook: runbook('NodeClockDiffersFromPrometheus'),
    }),
    alert('NodeClockNotSynchronising', {
      expr:
        `max_over_time(node_timex_sync_status{${selector}}[5m]) == 0 ` +
        `and node_timex_maxerror_seconds{${selector}} >= 16`,
      for: '10m',
      severity: 'warning',
      summary: 'The clock of a node is not synchronized.',
      description:
        'Nothing sets the clock of node {{ $labels.node }}; see that a time service such as chrony runs on it.',
      runbook: runbook('NodeClockNotSynchronising'),
    }),
  ];
}
