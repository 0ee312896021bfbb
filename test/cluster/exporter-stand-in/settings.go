package main

import (
	"flag"
	"fmt"
	"strings"
	"time"
)

// settings are read from flags, and from variables named after them: STAND_IN_LISTEN_ADDRESS for -listen-address. In the
// place of a vendor's exporter the arguments are those of that exporter, and the variables alone are ours.
type settings struct {
	standInFor    string
	vendor        vendor
	listenAddress string
	adminAddress  string
	tokenAddress  string

	expositionFile string
	exposition     string
	workloads      string
	workloadsFile  string

	certFile     string
	keyFile      string
	clientCAFile string

	bearerTokenFile  string
	usernameFile     string
	passwordFile     string
	clientIDFile     string
	clientSecretFile string
	scope            string
	tokenLifetime    time.Duration
}

const variablePrefix = "STAND_IN_"

func readSettings(arguments, environment []string) (*settings, error) {
	settings := &settings{}
	flags := flag.NewFlagSet("exporter-stand-in", flag.ContinueOnError)
	flags.StringVar(&settings.standInFor, "for", "", "dcgm-exporter or device-metrics-exporter: whose arguments, address and metrics to take")
	flags.StringVar(&settings.listenAddress, "listen-address", ":8080", "where /metrics is")
	flags.StringVar(&settings.adminAddress, "admin-address", ":9999", "where the content is changed and requests are counted; empty for nowhere")
	flags.StringVar(&settings.tokenAddress, "token-address", "", "where OAuth2 tokens are issued, with TLS where /metrics has it")
	flags.StringVar(&settings.expositionFile, "exposition-file", "", "the exposition, read anew for every scrape")
	flags.StringVar(&settings.exposition, "exposition", "", "the exposition itself")
	flags.StringVar(&settings.workloads, "workloads", "", "who uses the GPUs of a vendor's exporter: a line namespace/pod/container for each GPU, or - for an idle one")
	flags.StringVar(&settings.workloadsFile, "workloads-file", "", "the same, read anew for every scrape")
	flags.StringVar(&settings.certFile, "tls-cert-file", "", "turns TLS on")
	flags.StringVar(&settings.keyFile, "tls-key-file", "", "key of the certificate")
	flags.StringVar(&settings.clientCAFile, "tls-client-ca-file", "", "demands a client certificate of this authority")
	flags.StringVar(&settings.bearerTokenFile, "bearer-token-file", "", "demands this token")
	flags.StringVar(&settings.usernameFile, "username-file", "", "demands basic authentication")
	flags.StringVar(&settings.passwordFile, "password-file", "", "its password")
	flags.StringVar(&settings.clientIDFile, "oauth2-client-id-file", "", "demands a token that was issued to this client")
	flags.StringVar(&settings.clientSecretFile, "oauth2-client-secret-file", "", "its secret")
	flags.StringVar(&settings.scope, "oauth2-scope", "", "a token without this scope is no permission")
	flags.DurationVar(&settings.tokenLifetime, "oauth2-token-lifetime", 30*time.Second, "how long a token is good")

	variables := variablesOf(environment)
	if err := setFromVariables(flags, variables); err != nil {
		return nil, err
	}
	vendorOf := vendors[settings.standInFor]
	if settings.standInFor != "" && vendorOf == nil {
		return nil, fmt.Errorf("-for %q: dcgm-exporter and device-metrics-exporter are allowed", settings.standInFor)
	}
	if vendorOf == nil {
		if err := flags.Parse(arguments); err != nil {
			return nil, err
		}
		if settings.standInFor != "" {
			return nil, fmt.Errorf("set %sFOR instead of -for: the arguments are then those of the exporter", variablePrefix)
		}
		return settings, settings.check(flags.Args())
	}
	vendor, address, err := vendorOf(arguments, variables)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", settings.standInFor, err)
	}
	settings.vendor, settings.listenAddress = vendor, address
	return settings, settings.check(nil)
}

func variablesOf(environment []string) map[string]string {
	variables := map[string]string{}
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	return variables
}

func setFromVariables(flags *flag.FlagSet, variables map[string]string) error {
	for name, value := range variables {
		flagName, isOurs := strings.CutPrefix(name, variablePrefix)
		if !isOurs {
			continue
		}
		if err := flags.Set(strings.ToLower(strings.ReplaceAll(flagName, "_", "-")), value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (settings *settings) check(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("%q is no flag", rest[0])
	}
	demanded := 0
	for _, file := range []string{settings.bearerTokenFile, settings.usernameFile, settings.clientIDFile} {
		if file != "" {
			demanded++
		}
	}
	switch {
	case demanded > 1:
		return fmt.Errorf("one of -bearer-token-file, -username-file and -oauth2-client-id-file is allowed")
	case (settings.certFile == "") != (settings.keyFile == ""):
		return fmt.Errorf("-tls-cert-file and -tls-key-file need each other")
	case settings.clientCAFile != "" && settings.certFile == "":
		return fmt.Errorf("-tls-client-ca-file needs -tls-cert-file")
	case (settings.usernameFile == "") != (settings.passwordFile == ""):
		return fmt.Errorf("-username-file and -password-file need each other")
	case (settings.clientIDFile == "") != (settings.clientSecretFile == ""):
		return fmt.Errorf("-oauth2-client-id-file and -oauth2-client-secret-file need each other")
	case (settings.clientIDFile == "") != (settings.tokenAddress == ""):
		return fmt.Errorf("-oauth2-client-id-file and -token-address need each other")
	}
	return nil
}
