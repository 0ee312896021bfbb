package main

import (
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// dcgmExporter has the flags and labels of dcgm-exporter 4.
//
// See https://github.com/NVIDIA/dcgm-exporter/blob/main/pkg/cmd/app.go
type dcgmExporter struct {
	counters     []dcgmCounter
	isKubernetes bool
	isOld        bool
	hasHostname  bool
	hasPodUID    bool
	hostname     string
}

// dcgmCounter is a line of the counters file: what is collected, as what, and its help.
type dcgmCounter struct{ field, kind, help string }

const defaultCountersFile = "/etc/dcgm-exporter/default-counters.csv"

// Files of the image that say the same; the second is what the GPU operator names.
var imageCountersFiles = []string{defaultCountersFile, "/etc/dcgm-exporter/dcp-metrics-included.csv"}

// Flags of dcgm-exporter that change nothing here; a flag that it does not have is an error here as there.
var (
	ignoredDcgmTexts = strings.Fields(`web-read-timeout web-write-timeout collect-interval c cpu-devices p remote-hostengine-info r
		kubernetes-gpu-id-type kubernetes-pod-label-allowlist-regex devices d switch-devices s xid-count-window-size x
		clock-events-count-window-size dcgm-log-level log-format pod-resources-kubelet-socket hpc-job-mapping-dir
		container-runtime-socket nvidia-resource-names dump-directory dump-retention gpu-bind-unbind-poll-interval`)
	ignoredDcgmSwitches = strings.Fields(`kubernetes-enable-pod-labels fake-gpus web-systemd-socket replace-blanks-in-model-name rbmn
		debug enable-dcgm-log container-labels kubernetes-virtual-gpus dump-enabled dump-compression kubernetes-enable-dra
		disable-startup-validate enable-gpu-bind-unbind-watch enable-pprof`)
	// Flags whose effect a test would miss.
	unsupportedDcgmTexts = []string{"config-file", "web-config-file", "configmap-data", "m"}
)

func newDcgmExporter(arguments []string, variables map[string]string) (vendor, string, error) {
	exporter, address, countersFile, noHostname := &dcgmExporter{hasHostname: true}, ":9400", defaultCountersFile, false
	flags := flag.NewFlagSet("dcgm-exporter", flag.ContinueOnError)
	text := func(target *string, variable string, names ...string) {
		if value, isSet := variables[variable]; isSet {
			*target = value
		}
		for _, name := range names {
			flags.StringVar(target, name, *target, "")
		}
	}
	toggle := func(target *bool, variable string, names ...string) {
		*target = variables[variable] == "true"
		for _, name := range names {
			flags.BoolVar(target, name, *target, "")
		}
	}
	text(&countersFile, "DCGM_EXPORTER_COLLECTORS", "collectors", "f")
	text(&address, "DCGM_EXPORTER_LISTEN", "address", "a")
	toggle(&exporter.isKubernetes, "DCGM_EXPORTER_KUBERNETES", "kubernetes", "k")
	toggle(&exporter.isOld, "DCGM_EXPORTER_USE_OLD_NAMESPACE", "use-old-namespace", "o")
	toggle(&exporter.hasPodUID, "DCGM_EXPORTER_KUBERNETES_ENABLE_POD_UID", "kubernetes-enable-pod-uid")
	toggle(&noHostname, "DCGM_EXPORTER_NO_HOSTNAME", "no-hostname", "n")
	for _, name := range ignoredDcgmTexts {
		flags.String(name, "", "")
	}
	for _, name := range ignoredDcgmSwitches {
		flags.Bool(name, false, "")
	}
	for _, name := range unsupportedDcgmTexts {
		flags.Func(name, "", func(string) error { return errors.New("the stand-in does not do what this asks for") })
	}
	if err := flags.Parse(arguments); err != nil {
		return nil, "", err
	}
	if variables["DCGM_EXPORTER_WEB_CONFIG_FILE"] != "" || variables["DCGM_EXPORTER_CONFIGMAP_DATA"] != "" {
		return nil, "", errors.New("the stand-in reads no web configuration and no ConfigMap")
	}
	exporter.hasHostname, exporter.hostname = !noHostname, firstOf(variables["NODE_NAME"])
	counters, err := readCounters(countersFile)
	exporter.counters = counters
	return exporter, address, err
}

// readCounters refuses what dcgm-exporter refuses, and fields that DCGM cannot have.
func readCounters(file string) ([]dcgmCounter, error) {
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && slices.Contains(imageCountersFiles, file) {
		return defaultDcgmCounters, nil
	}
	if err != nil {
		return nil, err
	}
	reader := csv.NewReader(strings.NewReader(string(content)))
	reader.Comment, reader.TrimLeadingSpace, reader.FieldsPerRecord = '#', true, 3
	records, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	counters := []dcgmCounter{}
	for _, record := range records {
		counter := dcgmCounter{strings.TrimSpace(record[0]), strings.TrimSpace(record[1]), strings.TrimSpace(record[2])}
		if !strings.HasPrefix(counter.field, "DCGM_FI_") && !strings.HasPrefix(counter.field, "DCGM_EXP_") {
			return nil, fmt.Errorf("%s: could not find DCGM field %q", file, counter.field)
		}
		switch counter.kind {
		case "gauge", "counter", "histogram", "summary", "label":
			counters = append(counters, counter)
		default:
			return nil, fmt.Errorf("%s: %s: could not find Prometheus metric type %q", file, counter.field, counter.kind)
		}
	}
	return counters, nil
}

func (exporter *dcgmExporter) exposition(workloads []workload, running time.Duration) string {
	text := &strings.Builder{}
	for _, counter := range exporter.counters {
		// The ones that dcgm-exporter counts itself are there once something happened.
		if counter.kind == "label" || strings.HasPrefix(counter.field, "DCGM_EXP_") {
			continue
		}
		writeHead(text, counter.field, counter.kind, counter.help)
		for gpu, workload := range workloads {
			labels := exporter.deviceLabels(gpu)
			if counter.field == "DCGM_FI_DEV_XID_ERRORS" {
				labels = append(labels, label{"err_code", "0"}, label{"err_msg", "No Error"})
			}
			labels = append(labels, exporter.workloadLabels(workload)...)
			writeSeries(text, counter.field, labels, dcgmReadings[counter.field].value(workload, running))
		}
	}
	return text.String()
}

func (exporter *dcgmExporter) deviceLabels(gpu int) []label {
	labels := []label{
		{"gpu", fmt.Sprint(gpu)},
		{either(exporter.isOld, "uuid", "UUID"), fmt.Sprintf("GPU-00000000-0000-4000-8000-%012d", gpu)},
		{"pci_bus_id", fmt.Sprintf("00000000:%02X:00.0", 16*(gpu+1))},
		{"device", fmt.Sprintf("nvidia%d", gpu)},
		{"modelName", "NVIDIA H100 80GB HBM3"},
	}
	if exporter.hasHostname {
		labels = append(labels, label{"Hostname", exporter.hostname})
	}
	for _, counter := range exporter.counters {
		if counter.kind == "label" {
			labels = append(labels, label{counter.field, firstOf(dcgmLabelValues[counter.field], "stand-in")})
		}
	}
	return labels
}

// workloadLabels are absent, not empty, for an idle GPU.
func (exporter *dcgmExporter) workloadLabels(workload workload) []label {
	if !exporter.isKubernetes || !workload.isBusy() {
		return nil
	}
	labels := []label{
		{either(exporter.isOld, "container_name", "container"), workload.container},
		{either(exporter.isOld, "pod_namespace", "namespace"), workload.namespace},
		{either(exporter.isOld, "pod_name", "pod"), workload.pod},
	}
	if exporter.hasPodUID {
		labels = append(labels, label{"pod_uid", "00000000-0000-4000-8000-000000000000"})
	}
	return labels
}

func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}
