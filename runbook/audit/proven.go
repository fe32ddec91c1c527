package audit

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/msp-runbook/msp/runbook/agreement"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/evidence/stamp"
	"github.com/msp-runbook/msp/runbook/parallel"
	"github.com/msp-runbook/msp/runbook/record"
)

// A proven is between which two times something is shown to have been signed.
// A zero time is one that nothing shows.
type proven struct{ after, before time.Time }

// A token is what a timestamp authority said of a checkpoint of a log, and it is
// verified: the bytes, the authority, the checkpoint and the log all agree.
type token struct {
	log    *writerLog
	size   int64 // of the checkpoint
	by     string
	digest string
	stated stamp.Stated
}

// times is what is known from outside about when things happened.
type times struct {
	tokens   map[*writerLog][]token // by size
	byDigest map[string]token
	// first has for each log the earliest time at which the entries up to that of
	// the same place in tokens existed: the best of that token and those behind it.
	first  map[*writerLog][]time.Time
	floors map[*writerLog][]floor // by index
	kept   map[string]bool        // digests of everything that anybody outside said, verified or not
	notes  map[string]string      // digests of the checkpoints in anchors, by their path
	alien  map[string]int         // how many tokens are of an authority whose roots aren't known

	cosigned  map[*writerLog][]cosigned // checkpoints that a known witness cosigned
	strangers map[string]int            // how many cosignatures are of a witness whose key isn't known
}

// A floor is a statement about a token: what lies behind it in its log was logged
// after the token was made.
type floor struct {
	index int64
	time.Time
}

// tsaRoots are the roots that tokens are held to, by the name of the authority.
// What a trust statement's policy names is not among them: whoever wrote the
// evidence would choose.
func (a *audit) tsaRoots() map[string]*stamp.Roots { return a.pins.TSAs }

// readAnchors holds the logs to the checkpoints that were shown outside, and
// verifies what was said of them.
func (a *audit) readAnchors() error {
	a.times = times{
		tokens: map[*writerLog][]token{}, byDigest: map[string]token{}, first: map[*writerLog][]time.Time{}, floors: map[*writerLog][]floor{},
		kept: map[string]bool{}, notes: map[string]string{}, alien: map[string]int{},
		cosigned: map[*writerLog][]cosigned{}, strangers: map[string]int{},
	}
	writers, err := a.store.AnchoredWriters()
	if err != nil {
		return err
	}
	for _, writer := range writers {
		if err := a.readWriterAnchors(writer); err != nil {
			return err
		}
	}
	for l, tokens := range a.times.tokens {
		a.times.first[l] = firstTimes(tokens)
	}
	return nil
}

func firstTimes(tokens []token) []time.Time {
	first := make([]time.Time, len(tokens))
	for i := len(tokens) - 1; i >= 0; i-- {
		first[i] = tokens[i].stated.Latest()
		if i+1 < len(first) && first[i+1].Before(first[i]) {
			first[i] = first[i+1]
		}
	}
	return first
}

func (a *audit) readWriterAnchors(writer string) error {
	files, foreign, err := a.store.AnchorFiles(writer)
	if err != nil {
		return err
	}
	for _, name := range foreign {
		a.note(ruleFileForeign, place{file: "anchors/" + writer + "/" + name}, "anchors/%s/%s is no part of an anchor", writer, name)
	}
	files = a.laterAnchors(writer, files)
	heads := map[int64]Head{}
	var said []evidence.AnchorFile
	for _, f := range files {
		if f.By != "" {
			said = append(said, f)
			continue
		}
		note, err := a.readAnchor(f)
		if err != nil {
			return err
		}
		if note != nil {
			a.times.notes[f.Path()] = evidence.Digest(note)
			heads[f.Size] = Head{Name: f.Path(), Note: note}
		}
	}
	if len(heads) > 0 {
		a.checkWriterHeads(writer, sortedHeads(heads))
	}
	for some := range slices.Chunk(said, tokensAtOnce) {
		if err := a.readTokens(writer, heads, some); err != nil {
			return err
		}
	}
	return nil
}

// tokensAtOnce is how many tokens are verified side by side: each has some kilobytes.
const tokensAtOnce = 128

func sortedHeads(heads map[int64]Head) []Head {
	var all []Head
	for _, h := range heads {
		all = append(all, h)
	}
	slices.SortFunc(all, func(x, y Head) int { return cmp.Compare(x.Name, y.Name) })
	return all
}

