package main

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"sync/atomic"
	"time"
)

type server struct {
	settings  settings
	sources   map[string]dataSource
	providers []provider
	routes    *http.ServeMux
	started   time.Time
	requests  atomic.Int64
	queries   atomic.Int64
}

func newServer(settings settings, sources map[string]dataSource, providers []provider) *server {
	server := &server{settings: settings, sources: sources, providers: providers, started: time.Now(), routes: http.NewServeMux()}
	server.routes.HandleFunc("GET /api/health", server.health)
	server.routes.HandleFunc("GET /metrics", server.metrics)
	server.routes.HandleFunc("GET /login", func(writer http.ResponseWriter, _ *http.Request) { fmt.Fprintln(writer, "<html>Grafana</html>") })
	server.routes.HandleFunc("GET /api/datasources", server.asAdmin(server.listDataSources))
	server.routes.HandleFunc("GET /api/datasources/uid/{uid}/health", server.asAdmin(server.dataSourceHealth))
	server.routes.HandleFunc("/api/datasources/proxy/uid/{uid}/{path...}", server.asAdmin(server.proxyDataSource))
	server.routes.HandleFunc("GET /api/search", server.asAdmin(server.search))
	return server
}

func (server *server) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	server.requests.Add(1)
	if server.settings.isOn("server", "serve_from_sub_path") {
		if root, err := url.Parse(server.settings.value("server", "root_url")); err == nil {
			http.StripPrefix(strings.TrimSuffix(root.Path, "/"), server.routes).ServeHTTP(writer, request)
			return
		}
	}
	server.routes.ServeHTTP(writer, request)
}

func (server *server) asAdmin(next http.HandlerFunc) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		user, password := server.settings.value("security", "admin_user"), server.settings.value("security", "admin_password")
		if !server.settings.isOn("auth.basic", "enabled") || !hasCredentials(request, user, password) {
			answer(writer, http.StatusUnauthorized, map[string]string{"message": "Unauthorized"})
			return
		}
		next(writer, request)
	}
}

func hasCredentials(request *http.Request, user, password string) bool {
	givenUser, givenPassword, _ := request.BasicAuth()
	isUser := subtle.ConstantTimeCompare([]byte(givenUser), []byte(user))
	return isUser&subtle.ConstantTimeCompare([]byte(givenPassword), []byte(password)) == 1
}

func answer(writer http.ResponseWriter, status int, body any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	json.NewEncoder(writer).Encode(body)
}

func (server *server) health(writer http.ResponseWriter, _ *http.Request) {
	answer(writer, http.StatusOK, map[string]string{"database": "ok", "version": version, "commit": "stand-in"})
}

func (server *server) listDataSources(writer http.ResponseWriter, _ *http.Request) {
	sources := []dataSource{}
	for _, source := range server.sources {
		sources = append(sources, source)
	}
	sort.Slice(sources, func(a, b int) bool { return sources[a].Name < sources[b].Name })
	answer(writer, http.StatusOK, sources)
}

// search reads the dashboards anew, as Grafana does every few seconds.
func (server *server) search(writer http.ResponseWriter, request *http.Request) {
	dashboards, err := loadDashboards(server.providers, server.sources)
	if err != nil {
		logLine("error", err.Error())
		answer(writer, http.StatusInternalServerError, map[string]string{"message": err.Error()})
		return
	}
	matching := []dashboard{}
	for _, dashboard := range dashboards {
		if strings.Contains(strings.ToLower(dashboard.Title), strings.ToLower(request.URL.Query().Get("query"))) {
			matching = append(matching, dashboard)
		}
	}
	answer(writer, http.StatusOK, matching)
}

func (server *server) metrics(writer http.ResponseWriter, request *http.Request) {
	user, password := server.settings.value("metrics", "basic_auth_username"), server.settings.value("metrics", "basic_auth_password")
	if !server.settings.isOn("metrics", "enabled") {
		http.NotFound(writer, request)
		return
	}
	if user != "" && !hasCredentials(request, user, password) {
		answer(writer, http.StatusUnauthorized, map[string]string{"message": "Unauthorized"})
		return
	}
	dashboards, _ := loadDashboards(server.providers, server.sources)
	writer.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	server.writeMetrics(writer, len(dashboards))
}
