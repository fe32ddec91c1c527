package document

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sampleOrder is the order of the documents in testdata/format.
func sampleOrder(path []string) []string {
	switch strings.Join(path, ".") {
	case "":
		return []string{"id", "title", "steps"}
	case "steps":
		return []string{"id", "title", "run"}
	}
	return nil
}

// TestFormat formats every document in testdata/format, and again what comes out.
func TestFormat(t *testing.T) {
	files, err := filepath.Glob("testdata/format/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d documents, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Format(file, source, sampleOrder)
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			checkFormatted(t, source, got, sampleOrder)
		})
	}
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkFormatted holds a formatted document to what Format promises, beside the
// checks that it makes itself.
func checkFormatted(t failer, source, got []byte, order Order) {
	t.Helper()
	again, err := Format("f.yaml", got, order)
	if err != nil || string(again) != string(got) {
		t.Fatalf("%q became %q and then %q, %v", source, got, again, err)
	}
	before, after := commentsIn(string(source)), commentsIn(string(got))
	if !slices.Equal(before, after) {
		t.Fatalf("%q became %q, with other comments", source, got)
	}
	if strings.Contains(string(got), "\r") || strings.HasPrefix(string(got), "\ufeff") || !strings.HasSuffix(string(got), "\n") {
		t.Fatalf("%q became %q", source, got)
	}
}

// TestFormatAnything: every document can be formatted, however it is written.
func TestFormatAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := anyDocument(t)
		order := func([]string) []string { return []string{"k2", "key 1", "k0", "k1"} }
		got, err := Format("f.yaml", []byte(text), order)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		checkFormatted(t, []byte(text), got, order)
	})
}

func TestFormatRefuses(t *testing.T) {
	for _, text := range []string{"a: [\n", "", "a: 1\na: 2\n", "a: &x 1\n", "a: 1\n---\nb: 2\n"} {
		got, err := Format("f.yaml", []byte(text), nil)
		var problems Problems
		if !errors.As(err, &problems) || string(got) != text {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// FuzzFormat: what can be read is formatted or refused, and stays as it is when it
// is formatted again.
func FuzzFormat(f *testing.F) {
	files, err := filepath.Glob("testdata/format/*.yaml")
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
		got, err := Format("f.yaml", data, sampleOrder)
		if err != nil {
			if string(got) != string(data) {
				t.Fatalf("%q was refused, %v, and is %q", data, err, got)
			}
			return
		}
		again, err := Format("f.yaml", got, sampleOrder)
		if err != nil || string(again) != string(got) {
			t.Fatalf("%q became %q and then %q, %v", data, got, again, err)
		}
	})
}
