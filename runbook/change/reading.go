package change

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/msp-runbook/msp/runbook"
)

// meaning is what a text means where it stands: two texts that are the same have
// the same word, and two with the same unit can be told apart by their amounts.
type meaning struct {
	word   string
	unit   string // of the amount; "" is no amount
	amount float64
}

// reading makes of a text what it means. Each takes any text: what it can't read
// means itself.
type reading func(text string) meaning

func exact(text string) meaning { return meaning{word: strings.TrimRight(text, " \t\r\n")} }

// prose may be broken into lines as one likes.
func prose(text string) meaning { return meaning{word: strings.Join(strings.Fields(text), " ")} }

// expression may stand bare or inside ${{ }}.
func expression(text string) meaning {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "${{"); ok && strings.HasSuffix(inner, "}}") {
		text = strings.TrimSuffix(inner, "}}")
	}
	return meaning{word: strings.TrimSpace(text)}
}

func measured(amount float64, unit string) meaning {
	return meaning{word: runbook.FormatNumber(amount) + unit, unit: unit, amount: amount}
}

// span is a length of time, plain or of working time.
func span(text string) meaning {
	d, err := runbook.ParseWorkingTime(text)
	switch {
	case err != nil:
		return exact(text)
	case d.Unit == runbook.BusinessDays:
		return measured(float64(d.Days), string(d.Unit))
	case d.Unit == runbook.BusinessHours:
		return measured(d.Span.Seconds(), string(d.Unit))
	default:
		return measured(d.Span.Seconds(), "seconds")
	}
}

func number(text string) meaning {
	amount, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(text), "_", ""), 64)
	if err != nil {
		return exact(text)
	}
	return measured(amount, "number")
}

// share is a number, or a number of percent.
func share(text string) meaning {
	percent, ok := strings.CutSuffix(strings.TrimSpace(text), "%")
	m := number(percent)
	if ok && m.unit != "" {
		return measured(m.amount, "%")
	}
	return m
}

// after is a length of time, or a share of one.
func after(text string) meaning {
	if strings.HasSuffix(text, "%") {
		return share(text)
	}
	return span(text)
}

func date(text string) meaning {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return exact(text)
	}
	return measured(float64(day.Unix()), "date")
}

// size is a number of bytes, or an expression.
func size(text string) meaning {
	bytes, err := runbook.ParseSize(text)
	if err != nil {
		return expression(text)
	}
	return measured(float64(bytes), "bytes")
}

// ranked reads words that go from strict to loose, or from little to much.
func ranked(words ...string) reading {
	return func(text string) meaning {
		if i := slices.Index(words, text); i >= 0 {
			return meaning{word: text, unit: "rank", amount: float64(i)}
		}
		return exact(text)
	}
}

// flag is false or true.
var flag = ranked("false", "true")

// cron is a line of times, which has as amount how often a year it is due.
func cron(text string) meaning {
	c, err := runbook.ParseCron(text)
	if err != nil {
		return exact(text)
	}
	return meaning{word: c.Text, unit: "a year", amount: float64(timesAYear(c))}
}

// sampleYear is one without a leap day, for counting.
const sampleYear = 2027

func timesAYear(c runbook.Cron) int {
	days := 0
	for day := time.Date(sampleYear, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == sampleYear; day = day.AddDate(0, 0, 1) {
		if namesDay(c, day) {
			days++
		}
	}
	return days * bits.OnesCount64(c.Hours) * bits.OnesCount64(c.Minutes)
}

// namesDay is crontab's rule: where both the day of the month and that of the week
// are restricted, either will do.
func namesDay(c runbook.Cron, day time.Time) bool {
	month := c.Months>>uint(day.Month())&1 == 1
	ofMonth, ofWeek := c.Days>>uint(day.Day())&1 == 1, c.Weekdays>>uint(day.Weekday())&1 == 1
	if c.AnyDay || c.AnyWeekday {
		return month && ofMonth && ofWeek
	}
	return month && (ofMonth || ofWeek)
}
