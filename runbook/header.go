package runbook

import (
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/document"
)

// The kinds of documents.
const (
	KindRunbook   = "Runbook"
	KindPlan      = "Plan"
	KindAgreement = "Agreement"
	KindCalendar  = "Calendar"
	KindContacts  = "Contacts"
	KindInventory = "Inventory"
)

type documentKind struct{ kind, expected string }

// documentKinds are all kinds, with the words for one that is expected.
var documentKinds = []documentKind{
	{KindRunbook, "a Runbook is"},
	{KindPlan, "a Plan is"},
	{KindAgreement, "an Agreement is"},
	{KindCalendar, "a Calendar is"},
	{KindContacts, "Contacts are"},
	{KindInventory, "an Inventory is"},
}

// LoadDocument reads a document of some kind from the bytes of a file, as decode
// does. The problems are all that the file has, in order; with any, what decode
// read can't be relied on. Digest is that of the bytes, of which kept is a copy.
func LoadDocument(file string, source []byte, decode func(*document.Node, *document.Decoder)) (kept []byte, digest string, problems document.Problems) {
	root, problems := document.Parse(file, source, document.DefaultLimits)
	if root == nil {
		return nil, "", problems
	}
	d := document.NewDecoder()
	d.Add(problems)
	decode(root, d)
	if problems := d.Problems(); len(problems) > 0 {
		return nil, "", problems
	}
	return slices.Clone(source), Digest(source), nil
}

// DecodeHeader reads apiVersion and kind. It is false for a document that is not of
// the kind, whose other keys would only give follow-up errors.
func DecodeHeader(m *document.Map, wanted string, d *document.Decoder) bool {
	api, kind := m.Need("apiVersion"), m.Need("kind")
	if api != nil && d.String(api) != APIVersion {
		d.Report(api.Position(), "api-version", "apiVersion: "+APIVersion, "this msp reads %s, the file says %s", APIVersion, document.Quote(api.Text()))
		return false
	}
	if kind == nil {
		return api != nil
	}
	var kinds []string
	expected := ""
	for _, known := range documentKinds {
		kinds = append(kinds, known.kind)
		if known.kind == wanted {
			expected = known.expected
		}
	}
	word := d.Enum(kind, kinds...)
	if word != "" && word != wanted {
		d.Report(kind.Position(), "kind", "", "a %s stands where %s expected", word, expected)
	}
	return word == wanted
}

// DecodeID reads an id that names something outside of its document.
func DecodeID(n *document.Node, d *document.Decoder) string {
	id := d.String(n)
	refused := id == "" && n.Text() != "" // which has been reported
	if n.Kind() == document.String && !refused && !ValidID(id) {
		d.Report(n.Position(), "bad-value", "lower-case letters, digits and hyphens, at most 63", "%s doesn't have the right form", document.Quote(id))
	}
	return id
}

// DecodeZone reads a time zone; nil where the file gives none that is known.
func DecodeZone(n *document.Node, d *document.Decoder) *time.Location {
	zone, err := Zone(decodeTimezone(n, d))
	if err != nil {
		return nil // which has been reported
	}
	return zone
}
