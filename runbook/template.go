package runbook

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/msp-runbook/msp/runbook/document"
)

// Template is text with ${{ expressions }} in it.
type Template struct {
	document.Position
	Source string
	parts  []part
}

// part is literal text, or an expression.
type part struct {
	literal string
	expr    *Expression
}

// NewTemplate takes the text of a string node. Check compiles it.
func NewTemplate(n *document.Node, d *document.Decoder) *Template {
	if n == nil {
		return nil
	}
	return parseTemplate(n, d.Text(n), d)
}

func parseTemplate(n *document.Node, text string, d *document.Decoder) *Template {
	t := &Template{Position: n.Position(), Source: text}
	for rest, offset := text, 0; rest != ""; {
		before, after, found := strings.Cut(rest, "${{")
		if before != "" {
			checkBraces(n, before, offset, d)
			t.parts = append(t.parts, part{literal: before})
		}
		if !found {
			break
		}
		source, tail, closed := strings.Cut(after, "}}")
		start := offset + len(before) + len("${{")
		if !closed {
			d.Report(n.TextPosition(start-3), "expression", "close it with }}", "${{ is never closed")
			break
		}
		lead := len(source) - len(strings.TrimLeft(source, " \t\n"))
		e := &Expression{Position: n.TextPosition(start + lead), Source: strings.TrimSpace(source)}
		if e.Source == "" {
			d.Report(e.Position, "expression", "", "an expression is empty")
		}
		t.parts = append(t.parts, part{expr: e})
		offset = start + len(source) + len("}}")
		rest = tail
	}
	return t
}

