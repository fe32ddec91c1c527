// Package schema is the form of each kind of document, as JSON Schema (draft
// 2020-12), for editors and other programs.
//
// The schemas say what stands in one document: its keys, their types, their forms
// and which of them go together. What takes arithmetic, a calendar, an expression
// or another document is for the loaders and msp lint to say. A schema refuses
// nothing that its loader reads, with the few exceptions that differences_test.go
// lists.
//
// The files are generated from package model: go generate ./runbook/schema.
package schema

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:generate go test -run ^TestGenerated$ . -update

//go:embed *.json
var files embed.FS

// Schema is the form of one kind of document.
type Schema struct {
	Kind  string // as a document writes it
	About string // one sentence
	File  string // the name of its file
	Text  []byte // the JSON
}

// All are the schemas, in the order of the documentation.
func All() ([]Schema, error) {
	var all []Schema
	for _, kind := range []string{"Runbook", "Plan", "Agreement", "Calendar", "Contacts"} {
		s := Schema{Kind: kind, File: strings.ToLower(kind) + ".json"}
		var err error
		if s.Text, err = files.ReadFile(s.File); err != nil {
			return nil, fmt.Errorf("the schema of %s: %w", kind, err)
		}
		var words struct{ Description string }
		if err := json.Unmarshal(s.Text, &words); err != nil {
			return nil, fmt.Errorf("the schema of %s: %w", kind, err)
		}
		s.About = words.Description
		all = append(all, s)
	}
	return all, nil
}
