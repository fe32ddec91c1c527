package export

import (
	"bytes"
	_ "embed"
	"text/template"
)

//go:embed recipe.md
var recipeText string

//go:embed check.py
var checkScript string

var recipePage = template.Must(template.New(recipeFile).Parse(recipeText))

// recipe is the page that says how to check a bundle with stock tools.
func recipe(m Manifest) ([]byte, error) {
	var page bytes.Buffer
	err := recipePage.Execute(&page, struct{ Client, Run, Script string }{m.Client, m.Run, checkScript})
	return page.Bytes(), err
}
