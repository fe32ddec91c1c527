package format

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/lint"
)

// The parts of SARIF 2.1.0 (OASIS, 2020) that findings need.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string      `json:"id"`
		Short   sarifText   `json:"shortDescription"`
		Full    sarifText   `json:"fullDescription"`
		Help    sarifText   `json:"help"`
		Default sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// SARIF writes a log of SARIF 2.1.0, with the rules that found something. What is
// waived is a suppressed result.
func SARIF(w io.Writer, r lint.Report, o Options) error {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: "msp", Version: o.Version, Rules: []sarifRule{}}},
		ColumnKind: "unicodeCodePoints", Results: []sarifResult{},
	}
	for _, f := range r.Findings {
		run.add(f)
	}
	for _, waived := range r.Waived {
		run.add(waived.Finding)
		run.Results[len(run.Results)-1].Suppressions = []sarifSuppression{{"inSource", "accepted", waived.By.Because}}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(sarifLog{sarifSchema, "2.1.0", []sarifRun{run}})
}

func (run *sarifRun) add(f lint.Finding) {
	at := sarifPhysical{Artifact: sarifArtifact{uri(f.File)}}
	if f.Line > 0 {
		at.Region = &sarifRegion{f.Line, f.Column}
	}
	sum := sha256.Sum256([]byte(f.File + "\x00" + f.Rule + "\x00" + f.Message))
	run.Results = append(run.Results, sarifResult{
		RuleID: f.Rule, RuleIndex: run.rule(f.Rule), Level: sarifLevel(f.Severity), Message: sarifText{text(f)},
		Locations:    []sarifLocation{{at}},
		Fingerprints: map[string]string{"mspFinding/v1": hex.EncodeToString(sum[:16])},
	})
}

// rule is the index of a rule among those of the run.
func (run *sarifRun) rule(id string) int {
	rules := &run.Tool.Driver.Rules
	i := slices.IndexFunc(*rules, func(r sarifRule) bool { return r.ID == id })
	if i >= 0 {
		return i
	}
	rule, known := lint.Find(id)
	if !known {
		rule = lint.Rule{ID: id, Severity: lint.Error, Summary: id, Why: id}
	}
	*rules = append(*rules, sarifRule{
		ID: id, Short: sarifText{rule.Summary}, Full: sarifText{rule.Why},
		Help: sarifText{"msp lint --explain " + id}, Default: sarifConfig{sarifLevel(rule.Severity)},
	})
	return len(*rules) - 1
}

func sarifLevel(s lint.Severity) string {
	if s == lint.Info {
		return "note"
	}
	return s.String()
}

// uri is a file's name as a relative reference, or one with the scheme file.
func uri(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	escaped := strings.Join(parts, "/")
	if strings.HasPrefix(name, "/") {
		return "file://" + escaped
	}
	if strings.Contains(parts[0], ":") {
		return "./" + escaped
	}
	return escaped
}
