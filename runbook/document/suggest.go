package document

import "strings"

// Nearest is the candidate that a person most likely meant by word, or "". A
// difference in case, hyphens and underscores only (maxAttempts, max_attempts)
// counts as none.
func Nearest(word string, candidates []string) string {
	if len(word) > 2*longestQuote {
		return ""
	}
	folded := fold(word)
	best, bestDistance := "", 1+tolerance(folded)
	for _, candidate := range candidates {
		target := fold(candidate)
		distance := edits(folded, target)
		if distance < bestDistance && distance < len(target) {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

// tolerance is how many slips still look like the same word.
func tolerance(word string) int {
	switch n := len(word); {
	case n < 3:
		return 0
	case n < 5:
		return 1
	case n < 9:
		return 2
	}
	return 3
}

// fold makes the spellings of one name equal.
func fold(word string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(word))
}

// edits is the Damerau-Levenshtein distance in its restricted form: letters
// added, left out, replaced, or swapped with their neighbour.
func edits(from, to string) int {
	a, b := []rune(from), []rune(to)
	var twoAgo []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], twoAgo[j-2]+1)
			}
		}
		twoAgo, last = last, row
	}
	return last[len(b)]
}
