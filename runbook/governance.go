package runbook

import (
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/document"
)

// decodeGovernance reads who answers for the runbook and why it exists.
func decodeGovernance(r *Runbook, m *document.Map, d *document.Decoder) {
	r.Rationale = d.String(m.Take("rationale"))
	if list := m.Take("references"); list != nil {
		for _, item := range d.List(list, "a list of references") {
			ref := d.Map(item, "a reference")
			r.References = append(r.References, Reference{Authority: d.String(ref.Need("authority")), Clause: d.Text(ref.Take("clause"))})
			ref.Done(nil)
		}
	}
	if list := m.Take("decisions"); list != nil {
		for _, item := range d.List(list, "a list of decisions") {
			dec := d.Map(item, "a decision")
			r.Decisions = append(r.Decisions, Decision{
				Date: d.Date(dec.Need("date")), By: d.String(dec.Need("by")),
				Decided: d.String(dec.Need("decided")), Because: d.String(dec.Take("because")),
			})
			dec.Done(nil)
		}
	}
	if owner := m.Take("owner"); owner != nil {
		o := d.MapLike(owner, "an owner", "owner: {team: backup, role: backup-technician}")
		r.Owner = Owner{Team: d.String(o.Take("team")), Role: d.String(o.Take("role")), Contact: d.String(o.Take("contact"))}
		o.Done(map[string]string{"email": "msp says \"contact\"", "name": "msp says \"team\" or \"role\": people change"})
		if r.Owner == (Owner{}) && owner.Kind() == document.Mapping && len(owner.Fields()) == 0 {
			d.Report(owner.Position(), "bad-value", "owner: {team: backup, role: backup-technician, contact: backup@provider.example}", "an owner names nobody")
		}
	}
	r.ReviewBy = d.Date(m.Take("review_by"))
	if scripts := m.Take("scripts"); scripts != nil {
		s := d.Map(scripts, "scripts")
		r.Scripts.Owner = d.Enum(s.Need("owner"), "provider", "client")
		r.Scripts.Licence = d.String(s.Take("licence"))
		s.Done(map[string]string{"license": "msp says \"licence\""})
	}
}

var foreignScheduleKeys = map[string]string{
	"tz": "msp says \"timezone\"", "time_zone": "msp says \"timezone\"",
	"every": "msp says \"cron\" or \"rrule\"", "interval": "msp says \"cron\" or \"rrule\"", "at": "msp says \"cron\" or \"rrule\"",
}

func decodeSchedule(n *document.Node, d *document.Decoder) *Schedule {
	if n == nil {
		return nil
	}
	m := d.MapLike(n, "a schedule", "schedule: {cron: \"0 7 * * *\", timezone: Europe/London}")
	s := &Schedule{Position: n.Position(), OnMissed: "record"}
	cron, rrule := m.Take("cron"), m.Take("rrule")
	s.Cron, s.RRule = d.String(cron), d.String(rrule)
	if (cron == nil) == (rrule == nil) && n.Kind() == document.Mapping && !says(m, "cron", foreignScheduleKeys) {
		count := 0
		if cron != nil {
			count = 2
		}
		d.Report(n.Position(), "schedule", oneOf(count, "cron", "rrule"), "a schedule has exactly one of cron and rrule")
	}
	checkCron(cron, s.Cron, d)
	s.Shift = decodeWorkingTime(m.Take("shift"), d)
	s.Timezone = decodeTimezone(needBy(m, "timezone", "no-timezone", "timezone: Europe/London", foreignScheduleKeys), d)
	s.Calendar = d.String(m.Take("calendar"))
	if on := m.Take("on_holiday"); on != nil {
		s.OnHoliday = d.Enum(on, "next_working_day", "run")
	}
	s.Early = decodeDuration(m.Take("early"), d)
	s.Grace = decodeWorkingTime(m.Take("grace"), d)
	s.CloseAfter = decodeDuration(m.Take("close_after"), d)
	if on := m.Take("on_missed"); on != nil {
		s.OnMissed = d.Enum(on, "record", "run_once")
	}
	s.EffectiveFrom = d.Date(m.Take("effective_from"))
	m.Done(foreignScheduleKeys)
	return s
}

