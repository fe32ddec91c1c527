package document

import "strings"

// lines writes a scalar or a collection in brackets to the end of its last line.
// Its further lines are indented by deeper.
func (f *formatter) lines(n *Node, deeper int) string {
	if n.style == literal || n.style == folded {
		return f.block(n, deeper) + "\n"
	}
	return f.leaf(n, deeper) + f.behind() + "\n"
}

// leaf writes what isn't a block scalar, and goes behind it.
func (f *formatter) leaf(n *Node, deeper int) string {
	if n.kind == Mapping || n.kind == List {
		return f.flow(n, deeper)
	}
	f.at = n.end()
	text := f.source.text[n.start:f.at]
	if !strings.Contains(text, "\n") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		if i > 0 {
			line = strings.TrimLeft(line, " \t")
		}
		if i+1 < len(lines) {
			line = trimEnd(line, n.style)
		}
		if i > 0 && line != "" {
			line = spaces(deeper) + line
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

// trimEnd takes the spaces from the end of a line of a scalar. In double quotes
// one behind a backslash is text.
func trimEnd(line string, how style) string {
	trimmed := strings.TrimRight(line, " \t")
	slashes := len(trimmed) - len(strings.TrimRight(trimmed, `\`))
	if how == doubleQuoted && slashes%2 == 1 && len(trimmed) < len(line) {
		return line[:len(trimmed)+1]
	}
	return trimmed
}

// block writes a block scalar, its header and its lines indented anew, and goes to
// the line behind it.
func (f *formatter) block(n *Node, deeper int) string {
	end := n.end()
	f.at = f.source.nextLine(end)
	first, rest, more := strings.Cut(f.source.text[n.start:end], "\n")
	header := blockHeader(first)
	if number := strings.Trim(header, "|>+-"); number != "" {
		header = strings.Replace(header, number, "2", 1)
	}
	if n.text != "" && !strings.HasSuffix(n.text, "\n") && !strings.Contains(header, "-") {
		header = strings.TrimSuffix(header, "+") + "-" // the file ended in its last line
	}
	var b strings.Builder
	b.WriteString(header + n.headerComment())
	if !more {
		return b.String()
	}
	indent := f.source.blockIndent(n.start, n.text)
	for line := range strings.SplitSeq(rest, "\n") {
		line = strings.TrimSuffix(line, "\r")
		b.WriteByte('\n')
		if len(line) > indent && indent >= 0 {
			b.WriteString(spaces(deeper) + line[indent:])
		}
	}
	return b.String()
}

// flow writes a list or a map in brackets. It stays on the lines that it has.
func (f *formatter) flow(n *Node, deeper int) string {
	var b strings.Builder
	last := n.end()
	if n.bracketed() {
		b.WriteByte(f.source.text[n.start])
		f.at = n.start + 1
		last--
	}
	for i := range max(len(n.items), len(n.fields)) {
		value, start := n.flowEntry(i)
		lead := f.gap(start, deeper, i > 0)
		if n.kind == Mapping {
			lead += f.flowKey(n.fields[i], deeper)
		}
		b.WriteString(lead)
		if own := deeper; !value.empty() {
			if strings.Contains(lead, "\n") { // what begins a line goes deeper on the next
				own += indentation
			}
			b.WriteString(f.leaf(value, own))
		}
		if more := i+1 < len(n.fields)+len(n.items); more {
			b.WriteByte(',')
		}
	}
	if n.bracketed() {
		text := b.String()
		end := f.gap(last, deeper-indentation, false)
		if strings.HasPrefix(end, "\n") {
			text = strings.TrimSuffix(text, " ") // behind the colon of a value that is left out
		}
		f.at = last + 1
		return text + end + f.source.text[last:f.at]
	}
	return b.String()
}

// flowEntry is the value of an entry in brackets, and where the entry starts.
func (n *Node) flowEntry(i int) (value *Node, start int) {
	if n.kind == List {
		return n.items[i], n.items[i].start
	}
	return n.fields[i].Value, n.fields[i].keyStart
}

// flowKey writes a key in brackets with its colon and what stands between that
// and the value.
func (f *formatter) flowKey(field Field, deeper int) string {
	text := f.key(field)
	at := f.at
	if f.colon(); f.at == at {
		return text
	}
	return text + ":" + f.gap(max(f.at, field.Value.start), deeper, true)
}

// gap writes what stands before the token at offset in brackets: comments, and a
// line break where there is one; else a space where one is wanted. It goes there.
func (f *formatter) gap(offset, indent int, space bool) string {
	text := f.source.text[f.at:max(offset, f.at)]
	f.at = max(offset, f.at)
	if !strings.Contains(text, "\n") {
		if space {
			return " "
		}
		return ""
	}
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		_, comment, found := strings.Cut(line, "#")
		if !found {
			continue
		}
		if i == 0 {
			b.WriteByte(' ')
		} else {
			b.WriteString("\n" + spaces(indent))
		}
		b.WriteString("#" + strings.TrimRight(comment, blanks))
	}
	return b.String() + "\n" + spaces(indent)
}
