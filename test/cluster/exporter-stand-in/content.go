package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// content is what /metrics says. What was put at the admin address goes before files, and files before the settings.
type content struct {
	settings   *settings
	started    time.Time
	mutex      sync.Mutex
	exposition *string
	workloads  *string
}

func newContent(settings *settings) (*content, error) {
	content := &content{settings: settings, started: time.Now()}
	_, err := content.text()
	return content, err
}

func (content *content) text() (string, error) {
	content.mutex.Lock()
	defer content.mutex.Unlock()
	if content.exposition != nil {
		return *content.exposition, nil
	}
	settings := content.settings
	if settings.vendor == nil || settings.expositionFile != "" || settings.exposition != "" {
		return fileOr(settings.expositionFile, settings.exposition)
	}
	text, err := fileOr(settings.workloadsFile, settings.workloads)
	if content.workloads != nil {
		text, err = *content.workloads, nil
	}
	if err != nil {
		return "", err
	}
	workloads, err := parseWorkloads(text)
	if err != nil {
		return "", err
	}
	return settings.vendor.exposition(workloads, time.Since(content.started)), nil
}

func (content *content) setExposition(text *string) error {
	content.mutex.Lock()
	defer content.mutex.Unlock()
	content.exposition = text
	return nil
}

func (content *content) setWorkloads(text *string) error {
	if content.settings.vendor == nil {
		return fmt.Errorf("there are workloads only in the place of a vendor's exporter")
	}
	if text != nil {
		if _, err := parseWorkloads(*text); err != nil {
			return err
		}
	}
	content.mutex.Lock()
	defer content.mutex.Unlock()
	content.workloads = text
	return nil
}

func fileOr(file, text string) (string, error) {
	if file == "" {
		return text, nil
	}
	content, err := os.ReadFile(file)
	return string(content), err
}

// workload is the container that uses a GPU; all parts are empty for an idle one.
type workload struct{ namespace, pod, container string }

func (workload workload) isBusy() bool { return workload.pod != "" }

// There is always an idle GPU beside the busy ones, and without any workload there are two.
func parseWorkloads(text string) ([]workload, error) {
	workloads := []workload{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line == "-" {
			workloads = append(workloads, workload{})
			continue
		}
		parts := strings.Split(line, "/")
		if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
			return nil, fmt.Errorf("workload %q: namespace/pod/container or - is allowed", line)
		}
		workloads = append(workloads, workload{parts[0], parts[1], parts[2]})
	}
	return append(workloads, workload{}), nil
}
