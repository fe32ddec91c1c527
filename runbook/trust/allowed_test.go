package trust_test

import (
	"strings"
	"testing"
	"time"

	"github.com/msp-runbook/msp/runbook/trust"
)

const allowedKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJDZUvqoa5tC6pY6uiNYDPoKZ1kTYF3VFCNyHpoMQrFH"

func TestParseAllowed(t *testing.T) {
	zone := time.FixedZone("two hours", 7200)
	for _, c := range []struct{ line, want string }{
		{"ana@example.com " + allowedKey + " a comment", ""},
		{"ana@example.com,ben@example.com " + allowedKey, ""},
		{`ana@example.com namespaces="msp,file",valid-after="20261101",valid-before="202612311830Z" ` + allowedKey, ""},
		{"\tana@example.com\t" + allowedKey, ""},
		{"# a comment", ""},
		{"*@example.com " + allowedKey, "no single principal"},
		{"ana@example.com cert-authority " + allowedKey, `"cert-authority" isn't read`},
		{"ana@example.com", "no key behind"},
		{"ana@example.com ssh-ed25519 AAAA", "unreadable public key"},
		{"ana@example.com " + weak, "weak key"},
		{`ana@example.com valid-after="soon" ` + allowedKey, "is no time"},
		{`ana@example.com namespaces="msp ` + allowedKey, "left open"},
	} {
		_, err := trust.ParseAllowed([]byte("\n"+c.line+"\n"), zone)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.line, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "line 2: ")):
			t.Errorf("%s: got %v, want %q", c.line, err, c.want)
		}
	}
	got, err := trust.ParseAllowed([]byte(`ana,ben namespaces="msp,file",valid-after="20261101",valid-before="202612311830Z" `+allowedKey), zone)
	if err != nil || len(got) != 1 {
		t.Fatal(err)
	}
	a := got[0]
	if len(a.Principals) != 2 || len(a.Namespaces) != 2 || a.Key.AuthorizedKey() != allowedKey {
		t.Errorf("got %+v", a)
	}
	if want := time.Date(2026, 10, 31, 22, 0, 0, 0, time.UTC); !a.ValidAfter.Equal(want) {
		t.Errorf("valid after %s, want %s: without a Z it is the zone's", a.ValidAfter, want)
	}
	if want := time.Date(2026, 12, 31, 18, 30, 0, 0, time.UTC); !a.ValidBefore.Equal(want) {
		t.Errorf("valid before %s, want %s", a.ValidBefore, want)
	}
}

// FuzzParseAllowed: no file makes it panic, and what it reads can be used.
func FuzzParseAllowed(f *testing.F) {
	f.Add([]byte("ana@example.com " + allowedKey))
	f.Add([]byte(`ana,ben namespaces="msp",valid-after="20261101" ` + allowedKey + "\n# x\n"))
	f.Add([]byte(`a "`))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := trust.ParseAllowed(data, time.UTC)
		if err != nil {
			return
		}
		for _, a := range all {
			if len(a.Principals) == 0 || a.Key.ID() == "" {
				t.Fatalf("%q gives %+v", data, a)
			}
		}
	})
}
