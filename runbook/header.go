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

var documentKinds = []string{KindRunbook, KindPlan, KindAgreement, KindCalendar, KindContacts, KindInventory}

// Document is what every kind of document has.
type Document struct {
	Source  []byte         // the exact bytes; Digest is their SHA-256
	Digest  string         // "sha256:" and 64 hex digits
	Root    *document.Node // the values with their places
	Waivers []Waiver       // of lint's rules
}

// Base is the document itself, whatever its kind.
func (d *Document) Base() *Document { return d }

// Waiver is a finding of lint that somebody decided to live with until a day.
type Waiver struct {
	document.Position
	Rule    string
	Step    string // the only step that it is about; "" for the whole document
	Because string
	Until   time.Time // the last day, midnight UTC
}

// LoadDocument reads a document of some kind from the bytes of a file, as decode
// does. The problems are all that the file has, in order; with any, what decode
// read can't be relied on.
func LoadDocument(file string, source []byte, decode func(*document.Node, *document.Decoder)) (Document, document.Problems) {
	root, problems := document.Parse(file, source, document.DefaultLimits)
	return decodeTree(root, problems, source, decode)
}

// decodeTree is LoadDocument for what was parsed already.
func decodeTree(root *document.Node, found document.Problems, source []byte, decode func(*document.Node, *document.Decoder)) (Document, document.Problems) {
	if root == nil {
		return Document{}, found
	}
	d := document.NewDecoder()
	d.Add(found)
	decode(root, d)
	waivers := decodeWaivers(root.Value("lint"), d)
	if problems := d.Problems(); len(problems) > 0 {
		return Document{}, problems
	}
	return Document{Source: slices.Clone(source), Digest: Digest(source), Root: root, Waivers: waivers}, nil
}

var foreignWaiverKeys = map[string]string{
	"rule": `msp says "waive"`, "id": `msp says "waive"`, "disable": `msp says "waive"`, "ignore": `msp says "waive"`, "allow": `msp says "waive"`,
	"reason": `msp says "because"`, "why": `msp says "because"`, "justification": `msp says "because"`,
	"expires": `msp says "until"`, "expiry": `msp says "until"`, "to": `msp says "until"`,
}

func decodeWaivers(n *document.Node, d *document.Decoder) []Waiver {
	var all []Waiver
	for _, item := range d.List(n, "a list of waivers") {
		m := d.Map(item, "a waiver")
		w := Waiver{Position: item.Position()}
		if rule := need(m, "waive", foreignWaiverKeys); rule != nil {
			w.Rule = DecodeID(rule, d)
		}
		w.Because = text(need(m, "because", foreignWaiverKeys), "the reason of a waiver", d)
		w.Until = d.Date(need(m, "until", foreignWaiverKeys))
		w.Step = d.String(m.Take("step"))
		m.Done(foreignWaiverKeys)
		all = append(all, w)
	}
	return all
}

// headerHint is for what was probably written for another program.
const headerHint = "begin it with apiVersion: " + APIVersion + " and kind: " + KindRunbook + "; files of other programs are not read"

// DecodeHeader reads apiVersion and kind. It is false for a document that is not of
// the kind, whose other keys would only give follow-up errors.
func DecodeHeader(m *document.Map, wanted string, d *document.Decoder) bool {
	api, kind := m.Take("apiVersion"), m.Take("kind")
	m.Take("lint") // which LoadDocument reads
	if api == nil && kind == nil && len(m.Keys()) > 0 {
		d.Report(m.Position(), "missing-key", headerHint, "this has no apiVersion and no kind, as every document of msp has")
		return false
	}
	m.Need("apiVersion")
	m.Need("kind")
	if text := d.Text(api); api != nil && text == "" && api.Kind() != document.String {
		return false // which has been reported
	} else if api != nil && text != APIVersion {
		d.Report(api.Position(), "header", "apiVersion: "+APIVersion, "this msp reads %s, the file says %s", APIVersion, document.Quote(api.Text()))
		return false
	}
	if kind == nil {
		return api != nil
	}
	word := d.Enum(kind, documentKinds...)
	if word != "" && word != wanted {
		d.Report(kind.Position(), "header", "name another file, or another command for this one", "\"kind: %s\" stands where \"kind: %s\" is expected", word, wanted)
	}
	return word == wanted
}

// DecodeID reads an id that names something outside of its document.
func DecodeID(n *document.Node, d *document.Decoder) string {
	id := d.String(n)
	refused := id == "" && n.Text() != "" // which has been reported
	if n.Kind() == document.String && !refused && !ValidID(id) {
		d.Report(n.Position(), "bad-value", IDHint(id), "%s doesn't have the right form", document.Quote(id))
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