// readAnchor reads a file of an anchor; nil means that it can't be relied on,
// which is said.
func (a *audit) readAnchor(f evidence.AnchorFile) ([]byte, error) {
	data, err := a.store.ReadAnchor(f)
	var at *evidence.FileError
	if errors.As(err, &at) {
		a.broken(ruleToken, place{file: f.Path()}, "%s: %s", f.Path(), at.What)
		return nil, nil
	}
	return data, err
}

// readTokens verifies what was said of a writer's checkpoints.
func (a *audit) readTokens(writer string, heads map[int64]Head, said []evidence.AnchorFile) error {
	i := slices.IndexFunc(a.logs, func(l *writerLog) bool { return l.writer == writer })
	type read struct {
		file  evidence.AnchorFile
		data  []byte
		token *token
		err   error
	}
	var all []read
	for _, f := range said {
		data, err := a.readAnchor(f)
		if err != nil {
			return err
		}
		if data != nil {
			a.times.kept[evidence.Digest(data)] = true
			all = append(all, read{file: f, data: data})
		}
	}
	for k, r := range parallel.Map(len(all), func(k int) read {
		r := all[k]
		if i >= 0 && a.logs[i].view != nil {
			r.token, r.err = a.verifyToken(a.logs[i], heads[r.file.Size], r.file, r.data)
		}
		return r
	}) {
		switch f := all[k].file; {
		case f.Ending == evidence.CosignatureFile:
			a.readCosignature(writer, heads[f.Size], f, all[k].data)
		case f.Ending == evidence.TimestampFile && a.tsaRoots()[f.By] == nil:
			a.times.alien[f.By]++
		case r.err != nil:
			a.broken(ruleToken, place{file: f.Path()}, "%s: %v", f.Path(), r.err)
		case r.token != nil:
			a.times.byDigest[r.token.digest] = *r.token
			a.times.tokens[r.token.log] = append(a.times.tokens[r.token.log], *r.token)
		}
	}
	return nil
}

// verifyToken holds a token to its checkpoint and that to its log. A checkpoint
// that the log contradicts was told of before; nothing said of it counts.
func (a *audit) verifyToken(l *writerLog, head Head, f evidence.AnchorFile, data []byte) (*token, error) {
	roots := a.tsaRoots()[f.By]
	if f.Ending != evidence.TimestampFile || roots == nil {
		return nil, nil
	}
	if head.Note == nil {
		return nil, fmt.Errorf("the checkpoint %d.ckpt that it is over is missing", f.Size)
	}
	stated, err := roots.Verify(data, head.Note)
	if err != nil {
		return nil, err
	}
	cp, err := evidence.ParseCheckpoint(head.Note, l.key, l.view.Checkpoint.Origin)
	if err != nil || l.view.Consistent(cp) != nil {
		return nil, nil
	}
	if cp.Size != f.Size {
		return nil, fmt.Errorf("its checkpoint is of %d entries, and its name says %d", cp.Size, f.Size)
	}
	return &token{log: l, size: cp.Size, by: f.By, digest: evidence.Digest(data), stated: stated}, nil
}

// existed is the earliest time by which an entry is shown to have been in its
// log: that of the first token over a checkpoint that holds it.
func (a *audit) existed(r ref) time.Time {
	if r.index == notLookedFor {
		return time.Time{}
	}
	tokens := a.times.tokens[r.log]
	i, _ := slices.BinarySearchFunc(tokens, r.index+1, func(t token, size int64) int { return cmp.Compare(t.size, size) })
	if i == len(tokens) {
		return time.Time{}
	}
	return a.times.first[r.log][i]
}

// loggedAfter is the latest time after which an entry is shown to have been
// logged: that of the newest token that a statement before it in the log names.
func (a *audit) loggedAfter(r ref) time.Time {
	floors := a.times.floors[r.log]
	i, _ := slices.BinarySearchFunc(floors, r.index, func(f floor, index int64) int { return cmp.Compare(f.index, index) })
	if i == 0 {
		return time.Time{}
	}
	return floors[i-1].Time
}

// around gives the times between which a statement is shown to have been signed
// and logged, which is one act: it lies behind the token that it names and those
// that statements before it in its log name, and before the earliest token over a
// checkpoint that holds it.
func (a *audit) around(s *statement) proven {
	return proven{after: later(a.names(s).earliest(), a.loggedAfter(s.ref)), before: a.existed(s.ref)}
}

