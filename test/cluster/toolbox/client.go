package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// get prints the body of a URL and fails unless the answer's status is 2xx. TLS is always verified.
func get(arguments []string) error {
	flags := flag.NewFlagSet("get", flag.ContinueOnError)
	authority := flags.String("ca", "", "file with the certificate authority")
	token := flags.String("token", "", "file with a bearer token")
	user := flags.String("user", "", "NAME:PASSWORD for basic authentication")
	timeout := flags.Duration("timeout", 10*time.Second, "time for the whole request")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodGet, flags.Arg(0), nil)
	if err != nil {
		return err
	}
	if name, password, found := strings.Cut(*user, ":"); found {
		request.SetBasicAuth(name, password)
	}
	if *token != "" {
		content, err := os.ReadFile(*token)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(content)))
	}
	client := &http.Client{Timeout: *timeout}
	if *authority != "" {
		content, err := os.ReadFile(*authority)
		if err != nil {
			return err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(content) {
			return fmt.Errorf("%s holds no certificate", *authority)
		}
		client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("GET %s: %s", flags.Arg(0), response.Status)
	}
	return nil
}

// resolve prints the addresses of a name, one a line.
func resolve(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("resolve takes one name, got %d", len(arguments))
	}
	found, err := net.LookupHost(arguments[0])
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(found, "\n"))
	return nil
}

// write creates a file with a content.
func write(arguments []string) error {
	if len(arguments) != 2 {
		return fmt.Errorf("write takes a file and its content, got %d arguments", len(arguments))
	}
	return os.WriteFile(arguments[0], []byte(arguments[1]), 0o644)
}
