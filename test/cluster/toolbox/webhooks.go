package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const maximumWebhookBytes = 4 << 20

type webhook struct {
	Path       string          `json:"path"`
	ReceivedAt time.Time       `json:"receivedAt"`
	Body       json.RawMessage `json:"body"`
}

type webhookStore struct {
	mutex    sync.Mutex
	received []webhook
}

// ServeHTTP keeps what is posted to any path; GET /received gives it all back, DELETE /received forgets it.
func (store *webhookStore) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	store.mutex.Lock()
	defer store.mutex.Unlock()
	switch {
	case request.Method == http.MethodPost:
		body, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, maximumWebhookBytes))
		if err != nil || !json.Valid(body) {
			http.Error(writer, "the body is not JSON", http.StatusBadRequest)
			return
		}
		store.received = append(store.received, webhook{request.URL.Path, time.Now().UTC(), body})
		fmt.Printf("level=info msg=received path=%s bytes=%d\n", request.URL.Path, len(body))
	case request.Method == http.MethodDelete && request.URL.Path == "/received":
		store.received = nil
	case request.Method == http.MethodGet && request.URL.Path == "/received":
		writer.Header().Set("Content-Type", "application/json")
		json.NewEncoder(writer).Encode(append([]webhook{}, store.received...))
	case request.Method == http.MethodGet && request.URL.Path == "/healthz":
		fmt.Fprintln(writer, "ok")
	default:
		http.NotFound(writer, request)
	}
}

func receiveWebhooks(arguments []string) error {
	flags := flag.NewFlagSet("receive-webhooks", flag.ContinueOnError)
	listen := flags.String("listen", ":8080", "address to listen on")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	fmt.Printf("level=info msg=listening address=%s\n", *listen)
	return http.ListenAndServe(*listen, &webhookStore{})
}
