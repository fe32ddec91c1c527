package document

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse: no text makes the package panic, every problem has a place in the
// file, and a tree or a problem always comes out.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		root, problems := Parse("f.yaml", data, Limits{Bytes: 4096, Depth: 20, Nodes: 500})
		if root == nil && len(problems) == 0 {
			t.Fatal("neither a tree nor a problem")
		}
		d := NewDecoder()
		d.Add(problems)
		readEverything(d, root)
		checkPositions(t, d.Problems(), data)
	})
}
