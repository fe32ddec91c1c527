package schema_test

import "regexp"

// difference is what only one of a loader and its schema refuses, and why.
type difference struct {
	kind  string // empty: any
	rule  string // of the loader; empty: the schema refuses it
	place string // a pattern of all of the place
	value string // a pattern of all of the value, as YAML in the flow style; empty: any
	why   string
}

func (d difference) explains(kind string, f finding) bool {
	whole := func(pattern, text string) bool { return regexp.MustCompile(`^(?s:` + pattern + `)$`).MatchString(text) }
	return (d.kind == "" || d.kind == kind) && regexp.MustCompile("^(?:"+d.rule+")$").MatchString(f.rule) && whole(d.place, f.place) && (d.value == "" || whole(d.value, f.value))
}

// Forms of values, as YAML in the flow style has them.
const (
	unquotedDate = `[0-9]{4}-[0-9]{2}-[0-9]{2}.*`
	otherNumber  = `1\.0|0x10|9{20}`
	noSuchDay    = `"?2026-02-30"?`
	tooLong      = `"9{20}w"`
	blanks       = `"(?: |\\n).*|".*(?: |\\n)"|".*  .*"`
	expression   = `".*\$\{\{.*`
)

// differences are all that there are. The loader alone can compute, look up and
// compare; the schema alone refuses what nobody should write.
var differences = []difference{
	{"", "wrong-type", ".*", unquotedDate, "a date without quotes is a date to YAML 1.1 and to the loader, and text to YAML 1.2 and to a schema"},
	{"Runbook", "sla", "sla", `.*"agreement": ` + unquotedDate, "such a date again"},
	{"", "wrong-type", ".*", otherNumber, "JSON takes 1.0 for a whole number"},
	{"", "bad-value", ".*", otherNumber, "the loader reads decimal digits only, and no number that is too large"},
	{"", "bad-value", ".*", noSuchDay, "a pattern doesn't know how long months are"},
	{"", "duration", ".*", tooLong, "a pattern doesn't count"},

	{"", "no-timezone", ".*timezone", "", "which zones there are is in the database of zones"},
	{"", "cron", ".*schedule/cron", "", "what the fields of a crontab line may say takes its parser"},
	{"", "bad-value", ".*/pattern", "", "whether a regular expression is one takes its parser"},
	{"", "expression", ".*", "", "an expression is compiled, and its names are looked up"},

	{"", "duplicate-id|overlap", ".*", "", "two parts of the document are compared"},
	{"", "unknown-reference|cycle", ".*", "", "a name is looked up in another part of the document"},

	{"Runbook", "bad-value", "(?:inputs|steps/[0-9]+/manual/form)/[^/]+", "", "the least number is compared with the greatest"},
	{"Runbook", "bad-value", "(?:inputs|steps/[0-9]+/manual/form)/[^/]+/default", "", "a default is read by its type and compared with the limits"},
	{"Runbook", "bad-value", "steps/[0-9]+/file/min_(?:age|size|count)", "", "the least is compared with the most"},
	{"Runbook", "bad-value", "steps/[0-9]+/file/path", `".*\[.*"`, "whether a pattern of files is one takes its parser"},
	{"Runbook", "bad-value|duration", "steps/[0-9]+/file/(?:(?:min|max)_(?:age|size)|sha256)", expression, "whether an expression is closed is for the reader of expressions"},
	{"Runbook", "bad-value", "steps/[0-9]+/normal/[^/]+/fail_beyond", "", "it is compared with within"},
	{"Runbook", "wrong-type", "steps/[0-9]+/normal/[^/]+", "", "normal compares numbers, and the type of the output is said elsewhere"},
	{"Runbook", "wrong-type|bad-value|empty-run|path-leaves-folder|expression-in-run", "steps/[0-9]+/run/0", "", "draft 7 and 2020-12 don't say in one way what the first item of a list is"},
	{"Runbook", "mixed-argument", "steps/[0-9]+/run/[0-9]+", expression, "an argument is text or one expression, which takes the reader of expressions"},
	{"Runbook", "bad-value", "steps/[0-9]+/(?:dir|file/path)", `".*\\n.*"`, "no path has control characters, each of which a pattern would have to name"},
	{"Runbook", "path-leaves-folder", "steps/[0-9]+/(?:dir|file/path)", `".*\.\..*"`, "which part of a path is an expression takes the reader of expressions"},

	{"Plan", "bad-value", "runbooks/[0-9]+/until", "", "it is compared with from"},

	{"Agreement", "bad-value", "until|trial/until|kpis/[0-9]+|", "", "days are compared with each other"},
	{"Agreement", "bad-value", "credits/chronic", "", "months are compared with of"},
	{"Agreement", "bad-value", "credits/monthly_fee", "", "how many digits a currency has is in a list"},
	{"Agreement", "credits", "targets/[^/]+(?:/credits/[0-9]+)?", "", "tiers are compared with each other and with the target, and need a fee"},
	{"Agreement", "ola-exceeds-sla", "supported_by/[0-9]+", "", "what supports a target is compared with it"},
	{"Agreement", "schedule|schedule-never-fires|sla", "reports/[0-9]+/schedule", "", "whether a schedule is ever due takes its computation, and its calendar where it counts working time"},

	{"Calendar", "bad-value", "hours(?:/.*)?", "", "hours are compared with each other, and their begin with their end"},
	{"Calendar", "bad-value", "holidays/(?:country|worked/[0-9]+|own/[0-9]+/date)", "", "which countries, regions and days off there are is in a list"},
	{"Calendar", "missing-key", "holidays/worked/[0-9]+", "", "worked needs a country unless it is empty"},
	{"Calendar", "duration", "business_day", "", "a day has 24 hours, and a pattern doesn't count"},

	{"Contacts", "bad-value", "contacts/[0-9]+/working_hours(?:/.*)?", "", "hours are compared with each other, and their begin with their end"},
	{"Contacts", "bad-value", "(?:contacts/[0-9]+/away|rosters/[0-9]+/overrides)/[0-9]+/until", "", "it is compared with from"},
	{"Contacts", "bad-value", "contacts/[0-9]+/channels/[0-9]+/e?mail", "", "which address has an @ is said by the name of its channel"},
	{"Contacts", "bad-value", "rosters/[0-9]+/length", "", "whole days are counted"},
	{"Contacts", "bad-value", "rosters/[0-9]+/from", "", "on which weekday a day falls is computed"},
	{"Contacts", "bad-value|missing-key", "rosters/[0-9]+/handover(?:/weekday)?", "", "whether turns are whole weeks is computed"},
	{"Contacts", "bad-value", "rosters/[0-9]+/overrides/[0-9]+/layer", "", "which layers there are is looked up in the roster"},

	{"", "", ".*", blanks, "the loader cuts blanks and line ends around a value, which nobody should write"},
	{"Runbook", "", ".*(?:after|target|within|fail_beyond)", `"1e1%"`, "the loader reads numbers as programs write them"},
	{"Runbook", "", "steps/[0-9]+/file/(?:min|max)_age", `"1.5s"`, "the loader reads lengths as expressions give them"},
}
