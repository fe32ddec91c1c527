package model

import (
	"bytes"
	"fmt"
	"strings"
)

// Home is the folder in which the schemas lie, the beginning of their $id.
const Home = "https://raw.githubusercontent.com/msp-runbook/msp/main/runbook/schema/"

// Files are the generated schemas by the names of their files.
func Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	for kind, s := range map[string]schema{
		"Runbook": runbook(), "Plan": plan(), "Agreement": agreement(), "Calendar": calendar(), "Contacts": contacts(),
	} {
		name := strings.ToLower(kind) + ".json"
		s.Schema, s.ID, s.Title = "https://json-schema.org/draft/2020-12/schema", Home+name, kind
		var out bytes.Buffer
		if err := encode(&out, s, "  "); err != nil {
			return nil, fmt.Errorf("the schema of %s: %w", kind, err)
		}
		files[name] = out.Bytes()
	}
	return files, nil
}

// document is a document of a kind. All kinds begin with the same two keys and
// may say which findings of msp lint are waived.
func document(kind, description string, all ...key) schema {
	head := []key{
		need("apiVersion", schema{Description: "The version of the format: msp/v1.", Const: "msp/v1"}),
		need("kind", schema{Description: "The kind of the document: " + kind + ".", Const: kind}),
	}
	return object(description, append(append(head, all...), take("lint", waivers()))...)
}

func waivers() schema {
	return list("Findings of msp lint that are accepted for a time.", object("One finding that is accepted, until when, and why.",
		need("waive", id("The id of the rule.").such("no-rationale")),
		need("because", said("Why it is accepted.").such("the owner is agreed in the meeting of July")),
		need("until", date("The last day on which it is accepted; later it is a finding again.").such("2026-12-31")),
		take("step", text("The id of the step that it is about. The whole document unless said.").such("intact")),
	))
}
