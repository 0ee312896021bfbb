package main

import (
	"fmt"
	"io"
	"runtime"
)

// writeMetrics writes some of Grafana's own metrics, with their real names, types and labels.
func (server *server) writeMetrics(writer io.Writer, dashboards int) {
	sample := func(name, kind, labels string, value any) {
		fmt.Fprintf(writer, "# HELP %s Stand-in for Grafana's metric.\n# TYPE %s %s\n%s%s %v\n", name, name, kind, name, labels, value)
	}
	build := fmt.Sprintf(`{branch="HEAD",edition="oss",goversion="%s",revision="stand-in",version="%s"}`, runtime.Version(), version)
	sample("grafana_build_info", "gauge", build, 1)
	sample("grafana_stat_totals_dashboard", "gauge", "", dashboards)
	sample("grafana_stat_totals_datasource", "gauge", `{plugin_id="prometheus"}`, len(server.sources))
	sample("grafana_stat_total_users", "gauge", "", 1)
	sample("grafana_instance_start_total", "counter", "", 1)
	sample("grafana_http_request_in_flight", "gauge", "", 1)
	request := `{handler="/metrics",method="GET",slo_group="none",source="server",status_code="200",status_source="server"`
	count := server.requests.Load()
	fmt.Fprint(writer, "# HELP grafana_http_request_duration_seconds Stand-in for Grafana's metric.\n# TYPE grafana_http_request_duration_seconds histogram\n")
	for _, bound := range []string{"0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "25", "+Inf"} {
		fmt.Fprintf(writer, "grafana_http_request_duration_seconds_bucket%s,le=\"%s\"} %d\n", request, bound, count)
	}
	fmt.Fprintf(writer, "grafana_http_request_duration_seconds_sum%s} %f\n", request, float64(count)*0.001)
	fmt.Fprintf(writer, "grafana_http_request_duration_seconds_count%s} %d\n", request, count)
	query := `{code="200",datasource="prometheus",datasource_type="prometheus",method="GET",secure_socks_ds_proxy_enabled="false"}`
	sample("grafana_datasource_request_total", "counter", query, server.queries.Load())
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	sample("go_goroutines", "gauge", "", runtime.NumGoroutine())
	sample("go_memstats_alloc_bytes", "gauge", "", memory.Alloc)
	sample("process_start_time_seconds", "gauge", "", server.started.Unix())
}
