package terminal

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// palette is how words are set off. Without colour each of them is the text
// itself: the symbols and the words carry the meaning.
type palette struct {
	strong, accent, muted, warning, bad lipgloss.Style
}

// newPalette uses the sixteen colours that a person's own theme gives a look.
// The renderer is told everything that it would otherwise ask the terminal.
func newPalette(out io.Writer, color bool) palette {
	r := lipgloss.NewRenderer(out)
	r.SetHasDarkBackground(true)
	r.SetColorProfile(termenv.Ascii)
	if color {
		r.SetColorProfile(termenv.ANSI)
	}
	return palette{
		strong:  r.NewStyle().Bold(true),
		accent:  r.NewStyle().Foreground(lipgloss.Color("6")),
		muted:   r.NewStyle().Faint(true),
		warning: r.NewStyle().Foreground(lipgloss.Color("3")).Bold(true),
		bad:     r.NewStyle().Foreground(lipgloss.Color("1")).Bold(true),
	}
}

// outcome is how the end of a step is shown.
type outcome struct {
	symbol string
	words  string // for a screen reader and a log
	aside  bool   // the words stand where the time would: it has no meaning
}

// shown says how an outcome looks. One that this package doesn't know is shown
// in doubt, never as fine.
func shown(name string) outcome {
	switch name {
	case "passed":
		return outcome{symbol: "✓", words: "passed"}
	case "deviated":
		return outcome{symbol: "!", words: "passed with a deviation"}
	case "failed":
		return outcome{symbol: "✗", words: "failed"}
	case "skipped":
		return outcome{symbol: "»", words: "skipped", aside: true}
	case "not_needed":
		return outcome{symbol: "-", words: "not needed", aside: true}
	case "left_out":
		return outcome{symbol: "-", words: "left out", aside: true}
	case "interrupted":
		return outcome{symbol: "?", words: "interrupted", aside: true}
	case "pushed_back":
		return outcome{symbol: symbolAgain, words: "pushed back", aside: true}
	default:
		return outcome{symbol: "?", words: "ended as " + flatten(name), aside: true}
	}
}

// Symbols that stand for no outcome.
const (
	symbolOpen  = "·" // not reached
	symbolNow   = "▸" // waits for the person at the keyboard
	symbolDoubt = "?"
	symbolAgain = "↻"
)

// symbol sets a symbol in its colour.
func (p palette) symbol(symbol string) string {
	switch symbol {
	case "✓", symbolNow:
		return p.accent.Render(symbol)
	case "!", "»", symbolDoubt, symbolAgain:
		return p.warning.Render(symbol)
	case "✗":
		return p.bad.Render(symbol)
	default:
		return p.muted.Render(symbol)
	}
}