func checkCron(n *document.Node, text string, d *document.Decoder) {
	if !isText(n) {
		return
	}
	if _, err := ParseCron(text); err != nil {
		d.Report(n.Position(), "cron", cronHint(text), "%s", err)
	}
}

func cronHint(text string) string {
	const form = "minute hour day-of-month month day-of-week: \"0 7 * * *\""
	if _, ok := cronWords["@"+strings.ToLower(text)]; ok {
		return "write \"@" + strings.ToLower(text) + "\""
	}
	return formHint(text, form)
}

func decodeTimezone(n *document.Node, d *document.Decoder) string {
	name := text(n, "a time zone", d)
	if strings.TrimSpace(name) == "" {
		return ""
	}
	if _, err := Zone(name); err != nil {
		d.Report(n.Position(), "no-timezone", ZoneHint(name), "%s is not a time zone", document.Quote(name))
	}
	return name
}

var foreignSLAKeys = map[string]string{
	"deadline": "msp says \"complete_within\"", "finish_within": "msp says \"complete_within\"", "duration": "msp says \"complete_within\"",
	"within": "msp says \"complete_within\"", "due": "msp says \"complete_within\"", "max_duration": "msp says \"complete_within\"",
	"response_time": "msp says \"respond_within\"", "resolution_time": "msp says \"resolve_within\"",
}

// decodePromise reads a length of time within which something is promised.
func decodePromise(m *document.Map, key string, d *document.Decoder) Duration {
	value := m.Take(key)
	promise := decodeWorkingTime(value, d)
	if promise.IsZeroLength() {
		d.Report(value.Position(), "sla", "leave it out", "%s: %s leaves no time at all", key, promise.Text)
	}
	return promise
}

func decodeSLA(n *document.Node, d *document.Decoder) *SLA {
	if n == nil {
		return nil
	}
	m := d.MapLike(n, "an sla", "sla: {clock: scheduled, complete_within: 2h}")
	s := &SLA{Position: n.Position(), Agreement: d.String(m.Take("agreement"))}
	decodePromises(s, m, d)
	target := m.Take("target")
	s.Target = decodePercent(target, d)
	if s.Target > 100 {
		d.Report(target.Position(), "bad-value", "100% is the most", "a target of more than 100%% can't be met")
	}
	m.Done(foreignSLAKeys)
	if n.Kind() == document.Mapping {
		checkSLA(s, m, d)
	}
	return s
}

// decodePromises reads from when a clock runs, in which hours, and how long each
// part may take.
func decodePromises(s *SLA, m *document.Map, d *document.Decoder) {
	if clock := m.Take("clock"); clock != nil {
		s.Clock = Clock(d.Enum(clock, "scheduled", "started", "reported"))
	}
	s.Calendar = d.String(m.Take("calendar"))
	s.StartWithin = decodePromise(m, "start_within", d)
	s.CompleteWithin = decodePromise(m, "complete_within", d)
	s.AcknowledgeWithin = decodePromise(m, "acknowledge_within", d)
	s.RespondWithin = decodePromise(m, "respond_within", d)
	s.UpdateEvery = decodePromise(m, "update_every", d)
	s.ResolveWithin = decodePromise(m, "resolve_within", d)
}

func checkSLA(s *SLA, m *document.Map, d *document.Decoder) {
	if s.Agreement != "" {
		if len(m.Keys()) > 1 {
			d.Report(s.Position, "sla", "leave out the rest: the agreement says it", "an sla names an agreement's target or says its terms, not both")
		}
		return
	}
	if !m.Has("clock") {
		d.Report(s.Position, "sla", "clock: scheduled, started or reported", "an sla says from which moment its clock runs")
	}
	reported := s.AcknowledgeWithin.Text + s.RespondWithin.Text + s.UpdateEvery.Text + s.ResolveWithin.Text
	if s.Clock != "" && s.Clock != ClockReported && reported != "" {
		d.Report(s.Position, "sla", "those go with clock: reported", "an sla with clock: %s has start_within and complete_within only", s.Clock)
	}
	if s.Clock == ClockStarted && !s.StartWithin.IsZero() {
		d.Report(s.Position, "sla", "clock: scheduled counts from the due time", "start_within means nothing when the clock runs from the start")
	}
	promises := func(key string) bool {
		return strings.HasSuffix(key, "_within") || key == "update_every" || foreignSLAKeys[key] != ""
	}
	if !slices.ContainsFunc(m.Keys(), promises) {
		d.Report(s.Position, "sla", "complete_within: 2h", "an sla promises nothing")
	}
}

