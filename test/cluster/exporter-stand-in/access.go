package main

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"os"
	"strings"
)

// access says why a request is refused, or nothing.
type access func(request *http.Request) *refusal

type refusal struct {
	status    int
	challenge string
}

func unauthorized(challenge string) *refusal { return &refusal{http.StatusUnauthorized, challenge} }

// newAccess needs the files at the start, and reads them anew for every request: Secrets are renewed while a server runs.
func newAccess(settings *settings, issuer *tokenIssuer) (access, error) {
	for _, file := range []string{
		settings.bearerTokenFile, settings.usernameFile, settings.passwordFile, settings.clientIDFile, settings.clientSecretFile,
	} {
		if content, err := readLine(file); file != "" && (err != nil || content == "") {
			return nil, fmt.Errorf("%s cannot be read or is empty: %v", file, err)
		}
	}
	switch {
	case settings.bearerTokenFile != "":
		return func(request *http.Request) *refusal {
			if token, isBearer := bearerToken(request); !isBearer || !isContent(settings.bearerTokenFile, token) {
				return unauthorized("Bearer")
			}
			return nil
		}, nil
	case settings.usernameFile != "":
		return func(request *http.Request) *refusal {
			user, password, isBasic := request.BasicAuth()
			if !isBasic || !isContent(settings.usernameFile, user) || !isContent(settings.passwordFile, password) {
				return unauthorized(`Basic realm="exporter-stand-in"`)
			}
			return nil
		}, nil
	case settings.clientIDFile != "":
		return issuer.access, nil
	}
	return func(*http.Request) *refusal { return nil }, nil
}

func bearerToken(request *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}

func isContent(file, value string) bool {
	content, err := readLine(file)
	return err == nil && content != "" && subtle.ConstantTimeCompare([]byte(content), []byte(value)) == 1
}

func readLine(file string) (string, error) {
	content, err := os.ReadFile(file)
	return strings.TrimRight(string(content), "\r\n"), err
}
