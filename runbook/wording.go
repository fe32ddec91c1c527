package runbook

// HasWording is implemented by the actions that say more than the one line of
// Describe: a script, or instructions for a person.
type HasWording interface{ Wording() Wording }

// Wording is the whole text of an action as its document has it. Nothing in it is
// evaluated.
type Wording struct {
	Shell        string // that the script is for, such as "bash"; "" for a command line
	Script       string
	Instructions string // Markdown; may hold ${{ }}
}
