package revision

import (
	"strings"
	"testing"
)

// Whatever git answers: no panic, and what was read is what was asked for.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte("100644 blob abc\ta.yaml\x00120000 blob def\tlink\x00040000 tree 123\tsub\x00"), []byte("abc blob 3\nxyz\n"))
	f.Add([]byte("R100\x00old\x00new\x00"), []byte("abc missing\n"))
	f.Add([]byte("100644 blob abc\ta\x00100755 blob abc\tb\x00"), []byte("abc blob 9223372036854775807\n"))
	f.Fuzz(func(t *testing.T, listed, answer []byte) {
		files := parseTree(listed)
		for _, file := range files {
			if strings.ContainsRune(file.Path, 0) {
				t.Errorf("a path with a zero: %q", file.Path)
			}
		}
		if parseBatch(answer, files) {
			total := 0
			for _, file := range files {
				total += len(file.Content)
			}
			if total > len(answer) {
				t.Errorf("%d bytes of %d", total, len(answer))
			}
		}
		parseRenamed(listed)
	})
}
