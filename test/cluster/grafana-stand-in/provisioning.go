package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

type dataSource struct {
	OrgID           int               `yaml:"orgId" json:"-"`
	Version         int               `yaml:"version" json:"-"`
	Name            string            `yaml:"name" json:"name"`
	Type            string            `yaml:"type" json:"type"`
	Access          string            `yaml:"access" json:"access"`
	URL             string            `yaml:"url" json:"url"`
	User            string            `yaml:"user" json:"user"`
	Database        string            `yaml:"database" json:"database"`
	BasicAuth       bool              `yaml:"basicAuth" json:"basicAuth"`
	BasicAuthUser   string            `yaml:"basicAuthUser" json:"-"`
	WithCredentials bool              `yaml:"withCredentials" json:"-"`
	IsDefault       bool              `yaml:"isDefault" json:"isDefault"`
	Editable        bool              `yaml:"editable" json:"-"`
	UID             string            `yaml:"uid" json:"uid"`
	JSONData        map[string]any    `yaml:"jsonData" json:"jsonData"`
	SecureJSONData  map[string]string `yaml:"secureJsonData" json:"-"`
}

type provider struct {
	Name                  string `yaml:"name"`
	OrgID                 int    `yaml:"orgId"`
	Folder                string `yaml:"folder"`
	FolderUID             string `yaml:"folderUid"`
	Type                  string `yaml:"type"`
	DisableDeletion       bool   `yaml:"disableDeletion"`
	Editable              bool   `yaml:"editable"`
	AllowUIUpdates        bool   `yaml:"allowUiUpdates"`
	UpdateIntervalSeconds int    `yaml:"updateIntervalSeconds"`
	Options               struct {
		Path                      string `yaml:"path"`
		FoldersFromFilesStructure bool   `yaml:"foldersFromFilesStructure"`
	} `yaml:"options"`
}

func loadDataSources(folder string) (map[string]dataSource, error) {
	found, names, problems, hasDefault := map[string]dataSource{}, map[string]bool{}, []error{}, false
	err := eachFile(folder, func(file string) error {
		var document struct {
			APIVersion        int          `yaml:"apiVersion"`
			Prune             bool         `yaml:"prune"`
			DataSources       []dataSource `yaml:"datasources"`
			DeleteDataSources []struct {
				Name  string `yaml:"name"`
				OrgID int    `yaml:"orgId"`
			} `yaml:"deleteDatasources"`
		}
		if err := decode(file, &document); err != nil {
			return err
		}
		if document.APIVersion != 1 {
			problems = append(problems, fmt.Errorf("%s: apiVersion %d instead of 1", file, document.APIVersion))
		}
		for _, source := range document.DataSources {
			refuse := func(format string, arguments ...any) {
				problems = append(problems, fmt.Errorf("%s: data source %q: %s", file, source.Name, fmt.Sprintf(format, arguments...)))
			}
			switch _, isTwice := found[source.UID]; {
			case source.Name == "" || source.Type == "" || source.URL == "":
				refuse("name, type and url are needed")
			case source.UID == "":
				refuse("a uid is needed: dashboards refer to it")
			case isTwice || names[source.Name]:
				refuse("its name or uid %q comes twice", source.UID)
			case source.Access != "proxy" && source.Access != "direct":
				refuse("access %q instead of proxy or direct", source.Access)
			case source.IsDefault && hasDefault:
				refuse("only one data source per organization can be marked as default")
			}
			if method, found := source.JSONData["httpMethod"]; found && method != "GET" && method != "POST" {
				refuse("jsonData.httpMethod %v instead of GET or POST", method)
			}
			hasDefault = hasDefault || source.IsDefault
			names[source.Name] = true
			found[source.UID] = source
		}
		return nil
	})
	return found, errors.Join(append(problems, err)...)
}

func loadProviders(folder string) ([]provider, error) {
	found, problems := []provider{}, []error{}
	err := eachFile(folder, func(file string) error {
		var document struct {
			APIVersion int        `yaml:"apiVersion"`
			Providers  []provider `yaml:"providers"`
		}
		if err := decode(file, &document); err != nil {
			return err
		}
		if document.APIVersion != 1 {
			problems = append(problems, fmt.Errorf("%s: apiVersion %d instead of 1", file, document.APIVersion))
		}
		for _, provider := range document.Providers {
			switch {
			case provider.Name == "":
				problems = append(problems, fmt.Errorf("%s: a provider needs a name", file))
			case provider.Type != "file":
				problems = append(problems, fmt.Errorf("%s: provider %q: type %q instead of file", file, provider.Name, provider.Type))
			case provider.Options.Path == "":
				problems = append(problems, fmt.Errorf("%s: provider %q: options.path is needed", file, provider.Name))
			}
			for _, other := range found {
				if other.Name == provider.Name {
					problems = append(problems, fmt.Errorf("%s: provider name %q is not unique", file, provider.Name))
				}
			}
			found = append(found, provider)
		}
		return nil
	})
	return found, errors.Join(append(problems, err)...)
}

// eachFile visits the YAML files of a folder, sorted. A folder that is absent is like an empty one.
func eachFile(folder string, visit func(file string) error) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		logLine("warn", folder+" does not exist")
		return nil
	}
	if err != nil {
		return err
	}
	sort.Slice(entries, func(a, b int) bool { return entries[a].Name() < entries[b].Name() })
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") || (!strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml")) {
			continue
		}
		if err := visit(filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// decode reads a file of one YAML document, refuses unknown keys, and expands variables in the values.
func decode(file string, target any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := expandValues(&document); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	expanded, err := yaml.Marshal(&document)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(expanded)))
	decoder.KnownFields(true)
	if err := decoder.Decode(target); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func expandValues(node *yaml.Node) error {
	for index, child := range node.Content {
		isKey := node.Kind == yaml.MappingNode && index%2 == 0
		if isKey {
			continue
		}
		if child.Kind == yaml.ScalarNode && child.Tag == "!!str" {
			expanded, err := expand(child.Value)
			if err != nil {
				return err
			}
			child.Value = strings.ReplaceAll(expanded, "$$", "$")
		}
		if err := expandValues(child); err != nil {
			return err
		}
	}
	return nil
}