// braces are how other tools write what msp writes in ${{ }}. A {{ of another
// sort is text: some programs have templates of their own.
var braces = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(\{\{|\$\{|\$\(|<%) *(inputs|steps|secrets|run)\.`) })

func checkBraces(n *document.Node, literal string, offset int, d *document.Decoder) {
	if !strings.ContainsAny(literal, "{(<") {
		return
	}
	for _, at := range braces().FindAllStringIndex(literal, -1) {
		d.Report(n.TextPosition(offset+at[0]), "expression", "an expression stands in ${{ }}", "%s is plain text here", document.Quote(literal[at[0]:at[1]-1]))
	}
}

// Check compiles the template's expressions.
func (t *Template) Check(s *Scope, d *document.Decoder) { t.check(s, d, false) }

// CheckWithSecrets is Check for the places that a secret may go to.
func (t *Template) CheckWithSecrets(s *Scope, d *document.Decoder) { t.check(s, d, true) }

func (t *Template) check(s *Scope, d *document.Decoder, secrets bool) {
	if t == nil {
		return
	}
	for _, p := range t.parts {
		if p.expr != nil && p.expr.Source != "" {
			p.expr.compile(s, d, secrets, false)
		}
	}
}

// HasExpression reports whether anything in the template is computed.
func (t *Template) HasExpression() bool {
	return t != nil && slices.ContainsFunc(t.parts, func(p part) bool { return p.expr != nil })
}

// IsExpression reports whether the template is one expression and nothing else.
func (t *Template) IsExpression() bool {
	return t != nil && len(t.parts) == 1 && t.parts[0].expr != nil
}

// Expand evaluates the template to text.
func (t *Template) Expand(v Values) (string, error) { return t.expand(v, false) }

// ExpandWithSecrets is Expand for the places that a secret may go to.
func (t *Template) ExpandWithSecrets(v Values) (string, error) { return t.expand(v, true) }

func (t *Template) expand(v Values, secrets bool) (string, error) {
	if t == nil {
		return "", nil
	}
	return expandParts(t.parts, v, secrets)
}

func expandParts(parts []part, v Values, secrets bool) (string, error) {
	var out strings.Builder
	for _, p := range parts {
		if p.expr == nil {
			out.WriteString(p.literal)
			continue
		}
		data, err := p.expr.eval(v, secrets)
		if err != nil {
			return "", err
		}
		text, err := formatData(data)
		if err != nil {
			return "", fmt.Errorf("%s: the expression %q %w", p.expr.Position, p.expr.Source, err)
		}
		out.WriteString(text)
	}
	return out.String(), nil
}

// formatData writes what an expression gave. No value is never empty text.
func formatData(data any) (string, error) {
	switch data := data.(type) {
	case nil:
		return "", errors.New("has no value")
	case string:
		return data, nil
	case bool:
		return strconv.FormatBool(data), nil
	case int:
		return strconv.Itoa(data), nil
	case float64:
		return FormatNumber(data), nil
	case time.Duration:
		return data.String(), nil
	case []string:
		return strings.Join(data, ","), nil
	default:
		return "", fmt.Errorf("gave a %T, which has no text", data)
	}
}

// CheckPath is Check for a template that names a file or folder: what the
// document itself says of the path must stay inside the folder it starts from,
// which is either a path that a person gave or the step's own folder.
func (t *Template) CheckPath(s *Scope, d *document.Decoder) {
	if t == nil {
		return
	}
	t.Check(s, d)
	for i, p := range t.parts {
		if p.expr != nil {
			continue
		}
		if i == 0 && isAbsolute(p.literal) {
			d.Report(t.Position, "path-leaves-folder", "make it an input of type path", "the path %q is absolute", t.Source)
		}
		if i == 0 {
			checkHome(t, p.literal, d)
		}
		if strings.ContainsAny(p.literal, "\a\b\t\n\v\f\r") {
			d.Report(t.Position, "bad-value", "a backslash in double quotes starts an escape: use single quotes, and slashes between folders", "the path %q has a character that no file name has", t.Source)
		}
		if slices.Contains(strings.FieldsFunc(p.literal, isSlash), "..") {
			d.Report(t.Position, "path-leaves-folder", "make the folder an input of type path", "the path %q leaves its folder", t.Source)
		}
	}
	if len(t.parts) > 0 && t.parts[0].expr != nil {
		t.parts[0].expr.isPath(s)
	}
}

var shellHome = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(~|\$[A-Za-z_]+|\$[{(]|%[A-Za-z_]+%)`) })

// checkHome refuses what only a shell puts something else for.
func checkHome(t *Template, literal string, d *document.Decoder) {
	if sign := shellHome().FindString(literal); sign != "" {
		d.Report(t.Position, "path-leaves-folder", "make it an input of type path", "nothing is put for %q in a path", sign)
	}
}

// isAbsolute is the same on every machine: a runbook that is checked here may
// run elsewhere.
func isAbsolute(text string) bool {
	drive := len(text) > 1 && text[1] == ':' && (text[0]|0x20) >= 'a' && (text[0]|0x20) <= 'z'
	return drive || text != "" && isSlash(rune(text[0]))
}

func isSlash(r rune) bool { return r == '/' || r == '\\' }

// isPath notes that the expression names a path that a person gave.
func (e *Expression) isPath(s *Scope) { e.path = s.paths[e.Source] }

// Folder splits the path into the folder that a step may not leave and a
// local, slash-separated rest inside it ("." for the folder itself). The
// folder is the leading path input where there is one, else base.
func (t *Template) Folder(v Values, base string) (root, rest string, err error) {
	if t == nil {
		return base, ".", nil
	}
	parts, root := t.parts, base
	if len(parts) > 0 && parts[0].expr != nil && parts[0].expr.path {
		if root, err = expandParts(parts[:1], v, false); err != nil {
			return "", "", err
		}
		parts = parts[1:]
	}
	rest, err = expandParts(parts, v, false)
	if err != nil {
		return "", "", err
	}
	if len(parts) < len(t.parts) && rest != "" && !strings.HasPrefix(rest, "/") {
		// "${{ inputs.file }}.sha256" is a sibling of the path.
		root, rest = filepath.Dir(root), filepath.Base(root)+rest
	}
	if len(parts) == len(t.parts) && filepath.IsAbs(rest) {
		return "", "", fmt.Errorf("%s: the path %q is absolute; only an input of type path may be", t.Position, rest)
	}
	rest = path.Clean(strings.TrimLeft(filepath.ToSlash(rest), "/"))
	if !filepath.IsLocal(filepath.FromSlash(rest)) {
		return "", "", fmt.Errorf("%s: the path %q leaves its folder %s", t.Position, rest, root)
	}
	return root, rest, nil
}
