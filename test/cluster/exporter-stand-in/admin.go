package main

import (
	"io"
	"net/http"
)

// adminHandler is for tests: nothing of it needs credentials.
func adminHandler(content *content, record *record) http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /counts", func(writer http.ResponseWriter, _ *http.Request) {
		answer(writer, http.StatusOK, record.read())
	})
	routes.HandleFunc("DELETE /counts", func(writer http.ResponseWriter, _ *http.Request) {
		record.change(func(current *counts) { *current = counts{} })
		writer.WriteHeader(http.StatusNoContent)
	})
	for path, set := range map[string]func(text *string) error{
		"/exposition": content.setExposition,
		"/workloads":  content.setWorkloads,
	} {
		routes.HandleFunc("PUT "+path, func(writer http.ResponseWriter, request *http.Request) {
			body, err := io.ReadAll(request.Body)
			text := string(body)
			if err == nil {
				err = set(&text)
			}
			if err != nil {
				http.Error(writer, err.Error(), http.StatusBadRequest)
				return
			}
			writer.WriteHeader(http.StatusNoContent)
		})
		// Back to what the settings say.
		routes.HandleFunc("DELETE "+path, func(writer http.ResponseWriter, _ *http.Request) {
			set(nil)
			writer.WriteHeader(http.StatusNoContent)
		})
	}
	return routes
}
