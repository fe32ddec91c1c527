package runbook_test

import (
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "7": 7, "7 B": 7, " 1 kB\n": 1000, "1KB": 1000, "2 MiB": 2 << 20, "10 GB": 10e9, "8191 PiB": 8191 << 50,
	} {
		if got, err := runbook.ParseSize(text); err != nil || got != want {
			t.Errorf("%q is %d, error %v, want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "is not a size", "-1": "is not a size", "1.5 GB": "is not a size", "1  GB": "is not a size", "1 mb": "is not a unit",
		"8192 PiB": "is too large", "99999999999999999999": "is too large",
	} {
		if got, err := runbook.ParseSize(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %d, error %v, want %q", text, got, err, want)
		}
	}
}

// Whatever stands there: no panic, and no size below nothing.
func FuzzSize(f *testing.F) {
	for _, text := range []string{"10 GB", "9223372036854775807", "8192PiB", "1 EiB"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := runbook.ParseSize(text); got < 0 || err != nil && got != 0 {
			t.Errorf("%q is %d, error %v", text, got, err)
		}
	})
}
