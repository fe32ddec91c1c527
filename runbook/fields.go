package runbook

import (
	"strings"

	"github.com/msp-runbook/msp/runbook/document"
)

var foreignFieldKeys = map[string]string{
	"min": "msp says \"minimum\"", "max": "msp says \"maximum\"", "regex": "msp says \"pattern\"",
	"choices": "msp says \"enum\"", "options": "msp says \"enum\"", "values": "msp says \"enum\"", "optional": "msp says \"required\"",
	"help": "msp says \"description\"",
}

// DecodeFields reads inputs or the fields of a form: a map from name to type
// and limits. What is "an input" or "a form's field".
func DecodeFields(n *document.Node, what string, d *document.Decoder) []Field {
	var fields []Field
	for _, entry := range entriesLike(n, strings.TrimPrefix(strings.TrimPrefix(what, "an "), "a ")+"s", "{disk: {type: string}}", d) {
		checkName(entry.Key, entry.KeyPosition, what, d)
		fields = append(fields, decodeField(entry, what, d))
	}
	return fields
}

func decodeField(entry document.Field, what string, d *document.Decoder) Field {
	m := d.Map(entry.Value, what)
	f := Field{Position: entry.KeyPosition, Name: entry.Key}
	f.Type = Type(d.Enum(m.Need("type"), Types()...))
	f.Description = line(m.Take("description"), "a description", d)
	f.Required = d.Bool(m.Take("required"))
	if enum := m.Take("enum"); enum != nil {
		for _, item := range d.List(enum, "a list of values") {
			f.Enum = append(f.Enum, d.Text(item))
		}
	}
	f.Pattern = decodePattern(m.Take("pattern"), d)
	f.Minimum, f.Maximum = decodeLimit(m.Take("minimum"), d), decodeLimit(m.Take("maximum"), d)
	value := m.Take("default")
	m.Done(foreignFieldKeys)
	checkField(f, m, d)
	f.Default = decodeDefault(value, f, d)
	return f
}

func decodeLimit(n *document.Node, d *document.Decoder) *float64 {
	if n == nil {
		return nil
	}
	limit := d.Number(n)
	if n.Kind() != document.Int && n.Kind() != document.Float {
		return nil
	}
	return &limit
}

func checkField(f Field, m *document.Map, d *document.Decoder) {
	switch {
	case f.Type == Enum && !m.Has("enum") && !says(m, "enum", foreignFieldKeys):
		d.Report(f.Position, "bad-value", "enum: [low, high]", "%s is an enum and doesn't say its values", f.Name)
	case f.Type != Enum && f.Type != "" && m.Has("enum"):
		d.Report(f.Position, "bad-value", "type: enum", "%s says its values and is a %s", f.Name, f.Type)
	}
	if enum := m.Take("enum"); enum.Kind() == document.List && len(f.Enum) == 0 {
		d.Report(f.Position, "bad-value", "", "the enum of %s allows nothing", f.Name)
	}
	if number := f.Type == Number || f.Type == Integer || f.Type == ""; !number && (f.Minimum != nil || f.Maximum != nil) {
		d.Report(f.Position, "bad-value", "minimum and maximum go with numbers", "%s is a %s", f.Name, f.Type)
	}
	if f.Minimum != nil && f.Maximum != nil && *f.Minimum > *f.Maximum {
		d.Report(f.Position, "bad-value", "", "the minimum of %s is over its maximum", f.Name)
	}
	if f.Required && m.Has("default") {
		d.Report(f.Position, "bad-value", "leave out required: true", "%s has a default, so it is never missing", f.Name)
	}
}

func decodeDefault(n *document.Node, f Field, d *document.Decoder) *string {
	if n == nil || f.Type == "" {
		return nil
	}
	text := FieldText(n, d)
	if n.Kind() == document.Null || n.Kind() == document.Mapping {
		return nil
	}
	if _, err := f.Parse(text, "/"); err != nil {
		d.Report(n.Position(), "bad-value", "", "the default of %s: %s", f.Name, err)
	}
	return &text
}

// FieldText is a value as YAML gives it: a scalar's text, or a list's items
// with commas between them.
func FieldText(n *document.Node, d *document.Decoder) string {
	if n.Kind() != document.List {
		return d.Text(n)
	}
	text := ""
	for i, item := range n.Items() {
		if i > 0 {
			text += ","
		}
		if strings.Contains(item.Text(), ",") {
			d.Report(item.Position(), "bad-value", "", "%s has a comma, which separates the items of a list", document.Quote(item.Text()))
		}
		text += d.Text(item)
	}
	return text
}
