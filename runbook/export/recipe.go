package export

import (
	"bytes"
	_ "embed"
	"text/template"
)

//go:embed recipe.md
var recipeText string

// The scripts that hold a bundle to the log: of a run by proofs, of a client by
// the whole tree.
var (
	//go:embed check_run.py
	checkRun string
	//go:embed check_all.py
	checkAll string
)

var recipePage = template.Must(template.New(recipeFile).Parse(recipeText))

// recipe is the page that says how to check a bundle with stock tools.
func recipe(m Manifest) ([]byte, error) {
	script := checkAll
	if m.Run != "" {
		script = checkRun
	}
	var page bytes.Buffer
	err := recipePage.Execute(&page, struct{ Client, Run, Script string }{m.Client, m.Run, script})
	return page.Bytes(), err
}
