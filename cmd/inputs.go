package cmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// given is a value as it came in, and what its relative paths start from.
type given struct{ text, folder, from string }

// inputSources are where the values of inputs come from, the first wins:
// --input, --inputs, MSP_INPUT_*, the plan in force, the default, a person.
type inputSources struct {
	assignments []string // name=value
	file        string
	folder      string // the current folder
	getenv      func(string) string
	planned     map[string]given
}

// resolve gives every declared input its value. Unknown names are errors.
func (s inputSources) resolve(ctx context.Context, r *runbook.Runbook, people runbook.People) (map[string]runbook.Value, error) {
	found, err := s.gather(r)
	if err != nil {
		return nil, err
	}
	values := map[string]runbook.Value{}
	for _, f := range r.Inputs {
		g, ok := found[f.Name]
		if !ok {
			if g, ok, err = s.otherwise(ctx, f, people); err != nil {
				return nil, err
			}
		}
		if !ok {
			continue
		}
		if f.Required && strings.TrimSpace(g.text) == "" {
			return nil, usageError(fmt.Errorf("the input %s (%s) is required, and what was given is empty", f.Name, g.from), describeField(f))
		}
		value, err := f.Parse(g.text, g.folder)
		if err != nil {
			return nil, hint(fmt.Errorf("the input %s (%s): %w", f.Name, g.from, err), "%s", describeField(f))
		}
		if f.Type == runbook.FilePath {
			if err := checkFile(value.Text); err != nil {
				return nil, fmt.Errorf("the input %s (%s): %w", f.Name, g.from, err)
			}
		}
		values[f.Name] = value
	}
	return values, nil
}

func checkFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", path)
	}
	return nil
}

// gather collects what was given, and refuses names that the runbook doesn't
// declare.
func (s inputSources) gather(r *runbook.Runbook) (map[string]given, error) {
	found := maps.Clone(s.planned)
	if found == nil {
		found = map[string]given{}
	}
	for _, f := range r.Inputs {
		name := "MSP_INPUT_" + strings.ToUpper(f.Name)
		if text := s.getenv(name); text != "" {
			found[f.Name] = given{text, s.folder, name}
		}
	}
	if s.file != "" {
		fromFile, err := readInputs(s.file)
		if err != nil {
			return nil, err
		}
		for name, g := range fromFile {
			found[name] = g
		}
	}
	for _, assignment := range s.assignments {
		name, text, ok := strings.Cut(assignment, "=")
		if !ok {
			return nil, usageError(fmt.Errorf("--input %q is not name=value", assignment), "--input max_age=26h")
		}
		found[name] = given{text, s.folder, "--input"}
	}
	for name, g := range found {
		if _, ok := r.Input(name); !ok {
			return nil, usageError(fmt.Errorf("the runbook %s has no input %q (%s)", r.ID, name, g.from), "its inputs are "+r.InputNames())
		}
	}
	return found, nil
}

// otherwise is the default, or what a person says. An input that nobody gives
// and nobody requires has no value.
func (s inputSources) otherwise(ctx context.Context, f runbook.Field, people runbook.People) (given, bool, error) {
	if f.Default != nil {
		return given{*f.Default, s.folder, "the default"}, true, nil
	}
	if !f.Required {
		return given{}, false, nil
	}
	text, err := people.Value(ctx, f)
	if errors.Is(err, runbook.ErrPark) {
		return given{}, false, hint(fmt.Errorf("the input %s is required: %s", f.Name, describeField(f)), "--input %s=…", f.Name)
	}
	return given{text, s.folder, "your answer"}, err == nil, err
}

func describeField(f runbook.Field) string {
	words := "a " + string(f.Type)
	if strings.ContainsAny(words[2:3], "aeiou") {
		words = "an " + string(f.Type)
	}
	if len(f.Enum) > 0 {
		words = "one of " + strings.Join(f.Enum, ", ")
	}
	if f.Description != "" {
		words += ", " + f.Description
	}
	return words
}

// readInputs reads a YAML file of inputs: a map from name to value. Its
// relative paths start from its own folder.
func readInputs(path string) (map[string]given, error) {
	root, d, err := readDocument(path)
	if err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	found := map[string]given{}
	d.Map(root, "a file of inputs")
	for _, f := range root.Fields() {
		found[f.Key] = given{runbook.FieldText(f.Value, d), folder, path}
	}
	return found, d.Problems().Err()
}

// readDocument parses one of the user's own YAML files.
func readDocument(path string) (*document.Node, *document.Decoder, error) {
	file, err := readRunbookFile(path)
	if err != nil {
		return nil, nil, err
	}
	root, problems := document.Parse(file.Name, file.Source, document.DefaultLimits)
	if len(problems) > 0 {
		return nil, nil, problems
	}
	return root, document.NewDecoder(), nil
}
