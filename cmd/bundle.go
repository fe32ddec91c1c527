package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/stamp"
	"github.com/msp-runbook/msp/runbook/export"
	"github.com/msp-runbook/msp/runbook/record"
)

// ruleBundle is the rule of a file that isn't what was exported, and checkBundle
// the check that it belongs to.
const (
	ruleBundle  = "bundle-changed"
	checkBundle = "bundle"
)

// bundleLine is a bundle as JSON shows it.
type bundleLine struct {
	Kind     string `json:"kind"` // run or client
	Run      string `json:"run,omitempty"`
	Files    int    `json:"files"`
	Manifest string `json:"manifest"` // its digest
	Signer   string `json:"signer"`   // who exported it; "" is nobody
}

// verifyBundle checks a bundle, with what the flags say from outside and nothing
// else.
func (a *app) verifyBundle(p *place, path string, f verifyFlags) error {
	var identity []byte
	if f.identity != "" {
		var err error
		if identity, err = os.ReadFile(f.identity); err != nil {
			return hint(err, "--identity names a file of age-keygen, or an SSH private key")
		}
	}
	identities, err := export.ParseIdentities(identity)
	if err != nil {
		return hint(fmt.Errorf("%s: %w", f.identity, err), "--identity names a file of age-keygen, or an SSH private key without a passphrase")
	}
	if path == "" {
		return usageError(errors.New("the name of the bundle is empty"), "BUNDLE is a folder or a file that msp export made; without one, the evidence here is checked")
	}
	bundle, err := export.Open(path, "", identities, p.StatementLimit)
	if errors.Is(err, export.ErrEncrypted) {
		return hint(err, "--identity names the file with the key that it was encrypted to; if it is the right one, the file was changed")
	}
	if err != nil {
		return hint(err, "BUNDLE is a folder or a file that msp export made; --state DIR names the evidence of an installation")
	}
	defer bundle.Close()
	report, err := a.auditBundle(p, bundle, f)
	if err != nil {
		return err
	}
	defer report.Close()
	line := bundleLine{Kind: bundle.Manifest.Kind, Run: bundle.Manifest.Run, Files: len(bundle.Manifest.Files), Manifest: bundle.Digest}
	if bundle.Signer != nil {
		line.Signer = bundle.Signer.ID()
	}
	if f.json {
		err = a.printJSON(struct {
			V       int             `json:"v"`
			OK      bool            `json:"ok"`
			Bundle  bundleLine      `json:"bundle"`
			Clients []*audit.Report `json:"clients"`
		}{1, report.OK(), line, []*audit.Report{report}})
	} else {
		err = a.printBundle(filepath.ToSlash(path), line, report)
	}
	if err == nil && !report.OK() {
		return ended(exitNo)
	}
	return err
}

// auditBundle checks the evidence in a bundle, as far as it can be read, and
// adds what is wrong with the bundle itself.
func (a *app) auditBundle(p *place, bundle *export.Bundle, f verifyFlags) (*audit.Report, error) {
	report := &audit.Report{At: a.Now()}
	m := bundle.Manifest
	if m.Kind != "" {
		if err := checkCheckpoints(f.checkpoints, []string{m.Client}); err != nil {
			return nil, err
		}
		pins, err := f.add(audit.Pins{Logs: map[string]evidence.PublicKey{}, TSAs: map[string]*stamp.Roots{}}, m.Client)
		if err != nil {
			return nil, err
		}
		verify := audit.Verify
		if m.Kind == export.KindRun {
			verify = audit.VerifyExcerpt
		}
		if report, err = verify(evidence.OpenStore(nil, bundle.Evidence()), m.Client, pins, a.Now(), p.StatementLimit); err != nil {
			return nil, sortHint(err)
		}
	}
	if err := addProblems(report, bundle); err != nil {
		_ = report.Close() // what is wrong is said
		return nil, err
	}
	return report, nil
}

// addProblems tells of files that are not what was exported, where the audit
// doesn't say so itself.
func addProblems(report *audit.Report, bundle *export.Bundle) error {
	for i, f := range report.Findings {
		if f.File != "" {
			report.Findings[i].File = "evidence/" + f.File
		}
	}
	check := audit.Check{Name: checkBundle, State: audit.OK, Text: count(len(bundle.Manifest.Files), "file") + " as the manifest lists them"}
	about, err := isAbout(report.Runs, bundle.Manifest.Run)
	if err != nil {
		return err
	}
	if m := bundle.Manifest; m.Kind == export.KindRun && report.OK() && len(bundle.Problems) == 0 && !about {
		bundle.Problems = append(bundle.Problems, export.Problem{File: "manifest.json", What: "it is about the run " + m.Run + ", and the evidence isn't"})
	}
	if n := len(bundle.Problems); n > 0 {
		check.State, check.Text = audit.Broken, count(n, "file")+" not as exported"
	}
	report.Checks = append([]audit.Check{check}, report.Checks...)
	for _, problem := range bundle.Problems {
		if slices.ContainsFunc(report.Findings, func(f audit.Finding) bool { return f.File == problem.File }) {
			continue
		}
		report.Findings = append(report.Findings, audit.Finding{
			Broken: true, Rule: ruleBundle, Check: checkBundle, File: problem.File, What: problem.File + ": " + problem.What,
			Means: "The bundle was changed after it was exported, or badly copied: get it again.",
		})
	}
	return nil
}

// isAbout says whether a run is among those of a report.
func isAbout(runs audit.RunLines, run string) (bool, error) {
	for line, err := range runs.All() {
		if err != nil || line.Run == run {
			return err == nil, err
		}
	}
	return false, nil
}

func (a *app) printBundle(path string, line bundleLine, report *audit.Report) error {
	var p page
	what := "all evidence"
	if line.Run != "" {
		what = "run " + record.ShortID(line.Run)
	}
	p.add("%s · %s", path, what)
	if line.Manifest != "" {
		p.add("manifest sha256:%s · compare it with what the exporter told you", line.Manifest)
	}
	if line.Signer != "" {
		p.add("exported by %s", line.Signer)
	} else {
		p.add("nobody signed the manifest")
	}
	if err := reportPage(&p, report); err != nil {
		return err
	}
	return p.print(a.Stdout)
}
