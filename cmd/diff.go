package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/cmd/terminal"
)

// differences are the lines that one text has and another hasn't, as people
// know them from diff: "-" was taken out, "+" was put in. Of more than so many
// the rest is counted.
func differences(before, after string, most int) []string {
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	front := 0
	for front < min(len(old), len(now)) && old[front] == now[front] {
		front++
	}
	old, now = old[front:], now[front:]
	for len(old) > 0 && len(now) > 0 && old[len(old)-1] == now[len(now)-1] {
		old, now = old[:len(old)-1], now[:len(now)-1]
	}
	changes := compareLines(old, now)
	rest := len(changes) - most
	changes = changes[:min(len(changes), most)]
	for i, line := range changes {
		changes[i] = "  " + terminal.Sanitize(line, false)
	}
	if rest > 0 {
		changes = append(changes, fmt.Sprintf("  and %d lines more", rest))
	}
	return changes
}

// comparedLines bounds the work: texts that differ in more lines than that are
// told whole.
const comparedLines = 1000

// compareLines finds the longest common subsequence of two lists of lines, and
// gives what is not in it.
func compareLines(old, now []string) []string {
	if len(old) > comparedLines || len(now) > comparedLines {
		return append(marked("- ", old), marked("+ ", now)...)
	}
	common := make([][]int, len(old)+1) // of the rests from i and j on
	for i := range common {
		common[i] = make([]int, len(now)+1)
	}
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			if old[i] == now[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var changes []string
	i, j := 0, 0
	for i < len(old) && j < len(now) {
		switch {
		case old[i] == now[j]:
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			changes = append(changes, "- "+old[i])
			i++
		default:
			changes = append(changes, "+ "+now[j])
			j++
		}
	}
	return slices.Concat(changes, marked("- ", old[i:]), marked("+ ", now[j:]))
}

func marked(mark string, lines []string) []string {
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = mark + line
	}
	return all
}
