package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// WriteJSON writes what encoding/json does, and lists as if they were slices.
func TestWriteJSON(t *testing.T) {
	type inner struct {
		Name  string     `json:"name"`
		At    *time.Time `json:"at,omitempty"`
		Words []string   `json:"words"`
	}
	now := time.Date(2026, 11, 16, 6, 0, 0, 123, time.FixedZone("", 3600))
	values := map[string]any{
		"text": "<a> & \"b\" \u2028 \x01", "nil slice": []int(nil), "nil map": map[string]int(nil), "empty": []int{},
		"bytes": []byte("x"), "floats": []float64{0, 1e21, 1e-7, -0.5, math.MaxFloat64}, "any": map[string]any{"b": 1, "a": nil},
		"struct": struct {
			V     int     `json:"v"`
			Inner []inner `json:"inner"`
			*inner
		}{1, []inner{{"x", &now, nil}, {"y", nil, []string{}}}, &inner{Name: "z"}},
		"raw": json.RawMessage(`{"a": [1,2 ]}`),
	}
	for name, v := range values {
		var want, got bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(v); err != nil {
			t.Fatal(err)
		}
		if err := WriteJSON(&got, v); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), got.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// An error of a list ends it, and is told; nothing but what was written before is.
func TestListFails(t *testing.T) {
	failed := errors.New("the disk is gone")
	list := List[int](func(yield func(int, error) bool) {
		for i := range 100_000 {
			if !yield(i, nil) {
				return
			}
		}
		yield(0, failed)
	})
	if err := WriteJSON(io.Discard, list); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	if _, err := json.Marshal(list); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
}
