package handbook

import (
	"embed"
	"html/template"
	"strings"
	"sync"
)

//go:embed html
var htmlFiles embed.FS

var pages = sync.OnceValue(func() *template.Template {
	functions := template.FuncMap{"paragraphs": paragraphs}
	return template.Must(template.New("").Funcs(functions).ParseFS(htmlFiles, "html/*.html"))
})

// HTML is the page as one file that asks for nothing else: no scripts, no fonts, no
// network. It is light or dark as its reader has it, and fit to print.
func (p *Page) HTML() (string, error) {
	return fill("page.html", struct {
		*Page
		Blocks []block
	}{p, p.outline()})
}

// ChecklistHTML is Checklist as one file, to print.
func (p *Page) ChecklistHTML() (string, error) { return fill("checklist.html", p) }

func fill(name string, data any) (string, error) {
	var out strings.Builder
	if err := pages().ExecuteTemplate(&out, name, data); err != nil {
		return "", err
	}
	return visible(out.String()), nil
}
