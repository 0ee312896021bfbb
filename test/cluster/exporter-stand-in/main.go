// Command exporter-stand-in serves an exposition as an exporter does: plain, behind TLS, behind client certificates, or to
// callers with the right credentials only. It also takes the place of the exporters of GPU vendors, which need a GPU.
//
// What it serves can be changed while it runs, and what it was asked can be read, at an address of its own.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Environ()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments, environment []string) error {
	settings, err := readSettings(arguments, environment)
	if err != nil {
		return err
	}
	content, err := newContent(settings)
	if err != nil {
		return err
	}
	record := &record{}
	issuer := newTokenIssuer(settings, record)
	access, err := newAccess(settings, issuer)
	if err != nil {
		return err
	}
	security, err := tlsConfiguration(settings)
	if err != nil {
		return err
	}
	servers := []server{
		{"metrics", settings.listenAddress, security, metricsHandler(content, access, record)},
		{"tokens", settings.tokenAddress, security, issuer},
		{"admin", settings.adminAddress, nil, adminHandler(content, record)},
	}
	ended := make(chan error)
	for _, server := range servers {
		if server.address != "" {
			if err := server.start(record, ended); err != nil {
				return err
			}
		}
	}
	return <-ended
}
