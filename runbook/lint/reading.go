package lint

// readingRules are what the readers of documents report. A document in which they
// find something can't be used.
var readingRules = []Rule{
	{
		ID: "empty-expect", Severity: Error,
		Summary: "an expect that holds whatever happens, or never",
		Why: `An expect without anything in it looks as if the result were judged. An empty list of
exit codes can't be met, and every text contains an empty one.`,
		Bad:  `steps: [{id: look, title: Look, run: hostname, expect: {stdout: {contains: ""}}}]`,
		Good: `steps: [{id: look, title: Look, run: hostname, expect: {stdout: {contains: mail}}}]`,
	},
	{
		ID: "expression", Severity: Error,
		Summary: "an expression that can't be computed: a wrong name, a wrong type, a wrong form",
		Why: `An expression that fails in a run fails in the middle of it, when half of the work is
done. Names and types are known before, so expressions are compiled when the runbook is
read: a number is not compared with a text, and nothing is read that no step yields.`,
		Bad:  `steps: [{id: look, title: Look, run: "true", if: inputs.most > "forty"}]`,
		Good: `steps: [{id: look, title: Look, run: "true", if: inputs.most > 40}]`,
	},
	{
		ID: "expression-in-run", Severity: Error,
		Summary: "an expression inside a script, where its value would become part of the script",
		Why: `A value that is written into a script before the shell reads it can end a word, a line or
a quote: an input of "; rm -rf /" is a command then. Through the step's env it reaches the
script as what it is, a value.`,
		Source: "CWE-78",
		Bad:    `steps: [{id: look, title: Look, run: "test ${{ inputs.most }} -gt 3"}]`,
		Good:   `steps: [{id: look, title: Look, run: test "$LIMIT" -gt 3, env: {LIMIT: "${{ inputs.most }}"}}]`,
	},
	{
		ID: "unknown-key", Severity: Error,
		Summary: "a key that msp doesn't know",
		Why: `A key that nobody reads is a wish that nobody grants: a misspelt timeout never ends
anything. So each key has to be known, and words of other tools are answered with
the word that msp has for them.`,
		Bad:  `steps: [{id: look, title: Look, run: "true", timeoutSeconds: 30}]`,
		Good: `steps: [{id: look, title: Look, run: "true", timeout: 30s}]`,
	},
}
