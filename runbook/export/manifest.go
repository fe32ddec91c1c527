package export

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// The kinds of bundles.
const (
	KindRun    = "run"
	KindClient = "client"
)

// The files of a bundle that have a name of their own.
const (
	manifestFile   = "manifest.json"
	manifestDigest = "manifest.sha256"
	signatureFile  = "manifest.json.sig"
	signersFile    = "allowed_signers"
	sumsFile       = "SHA256SUMS"
	recipeFile     = "RECIPE.md"
	evidenceFolder = "evidence"
)

// unlisted are the files that a manifest doesn't list.
var unlisted = []string{manifestFile, manifestDigest, signatureFile}

// namespace is what the exporter's signature is for.
const namespace = "msp-export"

const (
	manifestLimit  = 256 << 20
	signatureLimit = 64 << 10
)

// A Manifest lists the files of a bundle.
type Manifest struct {
	V      int      `json:"v"`
	Kind   string   `json:"kind"`
	Client string   `json:"client"`
	Run    string   `json:"run,omitempty"`
	Files  []Listed `json:"files"`
}

// Listed is a file as the manifest lists it.
type Listed struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // in hex
}

// encode writes one file a line, for whoever reads it with their own eyes.
func (m Manifest) encode() ([]byte, error) {
	b, err := evidence.EncodeJSON(m)
	if err != nil {
		return nil, err
	}
	b = bytes.ReplaceAll(b, []byte(`{"name":`), []byte("\n"+`{"name":`))
	return append(b, '\n'), nil
}

// parseManifest reads a manifest, of which there is one spelling.
func parseManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := evidence.DecodeStrict(data, &m); err != nil {
		return m, err
	}
	if m.V != 1 {
		return m, fmt.Errorf("a bundle of version %d: this msp reads version 1", m.V)
	}
	if m.Kind != KindRun && m.Kind != KindClient || (m.Kind == KindRun) != (m.Run != "") {
		return m, fmt.Errorf("%q is no kind of bundle, or it doesn't say which run", m.Kind)
	}
	if !evidence.ValidID(m.Client) || m.Run != "" && !evidence.ValidID(m.Run) {
		return m, errors.New("the client or the run has no name that it can have")
	}
	if err := checkNames(m.Files); err != nil {
		return m, err
	}
	again, err := m.encode()
	if err == nil && !bytes.Equal(again, data) {
		err = errors.New("it isn't spelt as msp does")
	}
	return m, err
}

// checkNames holds that the files are sorted, and that no two of them are one
// on a system that doesn't tell A from a.
func checkNames(files []Listed) error {
	seen := map[string]bool{}
	for i, f := range files {
		folded := strings.ToLower(f.Name)
		switch {
		case !validName(f.Name) || slices.Contains(unlisted, f.Name):
			return fmt.Errorf("%q is no name of a file in a bundle", f.Name)
		case seen[folded] || i > 0 && files[i-1].Name >= f.Name:
			return fmt.Errorf("the file %q is listed twice, or not in its place", f.Name)
		case f.Size < 0:
			return fmt.Errorf("the file %q has no size", f.Name)
		}
		seen[folded] = true
	}
	return nil
}

// validName says whether a bundle may hold a file of this name.
func validName(name string) bool {
	if !fs.ValidPath(name) || name == "." || len(name) > 200 {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part[0] == '.' || len(part) > 100 {
			return false
		}
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("._-/", r)
	})
}