// endsBefore reports whether what one is about is shown to have been there before
// what the other is about.
func (p proven) endsBefore(other proven) bool {
	return !p.before.IsZero() && !other.after.IsZero() && !p.before.After(other.after)
}

// madeAt is when a statement was made, by its own word, which gives way to
// tokens that contradict it.
func (a *audit) madeAt(s *statement) time.Time {
	claimed, shown := s.until(), a.around(s)
	switch {
	case claimed.Add(clockSlack).Before(shown.after):
		return shown.after
	case !shown.before.IsZero() && claimed.Add(-clockSlack).After(shown.before):
		return shown.before
	default:
		return claimed
	}
}

// earliest is when a token was made at the earliest; a zero one never was.
func (t token) earliest() time.Time {
	if t.log == nil {
		return time.Time{}
	}
	return t.stated.Earliest()
}

// tokenOf is the digest of the token that a statement names; "" for none.
func tokenOf(s *statement) string {
	switch body := s.body.(type) {
	case *record.RunStart:
		return body.NotBefore
	case *record.RunEnd:
		return body.NotBefore
	case *record.Anchor:
		return body.Token
	default:
		return ""
	}
}

// names is the token that a statement names, when it is here and verified.
func (a *audit) names(s *statement) token { return a.times.byDigest[tokenOf(s)] }

// checkNamed holds a statement to the token that it names: it has to be here, the
// statement was made after it, and so before nothing that is older.
func (v *reader) checkNamed(s *statement) {
	digest := tokenOf(s)
	t, verified := v.times.byDigest[digest]
	if digest == "" || !verified {
		switch {
		case digest == "", v.times.kept[digest]:
		case v.since != nil:
			at := s.place()
			at.cause = "earlier tokens"
			v.note(ruleNotCompared, at, "%s names the token %s, which is none over what was looked at", s.name(), short(digest))
		default:
			v.broken(ruleTokenMissing, s.place(), "%s names the token %s, which isn't here", s.name(), short(digest))
		}
		return
	}
	from := t.earliest()
	if s.until().Add(clockSlack).Before(from) {
		v.broken(ruleTimeBackdated, v.clockPlace(s.ref), "%s says that it is of %s, and it names a token of %s", s.name(), moment(s.until()), moment(from))
	}
	if by := v.existed(s.ref); !by.IsZero() && from.After(by) {
		v.broken(ruleTokenOrder, s.place(), "%s names a token of %s, and existed by %s", s.name(), moment(from), moment(by))
	}
}

// clockPlace is where a claim about time is told: one log has one clock, so one
// that is wrong is told once.
func (a *audit) clockPlace(r ref) place {
	at := r.place()
	at.cause = r.log.writer
	return at
}

func moment(t time.Time) string { return instant(&t) }

// checkAnchors holds what the logs say of anchors to what is here.
func (a *audit) checkAnchors(said []saidResult) {
	for _, result := range said {
		s := result.statement
		if s == nil {
			continue
		}
		body, ok := s.body.(*record.Anchor)
		if !ok {
			continue
		}
		v := &reader{audit: a}
		v.checkNamed(s)
		path := evidence.AnchorFile{Writer: s.log.writer, Size: body.Size, Ending: evidence.CheckpointFile}.Path()
		note, here := a.times.notes[path]
		t := a.names(s)
		switch {
		case body.Size > s.index:
			v.broken(ruleAnchorDiffers, s.place(), "%s is about a checkpoint of %d entries, which would hold itself", s.name(), body.Size)
		case here && note != body.Checkpoint:
			v.broken(ruleAnchorDiffers, s.place(), "%s is about another checkpoint of %d entries than %s", s.name(), body.Size, path)
		case t.log != nil && (t.size != body.Size || t.log != s.log || t.by != body.By || body.At == nil || !body.At.Equal(t.stated.At)):
			v.broken(ruleAnchorDiffers, s.place(), "%s says of a token of %s over %d entries, stamped %s, that it is of %s over %d, stamped %s",
				s.name(), t.by, t.size, moment(t.stated.At), body.By, body.Size, instant(body.At))
		}
		a.found = append(a.found, v.found...)
		if t.log != nil {
			a.times.floors[s.log] = append(a.times.floors[s.log], floor{s.index, t.earliest()})
		}
	}
	for l, floors := range a.times.floors {
		slices.SortFunc(floors, func(x, y floor) int { return cmp.Compare(x.index, y.index) })
		for i := 1; i < len(floors); i++ {
			floors[i].Time = later(floors[i-1].Time, floors[i].Time)
		}
		a.times.floors[l] = floors
	}
}

