package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

type dashboard struct {
	UID    string `json:"uid"`
	Title  string `json:"title"`
	Folder string `json:"folderTitle,omitempty"`
	Type   string `json:"type"`
	URL    string `json:"url"`
}

var (
	validUID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,40}$`)
	variable = regexp.MustCompile(`^(?:\$\{(\w+)(?::\w+)?\}|\$(\w+))$`)
	builtIn  = map[string]bool{"-- Grafana --": true, "-- Mixed --": true, "-- Dashboard --": true, "grafana": true, "__expr__": true}
)

// loadDashboards reads all dashboards of all providers and names every problem of every file.
func loadDashboards(providers []provider, sources map[string]dataSource) ([]dashboard, error) {
	found, uids, problems := []dashboard{}, map[string]string{}, []error{}
	for _, provider := range providers {
		files, err := dashboardFiles(provider.Options.Path)
		if err != nil {
			problems = append(problems, fmt.Errorf("provider %q: %w", provider.Name, err))
		}
		for _, file := range files {
			loaded, err := loadDashboard(file, sources)
			if err != nil {
				problems = append(problems, err)
				continue
			}
			if other := uids[loaded.UID]; other != "" {
				problems = append(problems, fmt.Errorf("%s: the uid %q is already that of %s", file, loaded.UID, other))
			}
			uids[loaded.UID] = file
			loaded.Folder = provider.Folder
			if provider.Options.FoldersFromFilesStructure && filepath.Dir(file) != filepath.Clean(provider.Options.Path) {
				loaded.Folder = filepath.Base(filepath.Dir(file))
			}
			found = append(found, loaded)
		}
	}
	sort.Slice(found, func(a, b int) bool { return found[a].Title < found[b].Title })
	return found, errors.Join(problems...)
}

// dashboardFiles walks a folder as Grafana does: through links, which is what mounted ConfigMaps consist of, and past
// hidden entries.
func dashboardFiles(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	files := []string{}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		status, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if status.IsDir() {
			nested, err := dashboardFiles(path)
			if err != nil {
				return nil, err
			}
			files = append(files, nested...)
		} else if strings.HasSuffix(path, ".json") {
			files = append(files, path)
		}
	}
	return files, nil
}

func loadDashboard(file string, sources map[string]dataSource) (dashboard, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return dashboard{}, err
	}
	var model map[string]any
	if err := json.Unmarshal(content, &model); err != nil {
		return dashboard{}, fmt.Errorf("%s: invalid JSON: %w", file, err)
	}
	uid, _ := model["uid"].(string)
	title, _ := model["title"].(string)
	problems := []error{}
	if title == "" {
		problems = append(problems, fmt.Errorf("%s: dashboard title cannot be empty", file))
	}
	if !validUID.MatchString(uid) {
		problems = append(problems, fmt.Errorf("%s: uid %q: 1 to 40 letters, digits, - and _ are allowed", file, uid))
	}
	check := reference{file: file, sources: sources, variables: dataSourceVariables(model)}
	problems = append(problems, check.walk("", model)...)
	return dashboard{UID: uid, Title: title, Type: "dash-db", URL: "/d/" + uid}, errors.Join(problems...)
}

func dataSourceVariables(model map[string]any) map[string]bool {
	names := map[string]bool{}
	templating, _ := model["templating"].(map[string]any)
	list, _ := templating["list"].([]any)
	for _, entry := range list {
		variable, _ := entry.(map[string]any)
		if name, _ := variable["name"].(string); variable["type"] == "datasource" {
			names[name] = true
		}
	}
	return names
}

// reference checks what a dashboard's panels, variables and annotations name as their data source.
type reference struct {
	file      string
	sources   map[string]dataSource
	variables map[string]bool
}

func (check reference) walk(path string, value any) []error {
	problems := []error{}
	switch typed := value.(type) {
	case []any:
		for index, child := range typed {
			problems = append(problems, check.walk(fmt.Sprintf("%s[%d]", path, index), child)...)
		}
	case map[string]any:
		for key, child := range typed {
			if key == "datasource" {
				if err := check.source(child); err != nil {
					problems = append(problems, fmt.Errorf("%s: %s.datasource: %w", check.file, path, err))
				}
			} else {
				problems = append(problems, check.walk(path+"."+key, child)...)
			}
		}
	}
	return problems
}

func (check reference) source(value any) error {
	uid, kind := "", ""
	switch typed := value.(type) {
	case nil:
		return nil
	case string:
		uid = typed
	case map[string]any:
		uid, _ = typed["uid"].(string)
		kind, _ = typed["type"].(string)
	}
	if match := variable.FindStringSubmatch(uid); match != nil {
		if name := match[1] + match[2]; !check.variables[name] {
			return fmt.Errorf("the dashboard has no data source variable %q", name)
		}
		return nil
	}
	if builtIn[uid] {
		return nil
	}
	source, found := check.sources[uid]
	if !found {
		return fmt.Errorf("no data source with the uid %q is provisioned", uid)
	}
	if kind != "" && kind != source.Type {
		return fmt.Errorf("the data source %q is of type %s, not %s", uid, source.Type, kind)
	}
	return nil
}
