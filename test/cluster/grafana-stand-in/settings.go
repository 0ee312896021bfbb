package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// settings are Grafana's settings by section and key.
type settings map[string]map[string]string

func (settings settings) value(section, key string) string {
	if value, found := settings[section][key]; found {
		return value
	}
	return defaults[section][key]
}

func (settings settings) isOn(section, key string) bool {
	return settings.value(section, key) == "true"
}

func (settings settings) writableFolders() []string {
	folders := []string{settings.value("paths", "data")}
	for _, mode := range strings.Fields(settings.value("log", "mode")) {
		if mode == "file" {
			folders = append(folders, settings.value("paths", "logs"))
		}
	}
	return folders
}

// readEnvironment does what the image's start script does: GF_X__FILE names a file with the value of GF_X.
func readEnvironment(entries []string) (map[string]string, error) {
	environment := map[string]string{}
	for _, entry := range entries {
		name, value, _ := strings.Cut(entry, "=")
		environment[name] = value
	}
	for name, file := range environment {
		target, isFile := strings.CutSuffix(name, "__FILE")
		if !isFile || !strings.HasPrefix(name, "GF_") {
			continue
		}
		if environment[target] != "" {
			return nil, fmt.Errorf("both %s and %s are set (but are exclusive)", target, name)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		environment[target] = strings.TrimRight(string(content), "\n")
		delete(environment, name)
	}
	return environment, nil
}

func loadSettings(file string, environment map[string]string) (settings, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	found, err := parseSettings(file, string(content))
	if err != nil {
		return nil, err
	}
	if err := overrideSettings(found, environment); err != nil {
		return nil, err
	}
	for section, values := range found {
		for key, value := range values {
			expanded, err := expand(value)
			if err != nil {
				return nil, fmt.Errorf("[%s] %s: %w", section, key, err)
			}
			values[key] = expanded
		}
	}
	return found, nil
}

func parseSettings(file, content string) (settings, error) {
	found, section, problems := settings{"DEFAULT": {}}, "DEFAULT", []error{}
	for index, line := range strings.Split(content, "\n") {
		line = strings.TrimSpace(line)
		refuse := func(format string, arguments ...any) {
			problems = append(problems, fmt.Errorf("%s:%d: %s", file, index+1, fmt.Sprintf(format, arguments...)))
		}
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if line[0] == '[' {
			name, isClosed := strings.CutSuffix(line[1:], "]")
			switch {
			case !isClosed || name == "":
				refuse("unclosed section: %s", line)
			case !isKnownSection(name):
				refuse("unknown section [%s]", name)
			case found[name] != nil && name != "DEFAULT":
				refuse("section [%s] comes twice", name)
			}
			section = name
			found[section] = map[string]string{}
			continue
		}
		position := strings.IndexAny(line, "=:")
		if position <= 0 {
			refuse("key-value delimiter not found: %s", line)
			continue
		}
		key := strings.TrimSpace(line[:position])
		value, err := unquote(strings.TrimSpace(line[position+1:]))
		if err != nil {
			refuse("%s: %s", key, err)
		}
		if _, isTwice := found[section][key]; isTwice {
			refuse("%s comes twice in [%s]", key, section)
		}
		found[section][key] = value
	}
	return found, errors.Join(problems...)
}

// unquote refuses what Grafana would cut off: everything after # or ; is a comment, unless the value is quoted.
func unquote(value string) (string, error) {
	for _, quote := range []string{`"""`, "`", `"`, "'"} {
		if len(value) >= 2*len(quote) && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			return value[len(quote) : len(value)-len(quote)], nil
		}
	}
	if strings.ContainsAny(value, "#;") {
		return "", fmt.Errorf(`everything after # or ; would be cut off; wrap the value in """`)
	}
	return value, nil
}

// Variables that Grafana's image or its start script read, beside those that override settings.
var otherVariables = setOf("GF_PATHS_CONFIG GF_PATHS_HOME GF_INSTALL_PLUGINS GF_INSTALL_IMAGE_RENDERER_PLUGIN GF_UID GF_GID")

func overrideSettings(found settings, environment map[string]string) error {
	sections := map[string]string{}
	for section := range knownSections {
		sections[environmentName(section)] = section
	}
	for section := range found {
		sections[environmentName(section)] = section
	}
	for name, value := range environment {
		rest, isOverride := strings.CutPrefix(name, "GF_")
		if !isOverride || otherVariables[name] {
			continue
		}
		longest := ""
		for prefix := range sections {
			if strings.HasPrefix(rest, prefix+"_") && len(prefix) > len(longest) {
				longest = prefix
			}
		}
		if longest == "" {
			return fmt.Errorf("%s overrides a setting of no section that Grafana knows", name)
		}
		section := sections[longest]
		if found[section] == nil {
			found[section] = map[string]string{}
		}
		found[section][strings.ToLower(rest[len(longest)+1:])] = value
	}
	return nil
}

func environmentName(section string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(section))
}

var expression = regexp.MustCompile(`\$__(\w+)\{([^}]*)\}|\$\{(\w+)\}`)

// expand replaces $__file{…}, $__env{…} and ${…}.
func expand(value string) (string, error) {
	var problem error
	expanded := expression.ReplaceAllStringFunc(value, func(found string) string {
		match := expression.FindStringSubmatch(found)
		switch {
		case match[3] != "":
			return os.Getenv(match[3])
		case match[1] == "env":
			return os.Getenv(match[2])
		case match[1] == "file":
			content, err := os.ReadFile(match[2])
			if err != nil {
				problem = err
			}
			return strings.TrimSpace(string(content))
		default:
			problem = fmt.Errorf("unknown provider in %s", found)
			return ""
		}
	})
	return expanded, problem
}
