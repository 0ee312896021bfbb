// Command grafana-stand-in reads what Grafana reads at its start, refuses what Grafana would refuse or silently ignore,
// and answers those of its HTTP routes that a monitoring stack uses. Grafana itself cannot be built where the tests run.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const version = "13.2.3"

func logLine(level, message string) {
	fmt.Printf("logger=stand-in level=%s msg=%s\n", level, strconv.Quote(message))
}

func main() {
	if err := run(); err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			logLine("error", line)
		}
		os.Exit(1)
	}
}

func run() error {
	environment, err := readEnvironment(os.Environ())
	if err != nil {
		return err
	}
	settings, err := loadSettings(pathFrom(environment, "GF_PATHS_CONFIG", "/etc/grafana/grafana.ini"), environment)
	if err != nil {
		return err
	}
	for _, folder := range settings.writableFolders() {
		if err := requireWritable(folder); err != nil {
			return err
		}
	}
	provisioning := settings.value("paths", "provisioning")
	sources, err := loadDataSources(filepath.Join(provisioning, "datasources"))
	if err != nil {
		return err
	}
	providers, err := loadProviders(filepath.Join(provisioning, "dashboards"))
	if err != nil {
		return err
	}
	dashboards, err := loadDashboards(providers, sources)
	if err != nil {
		return err
	}
	logLine("info", fmt.Sprintf("provisioned %d data sources and %d dashboards", len(sources), len(dashboards)))
	return newServer(settings, sources, providers).listen()
}

func pathFrom(environment map[string]string, name, fallback string) string {
	if value := environment[name]; value != "" {
		return value
	}
	return fallback
}

func requireWritable(folder string) error {
	file, err := os.CreateTemp(folder, ".writable-")
	if err != nil {
		return fmt.Errorf("%s must be writable: %w", folder, err)
	}
	file.Close()
	return os.Remove(file.Name())
}

func (server *server) listen() error {
	address := net.JoinHostPort(server.settings.value("server", "http_addr"), server.settings.value("server", "http_port"))
	logLine("info", "HTTP Server Listen address="+address)
	switch protocol := server.settings.value("server", "protocol"); protocol {
	case "http":
		return http.ListenAndServe(address, server)
	case "https", "h2":
		certificate, key := server.settings.value("server", "cert_file"), server.settings.value("server", "cert_key")
		return http.ListenAndServeTLS(address, certificate, key, server)
	default:
		return fmt.Errorf("[server] protocol %q: http, https and h2 are allowed here", protocol)
	}
}
