package document

import "strings"

// Delete makes the edit that takes a key and its value out of a map, with the
// lines or the comma that belong to them. Comments in and behind the value stay,
// on lines of their own.
func (n *Node) Delete(key string) (Edit, error) {
	i, err := n.editable(key)
	if err != nil {
		return Edit{}, err
	}
	var e Edit
	switch {
	case n.flow:
		e = n.deleteInBrackets(i)
	case len(n.fields) == 1:
		e = n.deleteOnly()
	default:
		e = n.deleteLines(i)
	}
	e.Start, e.End = e.Start+n.source.mark, e.End+n.source.mark
	return e, nil
}

// deleteOnly leaves an empty map, which is written in brackets.
func (n *Node) deleteOnly() Edit {
	s, f := n.source, n.fields[0]
	comments := s.comments(f.keyStart, s.entryEnd(f.end(), len(n.indent())), leaves(nil, f))
	text := "{}"
	for i, comment := range comments {
		if i > 0 {
			text += n.indent()
		} else {
			text += " "
		}
		text += comment + s.lineBreak()
	}
	if len(comments) == 0 {
		return Edit{f.keyStart, f.end(), text}
	}
	return Edit{f.keyStart, s.entryEnd(f.end(), len(n.indent())), text}
}

func (n *Node) deleteLines(i int) Edit {
	s, f := n.source, n.fields[i]
	start, end := s.lineStart(f.keyStart), s.entryEnd(f.end(), len(n.indent()))
	if strings.TrimLeft(s.text[start:f.keyStart], " ") != "" {
		return n.deleteBehindDash(i)
	}
	var text string
	for _, comment := range s.comments(f.keyStart, end, leaves(nil, f)) {
		text += n.indent() + comment + s.lineBreak()
	}
	if text != "" || i == 0 || !n.fields[i-1].Value.lastLeaf().keeps() {
		return Edit{start, end, text}
	}
	// Blank lines that stayed behind would become part of the block before them.
	for end < len(s.text) && strings.Trim(s.text[end:s.lineEnd(end)], " ") == "" {
		end = s.nextLine(end)
	}
	return Edit{start, end, ""}
}

// deleteBehindDash lets the next key come to where the first one stood.
func (n *Node) deleteBehindDash(i int) Edit {
	s, f := n.source, n.fields[i]
	start, end := f.keyStart, n.fields[i+1].keyStart
	var text string
	for _, comment := range s.comments(start, end, leaves(nil, f)) {
		text += comment + s.lineBreak() + n.indent()
	}
	return Edit{start, end, text}
}

// keeps says whether a node is a block scalar that keeps the blank lines after it.
// One with which the file ends, in the middle of a line, has none after it.
func (n *Node) keeps() bool {
	return (n.style == literal || n.style == folded) && (n.text == "" || strings.HasSuffix(n.text, "\n")) &&
		strings.Contains(blockHeader(n.source.text[n.start:n.source.lineEnd(n.start)]), "+")
}

// deleteInBrackets takes the comma before or behind the entry along, unless a
// comment stands between.
func (n *Node) deleteInBrackets(i int) Edit {
	s, f := n.source, n.fields[i]
	start, end := f.keyStart, f.end()
	comma := s.comma(end)
	switch {
	case i+1 < len(n.fields):
		end = comma
		if next := n.fields[i+1].keyStart; strings.Trim(s.text[end:next], " ") == "" {
			end = next
		}
	case comma > end || i == 0:
		end = comma
	default:
		if before := n.fields[i-1].end(); strings.Trim(s.text[before:start], " ,") == "" {
			start = before
		}
	}
	var text string
	for _, comment := range s.comments(start, end, leaves(nil, f)) {
		text += comment + s.lineBreak() + s.indentOf(start)
	}
	if text != "" && start < f.keyStart {
		text = " " + text
	}
	return Edit{start, end, text}
}

// indentOf is the space that the line of offset starts with, and one level more.
func (s *source) indentOf(offset int) string {
	line := s.text[s.lineStart(offset):offset]
	return strings.Repeat(" ", leadingSpaces(line)+2)
}

// span is a part of the source's text.
type span struct{ start, end int }

// leaves adds the keys and scalars of an entry to those found so far, in the
// order of the file.
func leaves(found []span, f Field) []span {
	found = append(found, span{f.keyStart, f.keyEnd()})
	return f.Value.leaves(found)
}

func (n *Node) leaves(found []span) []span {
	switch n.kind {
	case List:
		for _, item := range n.items {
			found = item.leaves(found)
		}
	case Mapping:
		for _, f := range n.fields {
			found = leaves(found, f)
		}
	default:
		found = append(found, span{n.start, n.end()})
	}
	return found
}

// comments are the comments from start up to end, each from its # to the end of
// its line. Leaves are the keys and scalars there: what is between them is
// structure, where every # begins a comment. The first line of a block scalar
// may end in one as well.
func (s *source) comments(start, end int, leaves []span) []string {
	var found []string
	gap := func(to int) {
		for start < to {
			i := strings.IndexByte(s.text[start:to], '#')
			if i < 0 {
				return
			}
			stop := s.lineEnd(start + i)
			found = append(found, strings.TrimRight(s.text[start+i:stop], blanks))
			start = stop
		}
	}
	for _, leaf := range leaves {
		gap(leaf.start)
		start = leaf.start
		if how := s.styleAt(start); (how == literal || how == folded) && leaf.end > start {
			gap(s.lineEnd(start))
		}
		start = leaf.end
	}
	gap(end)
	return found
}
