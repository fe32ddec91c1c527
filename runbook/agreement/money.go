package agreement

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Money is an amount in whole minor units of a currency: cents, pence.
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"` // three capital letters, ISO 4217
}

// ErrMoney is an amount that isn't written as its currency counts.
var ErrMoney = errors.New("an amount has all digits of its minor unit and a currency: 2500.00 GBP, 250000 JPY")

// minorDigits are the currencies whose minor unit isn't a hundredth: how many
// digits stand behind the point (ISO 4217, list one).
var minorDigits = map[int]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
}

func digitsOf(currency string) int {
	for digits, list := range minorDigits {
		if strings.Contains(list, currency) {
			return digits
		}
	}
	return 2
}

// ParseMoney reads "2500.00 GBP". The digits are those of the currency's minor
// unit, so that 2500 can't be taken for pounds where pence were meant.
func ParseMoney(text string) (Money, error) {
	amount, currency, ok := strings.Cut(text, " ")
	if !ok || len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Money{}, ErrMoney
	}
	whole, part, dotted := strings.Cut(amount, ".")
	wanted := digitsOf(currency)
	if !digits(whole) || dotted != (wanted > 0) || len(part) != wanted || wanted > 0 && !digits(part) {
		return Money{}, ErrMoney
	}
	minor, err := strconv.ParseInt(whole+part, 10, 64)
	if err != nil || minor > math.MaxInt64/int64(Whole) {
		return Money{}, ErrMoney
	}
	return Money{Minor: minor, Currency: currency}, nil
}

// String is the amount as ParseMoney reads it.
func (m Money) String() string {
	wanted := digitsOf(m.Currency)
	text := fmt.Sprintf("%0*d", wanted+1, m.Minor)
	if wanted == 0 {
		return text + " " + m.Currency
	}
	return text[:len(text)-wanted] + "." + text[len(text)-wanted:] + " " + m.Currency
}

// share is a part of the amount, to the nearest minor unit; a half counts as a
// whole one.
func (m Money) share(p Percent) Money { return Money{Minor: p.of(m.Minor), Currency: m.Currency} }
