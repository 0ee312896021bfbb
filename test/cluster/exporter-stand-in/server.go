package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

type server struct {
	name     string
	address  string
	security *tls.Config
	handler  http.Handler
}

// start prints where it listens, which a port of 0 leaves open.
func (server server) start(record *record, ended chan<- error) error {
	listener, err := net.Listen("tcp", server.address)
	if err != nil {
		return fmt.Errorf("%s: %w", server.name, err)
	}
	fmt.Printf("%s: listening on %s\n", server.name, listener.Addr())
	running := &http.Server{Handler: server.handler, TLSConfig: server.security, ErrorLog: log.New(&handshakeCounter{record}, "", 0)}
	go func() {
		if server.security == nil {
			ended <- fmt.Errorf("%s: %w", server.name, running.Serve(listener))
		} else {
			ended <- fmt.Errorf("%s: %w", server.name, running.ServeTLS(listener, "", ""))
		}
	}()
	return nil
}

// tlsConfiguration is nil for a server without TLS.
func tlsConfiguration(settings *settings) (*tls.Config, error) {
	if settings.certFile == "" {
		return nil, nil
	}
	// Read for every connection: certificates are renewed while a server runs.
	load := func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		certificate, err := tls.LoadX509KeyPair(settings.certFile, settings.keyFile)
		return &certificate, err
	}
	if _, err := load(nil); err != nil {
		return nil, err
	}
	configuration := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: load}
	if settings.clientCAFile == "" {
		return configuration, nil
	}
	authority, err := os.ReadFile(settings.clientCAFile)
	if err != nil {
		return nil, err
	}
	configuration.ClientAuth, configuration.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
	if !configuration.ClientCAs.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s holds no certificate", settings.clientCAFile)
	}
	return configuration, nil
}

// handshakeCounter reads the server's own log: a handler never sees a connection without a handshake.
type handshakeCounter struct{ record *record }

func (counter *handshakeCounter) Write(line []byte) (int, error) {
	text := string(line)
	// A connection that is closed at once is a probe of the port.
	if strings.Contains(text, "TLS handshake error") && !strings.HasSuffix(strings.TrimSpace(text), "EOF") {
		counter.record.change(func(counts *counts) { counts.HandshakesRefused++ })
	}
	fmt.Fprint(os.Stderr, text)
	return len(line), nil
}

func metricsHandler(content *content, access access, record *record) http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /health", func(writer http.ResponseWriter, _ *http.Request) { fmt.Fprintln(writer, "OK") })
	routes.HandleFunc("GET /", func(writer http.ResponseWriter, request *http.Request) {
		if refusal := access(request); refusal != nil {
			record.change(func(counts *counts) { counts.refuse(refusal.status) })
			writer.Header().Set("WWW-Authenticate", refusal.challenge)
			http.Error(writer, http.StatusText(refusal.status), refusal.status)
			return
		}
		text, err := content.text()
		if err != nil {
			http.Error(writer, err.Error(), http.StatusInternalServerError)
			return
		}
		record.accept(request)
		writer.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		fmt.Fprint(writer, text)
	})
	return routes
}
