package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"time"
)

// amdExporter has the flags and labels of AMD's device-metrics-exporter.
//
// See https://github.com/ROCm/device-metrics-exporter/blob/main/cmd/exporter/main.go
type amdExporter struct {
	prefix   string
	hostname string
}

var (
	ignoredAmdTexts    = []string{"agent-grpc-port", "s", "log-file-path"}
	ignoredAmdSwitches = strings.Fields(`version monitor-nic monitor-gpu monitor-ifoe enable-k8s enable-k8s-scl enable-cri
		enable-slurm-scl sriov-enable exit-on-agent-down exit-on-rocpctl-error`)
)

func newAmdExporter(arguments []string, variables map[string]string) (vendor, string, error) {
	flags := flag.NewFlagSet("device-metrics-exporter", flag.ContinueOnError)
	configFile := flags.String("amd-metrics-config", "/etc/metrics/config.json", "")
	host := flags.String("bind", "0.0.0.0", "")
	for _, name := range ignoredAmdTexts {
		flags.String(name, "", "")
	}
	for _, name := range ignoredAmdSwitches {
		flags.Bool(name, false, "")
	}
	if err := flags.Parse(arguments); err != nil && variables["AMD_EXPORTER_RELAXED_FLAGS_PARSING"] == "" {
		return nil, "", err
	}
	configuration, err := readAmdConfiguration(*configFile)
	if err != nil {
		return nil, "", err
	}
	port := "5000"
	if configuration.ServerPort != 0 {
		port = fmt.Sprint(configuration.ServerPort)
	}
	if value := variables["METRICS_EXPORTER_PORT"]; value != "" {
		port = value
	}
	exporter := &amdExporter{configuration.CommonConfig.MetricsFieldPrefix, firstOf(variables["DS_NODE_NAME"], variables["NODE_NAME"])}
	return exporter, net.JoinHostPort(*host, port), nil
}

type amdConfiguration struct {
	ServerPort   int
	CommonConfig struct{ MetricsFieldPrefix string }
}

func readAmdConfiguration(file string) (amdConfiguration, error) {
	configuration := amdConfiguration{}
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return configuration, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &configuration)
	}
	return configuration, err
}

// amdMetric is a gauge, as all metrics of this exporter are.
type amdMetric struct {
	name, help string
	reading    reading
	more       []label
}

var amdMetrics = []amdMetric{
	{name: "gpu_package_power", help: "Package power in W", reading: reading{idle: 140, busy: 690}},
	{name: "gpu_power_usage", help: "Power in W", reading: reading{idle: 140, busy: 690}},
	{name: "gpu_junction_temperature", help: "Junction temperature in C", reading: reading{idle: 38, busy: 72}},
	{name: "gpu_memory_temperature", help: "Memory temperature in C", reading: reading{idle: 32, busy: 54}},
	{name: "gpu_gfx_activity", help: "Graphics activity in percent", reading: reading{busy: 96}},
	{name: "gpu_umc_activity", help: "Memory activity in percent", reading: reading{busy: 48}},
	{name: "gpu_clock", help: "Clock in MHz", reading: reading{idle: 132, busy: 2100}, more: []label{{"clock_index", "0"}, {"clock_type", "GPU_CLOCK_TYPE_SYSTEM"}}},
	{name: "gpu_clock", help: "Clock in MHz", reading: reading{idle: 900, busy: 1300}, more: []label{{"clock_index", "8"}, {"clock_type", "GPU_CLOCK_TYPE_MEMORY"}}},
	{name: "gpu_total_vram", help: "VRAM in MB", reading: reading{idle: 196_592, busy: 196_592}},
	{name: "gpu_used_vram", help: "Used VRAM in MB", reading: reading{idle: 283, busy: 160_283}},
	{name: "gpu_free_vram", help: "Free VRAM in MB", reading: reading{idle: 196_309, busy: 36_309}},
	{name: "gpu_energy_consumed", help: "Energy in uJ", reading: reading{idle: 140e6, busy: 690e6, perSecond: true}},
	{name: "pcie_speed", help: "PCIe speed in GT/s", reading: reading{idle: 32, busy: 32}},
	{name: "pcie_bandwidth", help: "PCIe bandwidth in Mb/s", reading: reading{idle: 4, busy: 21_000}},
	{name: "pcie_replay_count", help: "PCIe replays"},
	{name: "gpu_ecc_correct_total", help: "Corrected errors"},
	{name: "gpu_ecc_uncorrect_total", help: "Uncorrected errors"},
	{name: "gpu_violation_ppt_residency_accumulated", help: "Throttling by power"},
	{name: "gpu_violation_socket_thermal_residency_accumulated", help: "Throttling by temperature"},
	{name: "gpu_health", help: "Health, 1 for healthy", reading: reading{idle: 1, busy: 1}},
}

func (exporter *amdExporter) exposition(workloads []workload, running time.Duration) string {
	text := &strings.Builder{}
	nodes := exporter.prefix + "gpu_nodes_total"
	writeHead(text, nodes, "gauge", "Number of GPUs of the node")
	writeSeries(text, nodes, []label{{"hostname", exporter.hostname}}, float64(len(workloads)))
	last := ""
	for _, metric := range amdMetrics {
		name := exporter.prefix + metric.name
		if name != last {
			writeHead(text, name, "gauge", metric.help)
		}
		last = name
		for gpu, workload := range workloads {
			labels := append(exporter.labels(gpu, workload), metric.more...)
			slices.SortFunc(labels, func(a, b label) int { return strings.Compare(a.name, b.name) })
			writeSeries(text, name, labels, metric.reading.value(workload, running))
		}
	}
	return text.String()
}

// labels are empty, not absent, for an idle GPU and for a node without a job scheduler.
func (exporter *amdExporter) labels(gpu int, workload workload) []label {
	return []label{
		{"card_model", "AMD Instinct MI300X"},
		{"container", workload.container},
		{"deployment_mode", "baremetal"},
		{"gpu_compute_partition_type", "spx"},
		{"gpu_id", fmt.Sprint(gpu)},
		{"gpu_memory_partition_type", "nps1"},
		{"gpu_partition_id", "0"},
		{"hostname", exporter.hostname},
		{"job_id", ""},
		{"job_partition", ""},
		{"job_user", ""},
		{"namespace", workload.namespace},
		{"pod", workload.pod},
		{"serial_number", fmt.Sprintf("692%09d", gpu)},
	}
}
