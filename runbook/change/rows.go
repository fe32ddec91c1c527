package change

import "sync"

// rows are what is known of the keys of a runbook. [] stands for the items of a
// list, or of a map whose keys are names.
var rows = sync.OnceValue(func() map[string]row {
	known := map[string]row{}
	for _, table := range []map[string]row{governance(), promises(), givens(), stepRows(), actions()} {
		for path, r := range table {
			known[path] = r
		}
	}
	return known
})

// rowOf is what is known of a key.
func rowOf(path string) row { return rows()[path].filled(path) }

func governance() map[string]row {
	return map[string]row{
		"id":    {now: "the runbook is now called {new}, it was {old}", judge: always(breaks)},
		"title": {what: "the title", judge: always(words)},
		"class": {what: "the class", unless: "routine", judge: always(breaks)},

		"rationale":    {what: "the rationale", as: prose, judge: always(words)},
		"references":   {item: keys("authority", "clause")},
		"references[]": {come: "it now refers to {name}", gone: "it no longer refers to {name}", judge: always(words)},
		"decisions":    {item: whole("date", "by", "decided")},
		"decisions[]":  {come: "a decision came: {name}", gone: "a decision was taken out: {name}", judge: kept(words, lets)},

		"owner":         {come: "an owner is named", gone: "the owner was taken out", judge: kept(grows, loosens)},
		"owner.team":    {what: "the owner's team", judge: kept(grows, loosens)},
		"owner.role":    {what: "the owner's role", judge: kept(grows, loosens)},
		"owner.contact": {what: "the owner's contact", judge: kept(grows, loosens)},

		"review_by": {what: "the date of the next review", as: date, judge: on(words, lets, came, down)},

		"scripts":         {come: "it is said who keeps the scripts", gone: "it is no longer said who keeps the scripts", judge: kept(grows, breaks)},
		"scripts.owner":   {what: "who keeps the scripts", judge: always(breaks)},
		"scripts.licence": {what: "the licence of the scripts", judge: always(grows)},

		"lint":           {item: keys("waive", "step")},
		"lint[]":         {come: "a rule of lint is waived: {name}", gone: "a rule of lint is no longer waived: {name}", judge: always(words)},
		"lint[].because": {what: "the reason to waive {name}", as: prose, judge: always(words)},
		"lint[].until":   {what: "the last day of the waiver of {name}", judge: always(words)},

		"schedule":                {come: "it is now due by a schedule", gone: "it is no longer due by a schedule", judge: kept(breaks, weakens)},
		"schedule.cron":           {what: "the time at which it is due", as: cron, judge: falls(weakens, breaks)},
		"schedule.rrule":          {what: "the rule by which it is due", judge: always(weakens)},
		"schedule.shift":          {what: "the shift of the schedule", as: span, judge: always(breaks)},
		"schedule.timezone":       {what: "the time zone of the schedule", judge: always(breaks)},
		"schedule.calendar":       {what: "the calendar of the days off", judge: gate(weakens, breaks)},
		"schedule.on_holiday":     {what: "on_holiday", as: ranked("skip", "next_working_day", "run"), unless: "skip", judge: falls(weakens, breaks)},
		"schedule.early":          {what: "how early it may be started", as: span, unless: "0s", judge: falls(breaks, grows)},
		"schedule.grace":          {what: "the grace", as: span, judge: atMost(loosens)},
		"schedule.close_after":    {what: "the time after which it can't be made good", as: span, judge: atMost(loosens)},
		"schedule.on_missed":      {what: "on_missed", as: ranked("run_once", "record"), unless: "record", judge: atMost(loosens)},
		"schedule.effective_from": {what: "the first day of the schedule", as: date, judge: rises(weakens, breaks)},
	}
}

func promises() map[string]row {
	table := map[string]row{
		"sla":                    {come: "an SLA is promised", gone: "the SLA was taken out", judge: kept(grows, weakens)},
		"sla.agreement":          {what: "the target of the agreement that the SLA names", judge: always(weakens)},
		"sla.clock":              {what: "the clock of the SLA", judge: always(weakens)},
		"sla.calendar":           {what: "the calendar in which the SLA counts", judge: gate(weakens, grows)},
		"sla.start_within":       {what: "the promised time to start", as: span, judge: promised},
		"sla.complete_within":    {what: "the promised time to complete", as: span, judge: promised},
		"sla.acknowledge_within": {what: "the promised time to acknowledge", as: span, judge: promised},
		"sla.respond_within":     {what: "the promised time to respond", as: span, judge: promised},
		"sla.update_every":       {what: "the promised time between updates", as: span, judge: promised},
		"sla.resolve_within":     {what: "the promised time to resolve", as: span, judge: promised},
		"sla.target":             {what: "the target of the SLA", as: share, judge: atLeast(weakens)},
	}
	for ladder, when := range map[string]string{"not_acknowledged": "when nobody acknowledges", "not_resolved": "while it isn't resolved"} {
		path := "escalation." + ladder
		table[path] = row{item: by("notify")}
		table[path+"[]"] = row{come: "{name} is now told " + when, gone: "{name} is no longer told " + when, judge: kept(grows, loosens)}
		table[path+"[].after"] = row{now: "{name} is now told " + when + " after {new}, it was after {old}", as: after, judge: atMost(loosens)}
		table[path+"[].repeat"] = row{
			now:  "{name} is now told again " + when + " every {new}, it was every {old}",
			come: "{name} is now told again " + when + ", every {new}", gone: "{name} is no longer told again " + when,
			as: span, judge: atMost(loosens),
		}
	}
	return table
}

// givens are what a run has to be given: values, secrets, tools.
func givens() map[string]row {
	return map[string]row{
		"requires":                {item: by("tool")},
		"requires[]":              {short: "tool", come: "the tool {name} is now needed", gone: "the tool {name} is no longer needed", judge: kept(breaks, grows)},
		"requires[].version":      {what: "the version needed of {name}", judge: kept(breaks, grows)},
		"requires[].version_args": {what: "what makes {name} print its version", unless: "[--version]"},

		"inputs":               {item: itself},
		"inputs[]":             {come: "the input {name} came", gone: "the input {name} was taken out", renamed: "the input {old} is now called {new}", judge: needed},
		"inputs[].type":        {what: "the type of the input {name}", judge: typed},
		"inputs[].description": {what: "the description of the input {name}", judge: always(words)},
		"inputs[].required":    {come: "the input {name} is now required", gone: "the input {name} is no longer required", as: flag, unless: "false", judge: rises(breaks, grows)},
		"inputs[].default":     {what: "the default of the input {name}", judge: kept(grows, breaks)},
		"inputs[].enum":        {item: itself},
		"inputs[].enum[]":      {come: "the input {field} may now be {name}", gone: "the input {field} may no longer be {name}", judge: kept(grows, breaks)},
		"inputs[].pattern":     {what: "the pattern of the input {name}", judge: gate(breaks, grows)},
		"inputs[].minimum":     {what: "the minimum of the input {name}", as: number, judge: narrows(atLeast(loosens))},
		"inputs[].maximum":     {what: "the maximum of the input {name}", as: number, judge: narrows(atMost(loosens))},

		"secrets":                {item: by("name")},
		"secrets[]":              {come: "the secret {name} is now needed", gone: "the secret {name} is no longer needed", judge: kept(breaks, grows)},
		"secrets[].from.env":     {what: "the variable that the secret {name} comes from", judge: always(breaks)},
		"secrets[].from.file":    {what: "the file that the secret {name} comes from", judge: always(breaks)},
		"secrets[].from.command": {what: "the command that the secret {name} comes from", judge: always(breaks)},
	}
}