func decodeEscalation(n *document.Node, d *document.Decoder) Escalation {
	if n == nil {
		return Escalation{}
	}
	m := d.MapLike(n, "an escalation", "escalation: {not_resolved: [{after: 1h, notify: on-call}]}")
	e := Escalation{
		NotAcknowledged: decodeLadder(m.Take("not_acknowledged"), d),
		NotResolved:     decodeLadder(m.Take("not_resolved"), d),
	}
	m.Done(nil)
	return e
}

var foreignRungKeys = map[string]string{
	"to": "msp says \"notify\"", "who": "msp says \"notify\"", "role": "msp says \"notify\"", "wait": "msp says \"after\"", "delay": "msp says \"after\"",
}

func decodeLadder(n *document.Node, d *document.Decoder) []Rung {
	if n == nil {
		return nil
	}
	var ladder []Rung
	for _, item := range d.List(n, "a list of rungs") {
		m := d.Map(item, "a rung")
		rung := Rung{Position: m.Position()}
		if after := need(m, "after", foreignRungKeys); strings.HasSuffix(after.Text(), "%") {
			rung.Share = decodePercent(after, d)
		} else {
			rung.After = decodeWorkingTime(after, d)
		}
		rung.Notify = text(need(m, "notify", foreignRungKeys), "whom to notify", d)
		rung.Repeat = decodeWorkingTime(m.Take("repeat"), d)
		m.Done(foreignRungKeys)
		ladder = append(ladder, rung)
	}
	return ladder
}

var foreignSecretKeys = map[string]string{
	"value": "a secret's value never stands in a runbook; msp says \"from\"", "env": "msp says \"from\": {env: …}", "id": "msp says \"name\"", "key": "msp says \"name\"",
}

// hiddenMap is a map where somebody may have written a secret instead, which no
// message repeats.
func hiddenMap(n *document.Node, what string, d *document.Decoder) *document.Map {
	if n.Kind() == document.Mapping || n.Refused() {
		return d.Map(n, what)
	}
	d.Report(n.Position(), "wrong-type", "secrets: [{name: TOKEN, from: {env: TOKEN}}]", "%s must be a map that says where the value comes from", what)
	return d.Map(nil, what)
}

func decodeSecrets(n *document.Node, d *document.Decoder) []Secret {
	if n == nil {
		return nil
	}
	var secrets []Secret
	seen := map[string]document.Position{}
	for _, item := range d.List(n, "a list of secrets") {
		m := hiddenMap(item, "a secret", d)
		s := Secret{Position: item.Position()}
		if name := need(m, "name", foreignSecretKeys); name != nil {
			s.Name = d.String(name)
			checkForm(name, s.Name, envForm(), "letters, digits and underscores, as in RESTIC_PASSWORD", d)
			unique(seen, s.Name, name.Position(), "the secret", d)
		}
		if from := need(m, "from", foreignSecretKeys); from != nil {
			f := hiddenMap(from, "a secret's from", d)
			env, file, command := f.Take("env"), f.Take("file"), f.Take("command")
			s.Env, s.File, s.Command = d.String(env), d.String(file), d.String(command)
			checkForm(env, s.Env, envForm(), "the name of an environment variable", d)
			checkForm(file, s.File, idForm(), "the name under which the user's configuration knows the file", d)
			checkForm(command, s.Command, idForm(), "the name under which the user's configuration knows the command", d)
			if from.Kind() == document.Mapping && len(f.Keys()) != 1 {
				d.Report(from.Position(), "one-source", oneOf(len(f.Keys()), "env", "file", "command"), "a secret comes from exactly one place")
			}
			f.Done(nil)
		}
		m.Done(foreignSecretKeys)
		secrets = append(secrets, s)
	}
	return secrets
}
