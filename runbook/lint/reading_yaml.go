package lint

import "strings"

// readingYAMLRules are what the reader of YAML reports, before anybody asks what a
// document means.
var readingYAMLRules = []Rule{
	{
		ID: "alias", Severity: Error,
		Summary: "an anchor, an alias or a merge key: one value that stands for another",
		Why: `Who reads the line "*long" in a review doesn't see what it stands for, and a change of
the one value changes all others silently. So each value is written where it holds.`,
		Bad: `steps:
  - {id: look, title: Look, run: "true", timeout: &long 30m}
  - {id: look_again, title: Look again, run: "true", timeout: *long}`,
		Good: `steps:
  - {id: look, title: Look, run: "true", timeout: 30m}
  - {id: look_again, title: Look again, run: "true", timeout: 30m}`,
	},
	{
		ID: "bad-utf8", Severity: Error,
		Summary: "bytes that are not UTF-8",
		Why: `A file in Latin-1 or UTF-16 reads differently in each editor, so people who review the
same bytes see other words. msp reads UTF-8 only.`,
		Source: "YAML 1.2.2, 5.2",
		Bad:    "title: Die Warteschlange pr\xfcfen",
		Good:   `title: Die Warteschlange prüfen`,
	},
	{
		ID: "duplicate-key", Severity: Error,
		Summary: "a key that stands twice in one map",
		Why: `Some readers of YAML take the first, some the last, and who reads the file takes the one
that is seen. Nobody knows which of them was meant.`,
		Source: "YAML 1.2.2, 3.2.1.1",
		Bad: `title: Look after the mail queue
title: Look after the mail relay`,
		Good: `title: Look after the mail queue`,
	},
	{
		ID: "empty-document", Severity: Error,
		Summary: "a file in which nothing stands but space and comments",
		Why: `A file that lost its content, by a merge or a failed save, is not the same as no file: a
procedure that was there yesterday would be gone without a word.`,
		Bad:  `# whole file: nothing but this comment`,
		Good: `title: Look after the mail queue`,
	},
	{
		ID: "header", Severity: Error,
		Summary: "a document of another version, or of another kind than is read",
		Why: `The first two keys say who can read a document: apiVersion for which form it has, kind for
what it is. A form that this msp doesn't know is not guessed at.`,
		Bad: `title: Look after the mail queue
apiVersion: msp/v2`,
		Good: `title: Look after the mail queue
apiVersion: msp/v1`,
	},
	{
		ID: "multi-document", Severity: Error,
		Summary: "a second document in one file",
		Why: `A record names a document by the digest of its file. With two in one file nobody could
say which of them was run, and many a reader of YAML stops behind the first.`,
		Bad: `title: Look after the mail queue
---
title: Look after the mail relay`,
		Good: `title: Look after the mail queue`,
	},
	{
		ID: "not-a-string-key", Severity: Error,
		Summary: "a key that is no text: a number, a date, true, a list",
		Why: `To YAML the key 8080 is a number, and a template without quotes is a map within a map.
Programs disagree on what to make of them; in quotes all of them read text.`,
		Bad:  `steps: [{id: look, title: Look, run: "true", dir: {{ inputs.spool }}}]`,
		Good: `steps: [{id: look, title: Look, run: "true", dir: spool}]`,
	},
	{
		ID: "syntax", Severity: Error,
		Summary: "a text that is not YAML",
		Why: `What can't be read can't be checked, so this is the only finding in its file; there may
be more behind it. Most often a text needs quotes, because of a colon, a hash or a
bracket in it, or a line stands a space too far.`,
		Source: "YAML 1.2.2",
		Bad:    `title: Mail: look after the queue`,
		Good:   `title: "Mail: look after the queue"`,
	},
	{
		ID: "tab-indent", Severity: Error,
		Summary: "a tab where spaces indent",
		Why: `A tab is as wide as each editor likes, so what belongs to what would depend on who looks.
YAML indents with spaces only.`,
		Source: "YAML 1.2.2, 6.1",
		Bad:    "steps:\n\t- {id: look, title: Look, run: \"true\"}",
		Good:   "steps:\n  - {id: look, title: Look, run: \"true\"}",
	},
	{
		ID: "tag", Severity: Error,
		Summary: "a tag such as !!binary or !secret",
		Why: `A tag tells a reader of YAML to make something else of a value than what stands there.
msp takes values as they are written; text that begins with ! goes in quotes.`,
		Bad:  `version: !!str 1.0.0`,
		Good: `version: "1.0.0"`,
	},
	{
		ID: "too-large", Severity: Error,
		Summary: "a document with more bytes, values or levels than are read, or a script that no program takes",
		Why: `A document has at most 1 MiB, 100,000 keys and values, and lists and maps 64 deep: more
than a person reads, and little enough that no file can use up the memory of whoever
checks it. A script in a step has at most what a program takes as one argument; a longer
one stands in a file of its own.`,
		Bad:  "steps: " + strings.Repeat("[", 64) + "\n  " + strings.Repeat("]", 64),
		Good: `steps: [{id: look, title: Look, run: "true"}]`,
	},
}
