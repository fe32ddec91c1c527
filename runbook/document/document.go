// Package document reads strict YAML: a file becomes a tree of nodes that know
// where they stand, and a decoder turns the tree into values and collects every
// problem with its line. It is the only package that sees the YAML library, and
// it knows nothing of runbooks.
//
// A document is one map, list or scalar in UTF-8, in the common part of YAML
// 1.1 and 1.2. What YAML allows and people regret is refused:
//
//	syntax            not YAML; one problem a file, since the rest would be guesses
//	tab-indent        a tab where spaces indent
//	bad-utf8          bytes that are not UTF-8
//	too-large         more than the Limits allow: in bytes, which is found before
//	                  parsing, in depth, or in keys, values and lists
//	alias             an anchor, an alias or a merge key: nothing is ever expanded
//	tag               an explicit tag such as !!binary or !secret
//	duplicate-key     the same key twice in one map
//	not-a-string-key  a key that is a number, a date, true, a list or a map
//	multi-document    a second document in the file
//	empty-document    nothing but space and comments
//
// The decoder adds unknown-key, missing-key, wrong-type and bad-value.
//
// Lines and columns count from 1; a column counts characters, not bytes. A
// message quotes the file's own text cut short and with control characters
// escaped, so that printing a problem can't disturb a terminal. Carriage
// returns without a line feed, Unicode line separators and bidirectional
// overrides are refused outside escapes, because they make a reviewer see other
// lines than the parser does.
//
// A node makes edits of the text that it was read from: another value, one more
// key, one less. Apply makes them, and what they don't cover keeps every byte,
// comments included.
//
// A problem is reported once: what a refused value would have held is not
// reported as missing or wrong as well.
package document
