package agreement

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Percent is a share in thousandths of a percent: 95% is 95000. It is counted in
// whole numbers, so that no rounding decides whether a target was met.
type Percent int64

// Whole is all of it: 100%.
const Whole Percent = 100_000

// ErrPercent is a share that can't be counted exactly.
var ErrPercent = errors.New("a percentage lies between 0% and 100% and has at most three decimals")

// ParsePercent reads "95%" or "99.95%".
func ParsePercent(text string) (Percent, error) {
	number, ok := strings.CutSuffix(text, "%")
	whole, decimals, dotted := strings.Cut(number, ".")
	if !ok || !digits(whole) || len(whole) > 3 || dotted && !digits(decimals) || len(decimals) > 3 {
		return 0, ErrPercent
	}
	n, err := strconv.ParseInt(whole+(decimals + "000")[:3], 10, 64)
	if err != nil || Percent(n) > Whole {
		return 0, ErrPercent
	}
	return Percent(n), nil
}

// PercentOf reads a share such as 99.95, as a runbook's model and a record hold
// it, by its decimal digits.
func PercentOf(percent float64) (Percent, error) {
	return ParsePercent(strconv.FormatFloat(percent, 'f', -1, 64) + "%")
}

func digits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// Float is the share as the model has it. PercentOf gives the same share back.
func (p Percent) Float() float64 { return float64(p) / 1000 }

// decimals is how many digits behind the point a share needs.
func (p Percent) decimals() int {
	for n, unit := range []Percent{1000, 100, 10} {
		if p%unit == 0 {
			return n
		}
	}
	return 3
}

// String is the share as people write it: "95%", "99.95%".
func (p Percent) String() string { return p.fixed(p.decimals()) + "%" }

// fixed is the share with so many decimals, at most three.
func (p Percent) fixed(decimals int) string {
	text := fmt.Sprintf("%d.%03d", p/1000, p%1000)
	return strings.TrimSuffix(text[:len(text)-3+decimals], ".")
}

// MarshalText writes "99.95%".
func (p Percent) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (p *Percent) UnmarshalText(text []byte) error {
	read, err := ParsePercent(string(text))
	*p = read
	return err
}

// of is the share of a number that is not negative, to the nearest whole; a half
// is rounded up. A result that no int64 holds is the largest of them.
func (p Percent) of(n int64) int64 {
	product := new(big.Int).Mul(big.NewInt(n), big.NewInt(int64(p)))
	product.Add(product, big.NewInt(int64(Whole)/2)).Quo(product, big.NewInt(int64(Whole)))
	if !product.IsInt64() {
		return math.MaxInt64
	}
	return product.Int64()
}

// shareOf is a share of a length of time, in percent of it. It may be over 100.
func shareOf(span time.Duration, percent float64) time.Duration {
	thousandths := min(max(math.Round(percent*1000), 0), 1<<53)
	return time.Duration(Percent(thousandths).of(int64(span)))
}

// Attained is how many of those that were judged kept what was promised.
type Attained struct {
	Met   int `json:"met"`
	Total int `json:"total"`
}

// Reaches reports whether a target was met: met*100 >= target*total. Of nothing
// there is no answer, and ok is false.
func (a Attained) Reaches(target Percent) (met, ok bool) {
	if a.Total <= 0 {
		return false, false
	}
	have := new(big.Int).Mul(big.NewInt(int64(a.Met)), big.NewInt(int64(Whole)))
	want := new(big.Int).Mul(big.NewInt(int64(target)), big.NewInt(int64(a.Total)))
	return have.Cmp(want) >= 0, true
}

// Percent prints the share with one more digit than the target has, cut off and
// never rounded up to it: "94.9%". Of nothing it is "n/a", not 100%.
func (a Attained) Percent(target Percent) string {
	if a.Total <= 0 {
		return "n/a"
	}
	decimals := target.decimals() + 1
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	scaled := new(big.Int).Mul(big.NewInt(int64(a.Met)), big.NewInt(100))
	scaled.Mul(scaled, power).Quo(scaled, big.NewInt(int64(a.Total)))
	whole, rest := new(big.Int).QuoRem(scaled, power, new(big.Int))
	return fmt.Sprintf("%d.%0*d%%", whole, decimals, rest)
}