// prove finds how much tokens show about a run.
func (v *runAudit) prove(start *statement) {
	v.checkNamed(start)
	line := v.result.line
	line.NotBefore = known(v.names(start).earliest())
	if len(v.ends) == 0 {
		return
	}
	end := v.ends[0]
	v.checkNamed(end)
	by := v.existed(end.ref)
	line.ExistedBy = known(by)
	if v.damaged || by.IsZero() {
		return
	}
	line.Level = Anchored
	if t := v.names(end); t.log == start.log && t.size > start.index && !t.earliest().After(by) {
		line.Level = Bracketed
		if v.witnessed(start.ref, end.ref, by) {
			line.Level = Witnessed
		}
	}
	v.result.provenMet = v.provenMet(start, by)
}

func known(t time.Time) *time.Time { return when(!t.IsZero(), t) }

// provenMet: a run was in time when its end existed by its deadline. Where the
// clock of its terms starts with the run itself, a token has to show its start as
// well: without, the deadline is but a claim. One about a report is judged by the
// times that are shown instead of those that it claims.
func (v *runAudit) provenMet(start *statement, by time.Time, pauses ...agreement.Pause) bool {
	s := start.start
	met := v.result.verdict != nil && v.result.judged && v.result.verdict.Outcome == record.RunDone && !v.result.verdict.Late
	if met && s.SLA.Reported != nil {
		began := v.existed(start.ref)
		return !began.IsZero() && !s.SLA.Judge(began, by, pauses...).Late()
	}
	if deadline, ok := s.SLA.Deadline(s.Started, pauses...); !met || s.Deadline == nil || !ok || by.After(deadline) {
		return false
	}
	if s.SLA.Due == nil || s.Occurrence == nil {
		return v.result.line.Level != Anchored // a token shows the start too
	}
	startBy, ok := s.SLA.StartBy(pauses...)
	began := v.existed(start.ref)
	return !ok || !began.IsZero() && !began.After(startBy)
}

// noteTimes says how far times from outside reach.
func (a *audit) noteTimes(f *finder) {
	for _, name := range sortedKeys(a.times.alien) {
		f.note(ruleTokenNotPinned, place{}, "%s of %s, whose roots are not known (--tsa-roots %s=FILE)", plural(a.times.alien[name], "token"), name, name)
	}
	if len(a.times.byDigest) == 0 {
		f.note(ruleNoTime, place{}, "no time from outside")
		return
	}
	for _, l := range a.logs {
		if l.view == nil {
			continue
		}
		tokens := a.times.tokens[l]
		if len(tokens) == 0 {
			f.note(ruleNoTime, place{}, "no time from outside over the log of %s", l.writer)
			continue
		}
		last := tokens[len(tokens)-1]
		f.note(ruleAnchorAge, place{}, "the newest time from outside over the log of %s is %s, %s before this audit, over %d of its %s",
			l.writer, moment(last.stated.At), age(a.at.Sub(last.stated.At)), last.size, plural(int(l.view.Checkpoint.Size), "entry"))
	}
}

// age is a length of time in words, roughly.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 0:
		return "no time"
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return plural(int(d/time.Minute), "minute")
	case d < 2*day:
		return plural(int(d/time.Hour), "hour")
	default:
		return plural(int(d/day), "day")
	}
}

// keptHere says how much of a log tokens cover that lie beside it.
func (a *audit) keptHere(l *writerLog) string {
	tokens := a.times.tokens[l]
	if len(tokens) == 0 {
		return ""
	}
	return fmt.Sprintf("; the tokens kept here are over its first %d, and whoever holds this copy can take them away together with what they cover", tokens[len(tokens)-1].size)
}

// provenText tells of promises kept how many are proven to be.
func (a *audit) provenText(c Counts) string {
	if len(a.times.byDigest) == 0 || c.Met == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d proven, %d claimed)", c.ProvenMet, c.Met-c.ProvenMet)
}
