package main

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// counts is what callers asked for since the start or since the counts were cleared.
type counts struct {
	Accepted int `json:"accepted"`
	// Refused requests by HTTP status.
	Refused           map[string]int `json:"refused"`
	HandshakesRefused int            `json:"handshakesRefused"`
	TokensIssued      int            `json:"tokensIssued"`
	TokensRefused     int            `json:"tokensRefused"`
	LastAccepted      *scrape        `json:"lastAccepted,omitempty"`
	LastTokenRequest  *tokenRequest  `json:"lastTokenRequest,omitempty"`
}

// scrape is how the last accepted request came; it holds no secrets.
type scrape struct {
	// URL is absolute where the caller took this for a proxy.
	URL string `json:"url"`
	// Authorization is the scheme of that header.
	Authorization string `json:"authorization"`
	// ServerName is the one that the caller named in the TLS handshake.
	ServerName string `json:"serverName"`
	// ClientCertificate is its subject.
	ClientCertificate string `json:"clientCertificate"`
	UserAgent         string `json:"userAgent"`
}

type tokenRequest struct {
	ClientAuthentication string              `json:"clientAuthentication"`
	Scope                string              `json:"scope"`
	Parameters           map[string][]string `json:"parameters"`
}

func (counts *counts) refuse(status int) {
	if counts.Refused == nil {
		counts.Refused = map[string]int{}
	}
	counts.Refused[strconv.Itoa(status)]++
}

type record struct {
	mutex  sync.Mutex
	counts counts
}

func (record *record) change(change func(counts *counts)) {
	record.mutex.Lock()
	defer record.mutex.Unlock()
	change(&record.counts)
}

func (record *record) read() counts {
	record.mutex.Lock()
	defer record.mutex.Unlock()
	copied := record.counts
	copied.Refused = map[string]int{}
	maps.Copy(copied.Refused, record.counts.Refused)
	return copied
}

func (record *record) accept(request *http.Request) {
	scheme, _, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	scrape := &scrape{URL: request.URL.String(), Authorization: scheme, UserAgent: request.UserAgent()}
	if request.TLS != nil {
		scrape.ServerName = request.TLS.ServerName
		if certificates := request.TLS.PeerCertificates; len(certificates) > 0 {
			scrape.ClientCertificate = certificates[0].Subject.String()
		}
	}
	record.change(func(counts *counts) {
		counts.Accepted++
		counts.LastAccepted = scrape
	})
}
