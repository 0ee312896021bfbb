import type { Labels } from '../../../lib/model/label';
import { growing, type RuleCase, type Samples, type Series, series } from '../rule-case';

const NODE = { job: 'node-exporter', instance: '10.0.0.1:9100', node: 'gpu-1' };
const ROOT = { device: '/dev/nvme0n1p1', fstype: 'ext4', mountpoint: '/' };
const MODULE = { controller: '0' };
const ETH = { device: 'eth0' };
const PORT = { device: 'mlx5_0', port: '1' };
const ARRAY = { device: 'md0' };

const node = (metric: string, samples: Samples, labels: Labels = {}): Series => [
  series(`node_${metric}`, NODE, labels),
  samples,
];
const filesystem = (metric: string, samples: Samples): Series => node(`filesystem_${metric}`, samples, ROOT);
const GIB = 1024 ** 3;
const WRITABLE = filesystem('readonly', 0);
const TOTAL = filesystem('size_bytes', 100 * GIB);
const FILES = filesystem('files', 1_000_000);

export const NODE_EXPORTER_CASES: readonly RuleCase[] = [
  {
    alert: 'NodeExporterDown',
    fires: {
      series: [node('load1', 1), [series('up', NODE), 0]],
      labels: {},
      says: 'Prometheus cannot scrape node-exporter on any node, so nothing is known about the nodes.',
    },
    quiet: {
      series: [
        [series('up', NODE), 1],
        [series('up', NODE, { instance: '10.0.0.2:9100' }), 0],
      ],
    },
  },
  {
    alert: 'NodeTextFileCollectorScrapeError',
    fires: {
      series: [node('textfile_scrape_error', 1)],
      labels: NODE,
      says: 'The textfile collector of node gpu-1 meets a file that it cannot open or parse.',
    },
    quiet: { series: [node('textfile_scrape_error', '0x145 1x3 0x10')] },
  },
  {
    alert: 'NodeFilesystemSpaceFillingUp',
    fires: {
      series: [filesystem('avail_bytes', growing(-0.05 * GIB, 45 * GIB)), TOTAL, WRITABLE],
      at: '6h',
      labels: { ...NODE, ...ROOT },
      says: '/ (/dev/nvme0n1p1) of node gpu-1 has 27% of its space left and is full within 24 hours if it goes on filling like this.',
    },
    quiet: { series: [filesystem('avail_bytes', growing(-0.01 * GIB, 35 * GIB)), TOTAL, WRITABLE], at: '6h' },
  },
  {
    alert: 'NodeFilesystemSpaceFillingUpSoon',
    fires: {
      series: [filesystem('avail_bytes', growing(-0.1 * GIB, 30 * GIB)), TOTAL, WRITABLE],
      labels: { ...NODE, ...ROOT },
      says: '/ (/dev/nvme0n1p1) of node gpu-1 has 15% of its space left and is full within four hours if it goes on filling like this.',
    },
    quiet: { series: [filesystem('avail_bytes', growing(-0.01 * GIB, 20 * GIB)), TOTAL, WRITABLE] },
  },
  {
    alert: 'NodeFilesystemAlmostOutOfSpace',
    fires: {
      series: [filesystem('avail_bytes', 9 * GIB), TOTAL, WRITABLE],
      labels: { ...NODE, ...ROOT },
      says: '/ (/dev/nvme0n1p1) of node gpu-1 has 9% of its space left. The kubelet evicts pods at this point.',
    },
    // A medium that cannot be written is always full.
    quiet: { series: [filesystem('avail_bytes', 0), TOTAL, filesystem('readonly', 1)] },
  },
  {
    alert: 'NodeFilesystemOutOfSpace',
    fires: {
      series: [filesystem('avail_bytes', 2 * GIB), TOTAL, WRITABLE],
      labels: { ...NODE, ...ROOT },
      says: '/ (/dev/nvme0n1p1) of node gpu-1 has 2% of its space left.',
    },
    quiet: { series: [filesystem('avail_bytes', 4 * GIB), TOTAL, WRITABLE] },
  },
  {
    alert: 'NodeFilesystemFilesFillingUp',
    fires: {
      series: [filesystem('files_free', growing(-500, 450_000)), FILES, WRITABLE],
      at: '6h',
      labels: { ...NODE, ...ROOT },
      says: '/ (/dev/nvme0n1p1) of node gpu-1 has 27% of its inodes left and runs out within 24 hours if it goes on like this.',
    },
    // A node that was set up two and a half hours ago has no trend yet.
    quiet: { series: [filesystem('files_free', growing(-1000, 450_000)), FILES, WRITABLE] },
  },
  {
    alert: 'NodeFilesystemAlmostOutOfFiles',
    fires: {
      series: [filesystem('files_free', 40_000), FILES, WRITABLE],
      labels: { ...NODE, ...ROOT },
      says: '/ (/dev/nvme0n1p1) of node gpu-1 has 4% of its inodes left. No file can be created once they are used up.',
    },
    // Filesystems such as btrfs have no fixed number of inodes and report 0 of 0.
    quiet: { series: [filesystem('files_free', 0), filesystem('files', 0), WRITABLE] },
  },
  {
    alert: 'NodeFilesystemReadOnly',
    fires: {
      series: [filesystem('readonly', '0x100 1x60')],
      labels: { ...NODE, ...ROOT },
      says: '/ (/dev/nvme0n1p1) of node gpu-1 was writable within the last day and is read-only now. The kernel does that when the disk fails.',
    },
    quiet: { series: [filesystem('readonly', 1)] },
  },
  {
    alert: 'NodeCPUHighUsage',
    fires: {
      series: [
        node('cpu_seconds_total', growing(3), { cpu: '0', mode: 'idle' }),
        node('cpu_seconds_total', growing(57), { cpu: '0', mode: 'user' }),
        node('cpu_seconds_total', growing(0), { cpu: '1', mode: 'idle' }),
        node('cpu_seconds_total', growing(60), { cpu: '1', mode: 'user' }),
      ],
      labels: NODE,
      says: 'The CPUs of node gpu-1 are 97.5% busy.',
    },
    quiet: {
      series: [
        node('cpu_seconds_total', growing(60), { cpu: '0', mode: 'idle' }),
        node('cpu_seconds_total', growing(0), { cpu: '1', mode: 'idle' }),
      ],
    },
  },
  {
    alert: 'NodeSystemSaturation',
    fires: {
      series: [
        node('load5', 5),
        node('cpu_seconds_total', 0, { cpu: '0', mode: 'idle' }),
        node('cpu_seconds_total', 0, { cpu: '0', mode: 'user' }),
        node('cpu_seconds_total', 0, { cpu: '1', mode: 'idle' }),
      ],
      labels: NODE,
      says: 'Per CPU of node gpu-1, 2.5 tasks run or wait, so everything on it is slow.',
    },
    quiet: {
      series: [
        node('load5', 3),
        node('cpu_seconds_total', 0, { cpu: '0', mode: 'idle' }),
        node('cpu_seconds_total', 0, { cpu: '1', mode: 'idle' }),
      ],
    },
  },
  {
    alert: 'NodeMemoryHighUtilization',
    fires: {
      series: [node('memory_MemAvailable_bytes', 4 * GIB), node('memory_MemTotal_bytes', 64 * GIB)],
      labels: NODE,
      says: '93.75% of the memory of node gpu-1 is in use.',
    },
    quiet: { series: [node('memory_MemAvailable_bytes', 8 * GIB), node('memory_MemTotal_bytes', 64 * GIB)] },
  },
  {
    alert: 'NodeMemoryMajorPagesFaults',
    fires: {
      series: [node('vmstat_pgmajfault', growing(60_000))],
      labels: NODE,
      says: 'Node gpu-1 has 1k major page faults per second; it has too little memory for what runs on it.',
    },
    quiet: { series: [node('vmstat_pgmajfault', growing(6_000))] },
  },
  {
    alert: 'NodeMemoryStalled',
    fires: {
      series: [node('pressure_memory_stalled_seconds_total', growing(15))],
      labels: NODE,
      says: 'For 25% of the time, no task of node gpu-1 can run because all wait for memory.',
    },
    quiet: { series: [node('pressure_memory_stalled_seconds_total', growing(3))] },
  },
  {
    alert: 'NodeMemoryUncorrectableErrors',
    fires: {
      series: [node('edac_uncorrectable_errors_total', '0x120 1x40', MODULE)],
      labels: { ...NODE, ...MODULE },
      says: 'Uncorrectable errors that memory controller 0 of node gpu-1 counted in an hour: 1.',
    },
    quiet: { series: [node('edac_uncorrectable_errors_total', 1, MODULE)] },
  },
  {
    alert: 'NodeDiskIOSaturation',
    fires: {
      series: [node('disk_io_time_weighted_seconds_total', growing(900), { device: 'sda' })],
      labels: { ...NODE, device: 'sda' },
      says: 'On average 15 requests wait for disk sda of node gpu-1.',
    },
    quiet: { series: [node('disk_io_time_weighted_seconds_total', growing(300), { device: 'sda' })] },
  },
  {
    alert: 'NodeRAIDDegraded',
    fires: {
      series: [
        node('md_disks_required', 4, ARRAY),
        node('md_disks', 3, { ...ARRAY, state: 'active' }),
        node('md_disks', 1, { ...ARRAY, state: 'failed' }),
      ],
      labels: { ...NODE, ...ARRAY },
      says: 'Active disks that array md0 of node gpu-1 lacks: 1. The next failure may lose data.',
    },
    quiet: {
      series: [
        node('md_disks_required', 4, ARRAY),
        node('md_disks', 4, { ...ARRAY, state: 'active' }),
        node('md_disks', 1, { ...ARRAY, state: 'spare' }),
      ],
    },
  },
  {
    alert: 'NodeRAIDDiskFailure',
    fires: {
      series: [node('md_disks', 1, { ...ARRAY, state: 'failed' })],
      labels: { ...NODE, ...ARRAY, state: 'failed' },
      says: 'Failed disks of array md0 of node gpu-1: 1. Replace them.',
    },
    quiet: {
      series: [node('md_disks', 0, { ...ARRAY, state: 'failed' }), node('md_disks', 1, { ...ARRAY, state: 'spare' })],
    },
  },
  {
    alert: 'NodeNetworkReceiveErrs',
    fires: {
      series: [
        node('network_receive_errs_total', growing(30), ETH),
        node('network_receive_packets_total', growing(600), ETH),
      ],
      labels: { ...NODE, ...ETH },
      says: '5% of the packets that eth0 of node gpu-1 receives are errors.',
    },
    quiet: {
      series: [
        node('network_receive_errs_total', growing(30), { device: 'veth1234' }),
        node('network_receive_packets_total', growing(600), { device: 'veth1234' }),
      ],
    },
  },
  {
    alert: 'NodeNetworkTransmitErrs',
    fires: {
      series: [
        node('network_transmit_errs_total', growing(30), ETH),
        node('network_transmit_packets_total', growing(600), ETH),
      ],
      labels: { ...NODE, ...ETH },
      says: '5% of the packets that eth0 of node gpu-1 sends are errors.',
    },
    quiet: {
      series: [
        node('network_transmit_errs_total', growing(3), ETH),
        node('network_transmit_packets_total', growing(600), ETH),
      ],
    },
  },
  {
    alert: 'NodeNetworkInterfaceFlapping',
    fires: {
      series: [node('network_carrier_down_changes_total', growing(1), ETH)],
      labels: { ...NODE, ...ETH },
      says: 'The link of eth0 of node gpu-1 went down 15 times in 15 minutes.',
    },
    quiet: { series: [node('network_carrier_down_changes_total', '0x145 1x15', ETH)] },
  },
  {
    alert: 'NodeInfiniBandLinkFlapping',
    fires: {
      series: [node('infiniband_link_downed_total', growing(1), PORT)],
      labels: { ...NODE, ...PORT },
      says: 'Port 1 of mlx5_0 of node gpu-1 lost its link 15 times in 15 minutes. Collective operations between GPUs fail or slow down.',
    },
    quiet: { series: [node('infiniband_link_downed_total', '0x145 1x15', PORT)] },
  },
  {
    alert: 'NodeBondingDegraded',
    fires: {
      series: [node('bonding_slaves', 2, { master: 'bond0' }), node('bonding_active', 1, { master: 'bond0' })],
      labels: { ...NODE, master: 'bond0' },
      says: 'Links of bond bond0 of node gpu-1 that are down: 1.',
    },
    quiet: { series: [node('bonding_slaves', 2, { master: 'bond0' }), node('bonding_active', 2, { master: 'bond0' })] },
  },
  {
    alert: 'NodeHighNumberConntrackEntriesUsed',
    fires: {
      series: [node('nf_conntrack_entries', 220_000), node('nf_conntrack_entries_limit', 262_144)],
      labels: NODE,
      says: '83.92% of the conntrack entries of node gpu-1 are used. New connections are dropped when it is full.',
    },
    quiet: { series: [node('nf_conntrack_entries', 130_000), node('nf_conntrack_entries_limit', 262_144)] },
  },
  {
    alert: 'NodeFileDescriptorLimit',
    fires: {
      series: [node('filefd_allocated', 800), node('filefd_maximum', 1000)],
      labels: NODE,
      says: '80% of the file descriptors that the kernel of node gpu-1 allows are open.',
    },
    quiet: { series: [node('filefd_allocated', 600), node('filefd_maximum', 1000)] },
  },
  {
    alert: 'NodeFileDescriptorsExhausted',
    fires: {
      series: [node('filefd_allocated', 950), node('filefd_maximum', 1000)],
      labels: NODE,
      says: '95% of the file descriptors that the kernel of node gpu-1 allows are open.',
    },
    quiet: { series: [node('filefd_allocated', 800), node('filefd_maximum', 1000)] },
  },
  {
    alert: 'NodeClockSkewDetected',
    fires: {
      series: [node('timex_offset_seconds', -0.2)],
      labels: NODE,
      says: 'The clock of node gpu-1 is 200ms away from its time server.',
    },
    quiet: { series: [node('timex_offset_seconds', 0.002)] },
  },
  {
    alert: 'NodeClockDiffersFromPrometheus',
    // Time starts at 0 here, so that a node whose clock is right reports 0, 60, 120 …
    fires: {
      series: [node('time_seconds', growing(60, 90))],
      labels: NODE,
      says: 'The clock of node gpu-1 is 1m 30s away from that of Prometheus, so times in logs and certificates cannot be trusted.',
    },
    quiet: { series: [node('time_seconds', growing(60, 1))] },
  },
  {
    alert: 'NodeClockNotSynchronising',
    fires: {
      series: [node('timex_sync_status', 0), node('timex_maxerror_seconds', 16)],
      labels: NODE,
      says: 'Nothing sets the clock of node gpu-1; see that a time service such as chrony runs on it.',
    },
    quiet: { series: [node('timex_sync_status', 0), node('timex_maxerror_seconds', 0.3)] },
  },
];
