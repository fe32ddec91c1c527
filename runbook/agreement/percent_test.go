package agreement_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/msp-runbook/msp/runbook/agreement"
)

func percent(t testing.TB, text string) agreement.Percent {
	t.Helper()
	p, err := agreement.ParsePercent(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

func TestPercent(t *testing.T) {
	for text, want := range map[string]agreement.Percent{"95%": 95_000, "99.95%": 99_950, "99.999%": 99_999, "0%": 0, "100%": agreement.Whole, "0.5%": 500} {
		p := percent(t, text)
		back, err := agreement.PercentOf(p.Float())
		if p != want || p.String() != text || back != p || err != nil {
			t.Errorf("%s: %d, %s, %d, %v", text, p, p, back, err)
		}
	}
	for _, text := range []string{"", "%", "95", "-1%", "100.001%", "101%", "99.9999%", "1e1%", ".5%", "5.%", " 5%", "00095%", "NaN%"} {
		if p, err := agreement.ParsePercent(text); !errors.Is(err, agreement.ErrPercent) {
			t.Errorf("%q is read as %s, %v", text, p, err)
		}
	}
	for _, number := range []float64{-1, 100.5, 99.99999, 1e300} {
		if p, err := agreement.PercentOf(number); err == nil {
			t.Errorf("%v is read as %s", number, p)
		}
	}
	var read struct{ P agreement.Percent }
	if err := json.Unmarshal([]byte(`{"P":"99.95%"}`), &read); err != nil || read.P != 99_950 {
		t.Errorf("%v, %v", read, err)
	}
}

// TestAttained holds the rows of what a target's attainment is.
func TestAttained(t *testing.T) {
	for _, test := range []struct {
		met, total int
		target     string
		reached    bool
		printed    string
	}{
		{19, 20, "95%", true, "95.0%"},
		{38, 40, "95%", true, "95.0%"},
		{18, 19, "95%", false, "94.7%"},
		{37, 39, "95%", false, "94.8%"},
		{949_999, 1_000_000, "95%", false, "94.9%"},
		{9_999_999, 10_000_000, "100%", false, "99.9%"},
		{9995, 10_000, "99.95%", true, "99.950%"},
		{99_949, 100_000, "99.95%", false, "99.949%"},
		{999_989, 1_000_000, "99.999%", false, "99.9989%"},
		{0, 3, "95%", false, "0.0%"},
		{3, 3, "100%", true, "100.0%"},
	} {
		a := agreement.Attained{Met: test.met, Total: test.total}
		reached, ok := a.Reaches(percent(t, test.target))
		if !ok || reached != test.reached || a.Percent(percent(t, test.target)) != test.printed {
			t.Errorf("%d of %d at %s: %v, %v, %s", test.met, test.total, test.target, reached, ok, a.Percent(percent(t, test.target)))
		}
	}
	var none agreement.Attained
	if reached, ok := none.Reaches(0); reached || ok || none.Percent(0) != "n/a" {
		t.Errorf("of nothing: %v, %v, %s", reached, ok, none.Percent(0))
	}
}

// TestAttainedNeverFlatters: what is printed is never over what was attained,
// and looks like the target only where it was reached.
func TestAttainedNeverFlatters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(1, 1_000_000).Draw(t, "total")
		met := rapid.IntRange(0, total).Draw(t, "met")
		target := agreement.Percent(rapid.IntRange(0, int(agreement.Whole)).Draw(t, "target"))
		a := agreement.Attained{Met: met, Total: total}
		printed, ok := new(big.Rat).SetString(strings.TrimSuffix(a.Percent(target), "%"))
		if !ok {
			t.Fatalf("%s is no number", a.Percent(target))
		}
		exact, wanted := big.NewRat(int64(met)*100, int64(total)), big.NewRat(int64(target), 1000)
		reached, _ := a.Reaches(target)
		if reached != (exact.Cmp(wanted) >= 0) || reached != (printed.Cmp(wanted) >= 0) || printed.Cmp(exact) > 0 {
			t.Fatalf("%d of %d at %s: printed %s, reached %v", met, total, target, a.Percent(target), reached)
		}
	})
}

func TestMoney(t *testing.T) {
	for text, minor := range map[string]int64{"2500.00 GBP": 250_000, "0.01 EUR": 1, "250000 JPY": 250_000, "1.234 KWD": 1234, "0.00 USD": 0, "1.0000 CLF": 10_000} {
		m, err := agreement.ParseMoney(text)
		if err != nil || m.Minor != minor || m.String() != text {
			t.Errorf("%s: %d, %s, %v", text, m.Minor, m, err)
		}
	}
	for _, text := range []string{"", "2500 GBP", "2500.0 GBP", "2500.000 GBP", "2500.00", "2500.00 gbp", "2500.00 POUND", "-1.00 GBP", "2,500.00 GBP", "1.00 JPY", "9223372036854775807.00 GBP", ".00 GBP", "1.x0 GBP", "1.00  GBP"} {
		if m, err := agreement.ParseMoney(text); !errors.Is(err, agreement.ErrMoney) {
			t.Errorf("%q is read as %s, %v", text, m, err)
		}
	}
}

// FuzzParsePercent: what is read is a share, and is written as it was read.
func FuzzParsePercent(f *testing.F) {
	for _, text := range []string{"95%", "99.95%", "100%", "0.001%", "1e1%", "-0%", "%"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := agreement.ParsePercent(text)
		if err != nil {
			return
		}
		if again, err := agreement.ParsePercent(p.String()); p < 0 || p > agreement.Whole || err != nil || again != p {
			t.Fatalf("%q is %d, %s, %v", text, p, p, err)
		}
	})
}

// FuzzParseMoney: what is read is written as it was read, but for zeros in front.
func FuzzParseMoney(f *testing.F) {
	for _, text := range []string{"2500.00 GBP", "250000 JPY", "1.234 KWD", "00.01 EUR", "-1.00 EUR"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := agreement.ParseMoney(text)
		if err != nil {
			return
		}
		if again, err := agreement.ParseMoney(m.String()); m.Minor < 0 || err != nil || again != m || !strings.HasSuffix(text, strings.TrimLeft(m.String(), "0")) {
			t.Fatalf("%q is %d, %s, %v", text, m.Minor, m, err)
		}
	})
}
