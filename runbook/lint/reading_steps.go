package lint

// readingStepRules are what the readers report about the values of any document, and
// about the steps of a runbook.
var readingStepRules = []Rule{
	{
		ID: "bad-value", Severity: Error,
		Summary: "a value of the right type that is not one of those that may stand there",
		Why: `A word that isn't one of the known ones, a number out of its range or a version without
its third number would be refused in the middle of a run, or taken for something else.
The message says what may stand there.`,
		Bad:  `version: "1.4"`,
		Good: `version: 1.4.0`,
	},
	{
		ID: "empty-run", Severity: Error,
		Summary: "a run step in which nothing is run",
		Why: `An empty script ends with success, so the record would say that the step was done. Nobody
did anything.`,
		Bad:  `steps: [{id: look, title: Look, run: ""}]`,
		Good: `steps: [{id: look, title: Look, run: "true"}]`,
	},
	{
		ID: "expression-in-title", Severity: Error,
		Summary: "an expression in a text that people read and that never changes",
		Why: `Titles stand in lists, tickets and records that are kept for years. A computed one would
carry a client's values into all of them, and one step would have many names.`,
		Bad:  `steps: [{id: look, title: "Fewer than ${{ inputs.most }} letters wait", run: "true"}]`,
		Good: `steps: [{id: look, title: Few letters wait, run: "true"}]`,
	},
	{
		ID: "forbidden-variable", Severity: Error,
		Summary: "an environment variable that changes which programs run",
		Why: `PATH, LD_PRELOAD, BASH_ENV and their like decide what a program is, not what it works on.
Whoever could set them in a document would run something else under a reviewed name.`,
		Source: "CWE-426; CWE-427",
		Bad:    `steps: [{id: look, title: Look, run: "true", env: {PATH: /srv/tools}}]`,
		Good:   `steps: [{id: look, title: Look, run: "true", env: {TOOLS: /srv/tools}}]`,
	},
	{
		ID: "misplaced-key", Severity: Error,
		Summary: "a key that doesn't go with what a step is",
		Why: `A timeout cuts a program off; a person isn't cut off, and an approval has a timeout of its
own. A key without effect would let its reader believe in a guard that isn't there.`,
		Bad:  `steps: [{id: agree, title: The lead agrees, approval: {roles: [lead]}, timeout: 30m}]`,
		Good: `steps: [{id: agree, title: The lead agrees, approval: {roles: [lead], timeout: 30m}}]`,
	},
	{
		ID: "missing-key", Severity: Error,
		Summary: "a key that has to be there and isn't",
		Why: `What a document needs is what nobody could guess for its author: a step without a title
can't be asked of a person, an item of a plan without a first day is due since ever.`,
		Bad:  `steps: [{id: look, run: "true"}]`,
		Good: `steps: [{id: look, title: Look, run: "true"}]`,
	},
	{
		ID: "mixed-argument", Severity: Error,
		Summary: "an argument of a program that is half text and half expression",
		Why: `A value that is glued to a text changes what the program takes the text for, and nobody
who reads the runbook sees where it ends. So an argument is either fixed or one value;
what has to be put together is put together in a script, which gets its values by env.`,
		Source: "CWE-88",
		Bad:    `steps: [{id: look, title: Look, run: [head, "--lines=${{ inputs.most }}", mail.log]}]`,
		Good:   `steps: [{id: look, title: Look, run: [head, --lines, "${{ inputs.most }}", mail.log]}]`,
	},
	{
		ID: "not-yet", Severity: Error,
		Summary: "a key that later versions of msp will know and this one doesn't",
		Why: `A rollback that is written and never done is worse than none, since somebody relies on it.
So what this version can't do is refused, not passed over.`,
		Bad:  `steps: [{id: look, title: Look, run: "true", on_failure: rollback}]`,
		Good: `steps: [{id: look, title: Look, run: "true", on_failure: abort}]`,
	},
	{
		ID: "one-source", Severity: Error,
		Summary: "a secret, an output or what is normal that comes from nowhere, or from two places",
		Why: `With two sources the one that answers first would win, on this machine this one and on the
next another. Each value has one place where it comes from.`,
		Bad: `secrets: [{name: TOKEN, from: {env: TOKEN, file: mail-token}}]
steps: [{id: look, title: Look, run: "true", env: {TOKEN: "${{ secrets.TOKEN }}"}}]`,
		Good: `secrets: [{name: TOKEN, from: {env: TOKEN}}]
steps: [{id: look, title: Look, run: "true", env: {TOKEN: "${{ secrets.TOKEN }}"}}]`,
	},
	{
		ID: "path-leaves-folder", Severity: Error,
		Summary: "a path that leaves the folder in which a step works",
		Why: `A runbook is written once and run in many places: an absolute path or one with .. in it
reaches what nobody showed the reviewer. A folder elsewhere is an input of type path,
which whoever runs it gives, and the record keeps.`,
		Source: "CWE-22",
		Bad:    `steps: [{id: look, title: Look, run: "true", dir: /var/spool/mail}]`,
		Good: `inputs:
  most: {type: integer, default: 50, description: How many letters may wait}
  spool: {type: path, required: true, description: Where the letters wait}
steps: [{id: look, title: Look, run: "true", dir: "${{ inputs.spool }}"}]`,
	},
	{
		ID: "step-kind", Severity: Error,
		Summary: "a step that says nothing to do, or two things",
		Why: `A step is done or not done, and its result is one line in the record. With two things in
it nobody knows which of them failed; with none there is nothing to prove.`,
		Bad:  `steps: [{id: look, title: Look}]`,
		Good: `steps: [{id: look, title: Look, run: "true"}]`,
	},
	{
		ID: "wrong-type", Severity: Error,
		Summary: "a value of another type: a text where a number belongs, a map where a list does",
		Why: `What has another type was meant for another key, or reads as something else than it looks:
without quotes YAML takes 1.10 for a number and yes for true. The message says what
stands there and what was wanted.`,
		Bad:  `steps: {id: look, title: Look, run: "true"}`,
		Good: `steps: [{id: look, title: Look, run: "true"}]`,
	},
}
