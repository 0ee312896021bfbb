package main

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// tokenIssuer grants tokens to one client by its credentials, and knows them again.
//
// See https://datatracker.ietf.org/doc/html/rfc6749#section-4.4 and https://datatracker.ietf.org/doc/html/rfc6750#section-3.1
type tokenIssuer struct {
	settings *settings
	record   *record
	mutex    sync.Mutex
	tokens   map[string]grant
}

type grant struct {
	until time.Time
	scope string
}

func newTokenIssuer(settings *settings, record *record) *tokenIssuer {
	return &tokenIssuer{settings: settings, record: record, tokens: map[string]grant{}}
}

func (issuer *tokenIssuer) access(request *http.Request) *refusal {
	token, isBearer := bearerToken(request)
	if !isBearer {
		return unauthorized("Bearer")
	}
	issuer.mutex.Lock()
	defer issuer.mutex.Unlock()
	granted, isKnown := issuer.tokens[token]
	if !isKnown || time.Now().After(granted.until) {
		return unauthorized(`Bearer error="invalid_token"`)
	}
	if wanted := issuer.settings.scope; wanted != "" && !slices.Contains(strings.Fields(granted.scope), wanted) {
		return &refusal{http.StatusForbidden, `Bearer error="insufficient_scope"`}
	}
	return nil
}

func (issuer *tokenIssuer) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	refuse := func(status int, reason string) {
		issuer.record.change(func(counts *counts) { counts.TokensRefused++ })
		if status == http.StatusUnauthorized {
			writer.Header().Set("WWW-Authenticate", "Basic")
		}
		answer(writer, status, map[string]string{"error": reason})
	}
	if request.Method != http.MethodPost || request.ParseForm() != nil {
		refuse(http.StatusBadRequest, "invalid_request")
		return
	}
	form := request.PostForm
	client, secret, authentication := clientOf(request)
	if !isContent(issuer.settings.clientIDFile, client) || !isContent(issuer.settings.clientSecretFile, secret) {
		refuse(http.StatusUnauthorized, "invalid_client")
		return
	}
	if form.Get("grant_type") != "client_credentials" {
		refuse(http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	token, lifetime := rand.Text(), issuer.settings.tokenLifetime
	issuer.mutex.Lock()
	issuer.tokens[token] = grant{time.Now().Add(lifetime), form.Get("scope")}
	issuer.mutex.Unlock()
	issuer.record.change(func(counts *counts) {
		counts.TokensIssued++
		counts.LastTokenRequest = &tokenRequest{authentication, form.Get("scope"), otherParameters(form)}
	})
	answer(writer, http.StatusOK, map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(lifetime.Seconds()), "scope": form.Get("scope"),
	})
}

// clientOf decodes what is in the header: there, unlike in other uses of basic authentication, both parts are encoded.
func clientOf(request *http.Request) (client, secret, authentication string) {
	user, password, isBasic := request.BasicAuth()
	if !isBasic {
		return request.PostForm.Get("client_id"), request.PostForm.Get("client_secret"), "form"
	}
	client, _ = url.QueryUnescape(user)
	secret, _ = url.QueryUnescape(password)
	return client, secret, "basic"
}

func otherParameters(form url.Values) map[string][]string {
	others := map[string][]string{}
	for name, values := range form {
		if !slices.Contains([]string{"grant_type", "scope", "client_id", "client_secret"}, name) {
			others[name] = values
		}
	}
	return others
}

func answer(writer http.ResponseWriter, status int, body any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.Header().Set("Cache-Control", "no-store")
	writer.WriteHeader(status)
	json.NewEncoder(writer).Encode(body)
}
