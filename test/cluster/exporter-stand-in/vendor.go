package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// vendor writes the exposition of a GPU vendor's exporter.
type vendor interface {
	exposition(workloads []workload, running time.Duration) string
}

// vendorOf reads the arguments and variables of a vendor's exporter, and says where it listens.
type vendorOf func(arguments []string, variables map[string]string) (vendor vendor, address string, err error)

var vendors = map[string]vendorOf{
	"dcgm-exporter":           newDcgmExporter,
	"device-metrics-exporter": newAmdExporter,
}

// reading is the value of a metric for a GPU. Totals grow, so that a rate of them can be told from none.
type reading struct {
	idle, busy float64
	perSecond  bool
}

func (reading reading) value(workload workload, running time.Duration) float64 {
	value := reading.idle
	if workload.isBusy() {
		value = reading.busy
	}
	if reading.perSecond {
		return value * running.Seconds()
	}
	return value
}

// label is a name and a value; the order of labels is that of the exporter.
type label struct{ name, value string }

func writeSeries(text *strings.Builder, name string, labels []label, value float64) {
	pairs := make([]string, len(labels))
	for index, label := range labels {
		pairs[index] = fmt.Sprintf("%s=%s", label.name, strconv.Quote(label.value))
	}
	fmt.Fprintf(text, "%s{%s} %s\n", name, strings.Join(pairs, ","), strconv.FormatFloat(value, 'g', -1, 64))
}

func writeHead(text *strings.Builder, name, kind, help string) {
	fmt.Fprintf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	name, _ := os.Hostname()
	return name
}
