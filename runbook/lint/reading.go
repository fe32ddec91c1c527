package lint

// readingRules are what the readers of documents report. A document in which they
// find something can't be used.
var readingRules = []Rule{
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
