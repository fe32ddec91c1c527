package lint

import (
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/document"
)

// use is what an expression reads: [inputs host], [steps size outputs bytes],
// [exit_code]. A path that ends early, such as [inputs] in keys(inputs), reads all.
type use []string

// reads reports whether the use is of what a path names, or of all that it is in.
func (u use) reads(path ...string) bool {
	n := min(len(u), len(path))
	return slices.Equal(u[:n], path[:n])
}

// usesIn are the names that the expressions below a node of a step or of the defaults
// read. They are found in the text: the expressions have been checked already.
func usesIn(n *document.Node) []use {
	var all []use
	for _, field := range n.Fields() {
		switch field.Key {
		case "if":
			all = append(all, usesOf(field.Value.Text())...)
		case "preconditions", "expressions":
			for _, item := range field.Value.Items() {
				all = append(all, usesOf(item.Text())...)
			}
		case "run":
			for _, item := range field.Value.Items() { // a script has no expressions
				all = append(all, templateUses(item.Text())...)
			}
		default:
			all = append(all, usesIn(field.Value)...)
		}
	}
	for _, item := range n.Items() {
		all = append(all, usesIn(item)...)
	}
	return append(all, templateUses(n.Text())...)
}

func templateUses(text string) []use {
	var all []use
	for {
		_, after, found := strings.Cut(text, "${{")
		if !found {
			return all
		}
		source, rest, _ := strings.Cut(after, "}}")
		all = append(all, usesOf(source)...)
		text = rest
	}
}

// usesOf are the names that one expression reads.
func usesOf(source string) []use {
	var all []use
	for i := 0; i < len(source); {
		switch b := source[i]; {
		case b == '\'' || b == '"' || b == '`':
			i += quotedLength(source[i:])
		case isNameByte(b):
			path, length := pathAt(source[i:])
			all = append(all, path)
			i += length
		case b == '.': // of what was computed before
			i++
			for i < len(source) && isNameByte(source[i]) {
				i++
			}
		default:
			i++
		}
	}
	return all
}

// pathAt is the name with which a text starts and what follows it: .name, ?.name,
// ["name"].
func pathAt(text string) (path use, length int) {
	for {
		rest := text[length:]
		end := 0
		for end < len(rest) && isNameByte(rest[end]) {
			end++
		}
		path, length = append(path, rest[:end]), length+end
		rest = text[length:]
		dots := len(rest) - len(strings.TrimPrefix(strings.TrimPrefix(rest, "?"), "."))
		named := dots > 0 && rest[dots-1] == '.' && dots < len(rest) && isNameByte(rest[dots])
		if !named {
			names, more := indicesAt(rest)
			return append(path, names...), length + more
		}
		length += dots
	}
}

// indicesAt are the names in brackets with which a text starts, and in what stands
// behind them.
func indicesAt(text string) (names []string, length int) {
	if len(text) < 2 || text[0] != '[' || text[1] != '\'' && text[1] != '"' {
		return nil, 0
	}
	quoted := quotedLength(text[1:])
	if 1+quoted >= len(text) || text[1+quoted] != ']' {
		return nil, 0
	}
	names, length = []string{text[2:quoted]}, quoted+2
	if rest := text[length:]; len(rest) > 1 && rest[0] == '.' && isNameByte(rest[1]) {
		path, more := pathAt(rest[1:])
		return append(names, path...), length + 1 + more
	}
	more, further := indicesAt(text[length:])
	return append(names, more...), length + further
}

// quotedLength is how long the quoted text is with which a text starts, with its
// quotes.
func quotedLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		}
	}
	return len(text)
}

func isNameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
