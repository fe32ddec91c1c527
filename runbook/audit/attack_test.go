package audit_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/msp-runbook/msp/runbook/audit"
	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/record"
)

// An attack changes the evidence and is caught by one rule, in its own words.
type attack struct {
	name   string
	do     func(b *bench)
	rule   string
	phrase string
}

func try(t *testing.T, attacks []attack) {
	for _, c := range attacks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			c.do(b)
			f := wantOnly(t, b.verify(), c.rule, c.phrase)
			if f.File == "" {
				t.Errorf("the finding names no file: %+v", f)
			}
		})
	}
}

// forge puts a story's envelope in the place of another's: the log names the
// other.
func forge(b *bench, s *story) {
	b.t.Helper()
	payload := must(evidence.EncodeStatement(record.PredicateType("run"), subjects(s.start.Runbook.Digest, s.end.Steps), s.end))
	forged := must(evidence.Seal(payload, newKey(b.t)))
	b.edit(recordFile(s.endRef), func([]byte) []byte { return forged })
}

// TestAttacksOnFiles: by somebody who can write files and has no key.
func TestAttacksOnFiles(t *testing.T) {
	entries := "logs/laptop/tile/entries/000.p/9"
	try(t, []attack{
		{"forged middle record", func(b *bench) { forge(b, b.history()[1]) }, "record-changed", "entry 3 of the log of laptop"},
		{"forged last record", func(b *bench) { forge(b, b.history()[3]) }, "record-changed", "entry 8 of the log of laptop"},
		{"byte of an envelope", func(b *bench) { b.edit(recordFile(b.history()[2].startRef), flipAt(99)) }, "record-changed", "run-start statement"},
		{"byte of the envelope that names the log's key", func(b *bench) { b.edit(recordFile(b.history()[0].startRef), flipAt(99)) }, "record-changed", "entry 0 of the log"},
		{"byte of a blob", func(b *bench) { b.edit(blobFile(b.history()[2].steps[1].Evidence[0].Digest), flipAt(35)) }, "blob-changed", "console of the step look"},
		{"byte of the facts", func(b *bench) { b.edit(blobFile(b.history()[2].steps[1].Facts), flipAt(35)) }, "blob-changed", "facts of the step look"},
		{"byte of the inputs", func(b *bench) { b.edit(blobFile(b.history()[2].start.Inputs), flipAt(35)) }, "blob-changed", "inputs"},
		{"byte of the runbook", func(b *bench) { b.edit(blobFile(b.history()[2].start.Runbook.Source), flipAt(35)) }, "blob-changed", "runbook source"},
		{"byte of a tile", func(b *bench) { b.history(); b.edit("logs/laptop/tile/0/000.p/9", flipAt(70)) }, "tile-changed", "hash 2"},
		{"byte of an entry", func(b *bench) { b.history(); b.edit(entries, flipAt(120)) }, "entry-changed", "entry 0"},
		{"byte of the checkpoint", func(b *bench) { b.history(); b.edit("logs/laptop/checkpoint", flipAt(60)) }, "signature-wrong", "was changed"},
		{"checkpoint unsigned", func(b *bench) {
			b.history()
			b.edit("logs/laptop/checkpoint", func(d []byte) []byte { return d[:bytes.Index(d, []byte("\n\n"))+1] })
		}, "signature-missing", "no signature"},
		{"record removed", func(b *bench) { must(0, os.Remove(b.path(recordFile(b.history()[1].endRef)))) }, "file-missing", "is missing"},
		{"blob removed", func(b *bench) { must(0, os.Remove(b.path(blobFile(b.history()[1].steps[0].Stdout.Digest)))) }, "blob-missing", "stdout of the step size"},
		{"all blobs removed", func(b *bench) { b.history(); must(0, os.RemoveAll(b.path("blobs"))) }, "blob-missing", "and 23 more"},
		{"blob replaced", func(b *bench) {
			s := b.history()[1]
			other := must(b.store.PutBlob([]byte("another picture")))
			good := must(os.ReadFile(b.path(blobFile(other.Digest))))
			b.edit(blobFile(s.steps[1].Evidence[0].Digest), func([]byte) []byte { return good })
		}, "blob-changed", "SHA-256 is not its name"},
		{"a tile removed", func(b *bench) { b.history(); must(0, os.Remove(b.path("logs/laptop/tile/0/000.p/9"))) }, "file-missing", "tile of the log is missing"},
		{"a file put into a log", func(b *bench) { b.history(); must(0, os.WriteFile(b.path("logs/laptop/notes"), nil, 0o600)) }, "file-foreign", "not a file of a log"},
		{"a file beside the logs", func(b *bench) { b.history(); must(0, os.WriteFile(b.path("logs/Notes"), nil, 0o600)) }, "file-foreign", "is no writer's log"},
		{"another client's log", func(b *bench) {
			b.history()
			b.edit("logs/laptop/checkpoint", func(d []byte) []byte { return bytes.ReplaceAll(d, []byte("/acme/"), []byte("/initech/")) })
		}, "log-foreign", "initech"},
		{"nothing at all", func(*bench) {}, "log-empty", "there is no log"},
		{"empty log", func(b *bench) { b.history(); must(0, os.Remove(b.path("logs/laptop/checkpoint"))) }, "log-empty", "the log is empty"},
		{"log removed, a head is held", func(b *bench) {
			b.history()
			desk := b.ledger("desk", newKey(b.t), b.operator)
			must(0, second(desk.Log.Append(b.t.Context(), evidence.Leaf{Kind: "run-start", Run: "x", Envelope: "sha256:" + strings.Repeat("0", 64)})))
			b.pins.Heads = []audit.Head{b.head("desk")}
			must(0, os.RemoveAll(b.path("logs", "desk")))
		}, "log-missing", "the auditor holds a checkpoint of the log of desk"},
	})
}

func second[A, B, C any](_ A, _ B, c C) C { return c }

// TestAttacksOnTheLog: by somebody who has the key of the log.
func TestAttacksOnTheLog(t *testing.T) {
	try(t, []attack{
		{"cut", func(b *bench) {
			b.history()
			b.pins.Heads = []audit.Head{b.head("laptop")}
			b.rewrite("laptop", b.logKey, b.leaves()[:6])
		}, "log-cut", "the auditor holds a checkpoint of 9 entries, the log has 6"},
		{"rewritten", func(b *bench) {
			b.begin().tell(1000)
			b.pins.Heads = []audit.Head{b.head("laptop")}
			other := b.begin()
			other.editSteps = func(steps []record.Step) []record.Step { steps[0].Normal[0].From = nil; return steps }
			other.tell(1000)
			b.rewrite("laptop", b.logKey, b.leaves()[2:])
		}, "log-rewritten", "holds a checkpoint of 2 entries"},
		{"another key, the old head held", func(b *bench) {
			b.history()
			b.pins.Heads = []audit.Head{b.head("laptop")}
			must(0, os.RemoveAll(b.path("logs")))
			b.logKey = newKey(b.t)
			b.laptop = b.ledger("laptop", b.logKey, b.operator)
			must(0, os.RemoveAll(filepath.Join(b.dir, "heads")))
			b.begin().tell(1000)
		}, "log-key-differs", "was signed by another key"},
		{"another key, the old one pinned", func(b *bench) {
			b.history()
			b.pin()
			b.rewrite("laptop", newKey(b.t), b.leaves())
		}, "log-key-differs", "signed by another key"},
		{"a head that is none", func(b *bench) {
			b.history()
			h := b.head("laptop")
			h.Note = bytes.Replace(h.Note, []byte("\n9\n"), []byte("\n8\n"), 1)
			b.pins.Heads = []audit.Head{h}
		}, "head-unusable", "the auditor holds"},
		{"a leaf of an unknown kind", func(b *bench) {
			b.history()
			must(0, second(b.laptop.Log.Append(b.t.Context(), evidence.Leaf{Kind: "weather", Envelope: "sha256:" + strings.Repeat("0", 64)})))
		}, "kind-unknown", `"weather"`},
		{"an end logged as a segment", func(b *bench) {
			s := b.begin()
			s.signStart()
			s.work(1000)
			s.finish()
			payload := must(evidence.EncodeStatement(record.PredicateType("run"), subjects(s.start.Runbook.Digest, s.end.Steps), s.end))
			b.log("segment", s.start.Run, must(evidence.Seal(payload, b.operator)))
		}, "kind-differs", "the log says segment"},
		{"reordered", func(b *bench) {
			b.begin().tell(1000)
			l := b.leaves()
			b.rewrite("laptop", b.logKey, []evidence.Leaf{l[1], l[0]})
		}, "order", "lies before the start"},
	})
}

// TestAttacksOnSignatures: by somebody who has the key of the log and not the
// operator's.
func TestAttacksOnSignatures(t *testing.T) {
	tamper := func(change func([]byte) []byte) func(*bench) {
		return func(b *bench) {
			b.begin().tell(1000)
			s := b.begin()
			s.editPayload = change
			s.sealWith = b.operator
			s.tell(1000)
		}
	}
	beside := func(name, value, twin string) func([]byte) []byte {
		return func(p []byte) []byte {
			return bytes.Replace(p, []byte(`"`+name+`":`+value), []byte(`"`+name+`":`+value+`,`+twin), 1)
		}
	}
	try(t, []attack{
		{"signature removed", func(b *bench) {
			s := b.begin().tell(1000)
			envelope := must(os.ReadFile(b.path(recordFile(s.endRef))))
			bare, _, _ := bytes.Cut(envelope, []byte(`"signatures":`))
			bare = append(bare, `"signatures":[]}`...)
			b.rewrite("laptop", b.logKey, b.leaves()[:1])
			must(0, os.RemoveAll(filepath.Join(b.dir, "heads")))
			b.log("run", s.start.Run, bare)
		}, "signature-missing", "no signature"},
		{"signed by another key", func(b *bench) {
			s := b.begin()
			s.sealWith = newKey(b.t)
			s.tell(1000)
		}, "signature-wrong", "none of the keys expected"},
		{"signed by another key, pinned", func(b *bench) {
			b.pin()
			s := b.begin()
			s.sealWith = newKey(b.t)
			s.tell(1000)
		}, "signature-wrong", "none of the keys expected"},
		{"another operator, pinned", func(b *bench) {
			b.history()
			b.pin()
			b.pins.Signers = []evidence.PublicKey{newKey(b.t).Public()}
		}, "signer-unknown", "and 8 more"},
		{"another operator for the end, pinned", func(b *bench) {
			b.pin()
			s := b.begin()
			s.ledger = b.ledger("laptop", b.logKey, newKey(b.t))
			s.tell(1000)
		}, "signer-unknown", "none of the 1 accepted"},
		{"Outcome beside outcome", tamper(beside("outcome", `"done"`, `"Outcome":"failed"`)), "statement-malformed", `wrong case: "Outcome"`},
		{"Verdict beside verdict", tamper(beside("clock_sync", `"unknown"`, `"Verdict":{"outcome":"failed"}`)), "statement-malformed", `wrong case: "Verdict"`},
		{"outcome twice", tamper(beside("outcome", `"done"`, `"outcome":"failed"`)), "statement-malformed", "duplicate field"},
		{"unknown field", tamper(beside("clock_sync", `"unknown"`, `"note":"fine"`)), "statement-malformed", "unknown field"},
		{"subject swapped", tamper(func(p []byte) []byte {
			i := bytes.Index(p, []byte(`"sha256":"`)) + len(`"sha256":"`)
			copy(p[i:], strings.Repeat("0", 64))
			return p
		}), "subjects-differ", "nothing that the statement names"},
		{"low-order key", weakKey, "weak-key", "low-order"},
		{"low-order key of the writer", func(b *bench) {
			b.pin()
			s := b.begin()
			s.editStart = func(r *record.RunStart) { r.Writer.Key = weakLine(b.t) }
			s.signStart()
		}, "weak-key", "low-order"},
	})
}

// identity is the neutral point of the curve: under this key the signature
// (identity, 0) fits every message, for crypto/ed25519 too.
var identity = append([]byte{1}, make([]byte, 31)...)

func weakLine(t testing.TB) string {
	t.Helper()
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(must(ssh.NewPublicKey(ed25519.PublicKey(identity))))))
}

func weakKey(b *bench) {
	sig := append(bytes.Clone(identity), make([]byte, 32)...)
	if !ed25519.Verify(identity, []byte("anything"), sig) {
		b.t.Fatal("the attack is none")
	}
	s := b.begin()
	s.signStart()
	s.work(1000)
	s.finish()
	s.end.Operator = record.Signer{ID: "ana", Key: weakLine(b.t)}
	payload := must(evidence.EncodeStatement(record.PredicateType("run"), subjects(s.start.Runbook.Digest, s.end.Steps), s.end))
	b.log("run", s.start.Run, []byte(`{"payloadType":"application/vnd.in-toto+json","payload":"`+base64.StdEncoding.EncodeToString(payload)+
		`","signatures":[{"sig":"`+base64.StdEncoding.EncodeToString(sig)+`"}]}`))
}

// TestSplices: by somebody who has all keys.
func TestSplices(t *testing.T) {
	try(t, []attack{
		{"end of A names the start of B", func(b *bench) {
			other := b.begin().tell(1000)
			s := b.begin()
			s.editEnd = func(e *record.RunEnd) { e.Start = other.startRef }
			s.tell(1000)
		}, "spliced", "names the start of another run"},
		{"end of A logged as one of B", func(b *bench) {
			a, other := b.begin().tell(1000), b.begin()
			other.signStart()
			b.log("run", other.start.Run, must(os.ReadFile(b.path(recordFile(a.endRef)))))
		}, "spliced", "the log calls it a part of the run"},
		{"segment of A in B", func(b *bench) {
			a := b.begin().tellParked(1000)
			s := b.begin()
			s.segments = a.segments
			s.tell(1000)
		}, "spliced", "names a segment of another run"},
		{"segment of A logged in B", func(b *bench) {
			a := b.begin().tellParked(1000)
			other := b.begin()
			other.signStart()
			b.log("segment", other.start.Run, must(os.ReadFile(b.path(recordFile(a.segments[0])))))
		}, "spliced", "the log calls it a part of the run"},
		{"a foreign start", func(b *bench) {
			s := b.begin()
			s.editEnd = func(e *record.RunEnd) { e.Start = "sha256:" + strings.Repeat("ab", 32) }
			s.tell(1000)
		}, "start-mismatch", "that no log holds"},
		{"an end without a start", func(b *bench) {
			b.begin().tell(1000)
			b.begin().tell(1000)
			l := b.leaves()
			b.rewrite("laptop", b.logKey, append(l[:2], l[3]))
		}, "run-without-start", "and no start"},
		{"a second end", func(b *bench) {
			s := b.begin()
			s.editSteps = func(steps []record.Step) []record.Step { return steps[:1] }
			s.tell(1000)
			s.work(1000)
			s.finish()
			s.signEnd()
		}, "run-twice", "ended twice"},
		{"a second start", func(b *bench) {
			s := b.begin()
			s.signStart()
			s.tell(1000)
		}, "start-twice", "started twice"},
		{"a segment dropped", func(b *bench) {
			b.begin().tellParked(1000)
			l := b.leaves()
			b.rewrite("laptop", b.logKey, []evidence.Leaf{l[0], l[2]})
		}, "segment-order", "names 1 segments"},
		{"a segment after the end", func(b *bench) {
			b.begin().tellParked(1000)
			l := b.leaves()
			b.rewrite("laptop", b.logKey, []evidence.Leaf{l[0], l[2], l[1]})
		}, "segment-order", "after the end"},
		{"a wrong number", func(b *bench) {
			s := b.begin()
			s.editSegment = func(g *record.Segment) { g.Number = 2 }
			s.tellParked(1000)
		}, "segment-order", "number 2 where 1 belongs"},
		{"a broken chain", func(b *bench) {
			s := b.begin()
			s.editSegment = func(g *record.Segment) { g.Previous = "sha256:" + strings.Repeat("ab", 32) }
			s.tellParked(1000)
		}, "segment-order", "doesn't follow"},
		{"another client's run", func(b *bench) {
			s := b.begin()
			s.editStart = func(r *record.RunStart) { r.Client = "initech" }
			b.pin()
			s.tell(1000)
		}, "client-differs", `"initech"`},
		{"another writer's run", func(b *bench) {
			b.begin().tell(1000)
			s := b.begin()
			s.editStart = func(r *record.RunStart) { r.Writer.ID = "desk" }
			s.tell(1000)
		}, "writer-differs", `"desk"`},
		{"another writer's key", func(b *bench) {
			b.begin().tell(1000)
			s := b.begin()
			s.editStart = func(r *record.RunStart) { r.Writer.Key = newKey(b.t).Public().AuthorizedKey() }
			s.tell(1000)
		}, "writer-differs", "with the key"},
		{"an id of its own", func(b *bench) {
			s := b.begin()
			s.start.Run = "best-run"
			s.tell(1000)
		}, "run-id", "no UUIDv7"},
		{"never finished", func(b *bench) {
			b.begin().signStart()
			b.pass(2*time.Hour + time.Nanosecond)
		}, "run-never-finished", "has no end"},
	})
}

// TestOneBrokenHidesNoOther: damage in several places is told of all of them.
func TestOneBrokenHidesNoOther(t *testing.T) {
	b := newBench(t)
	past := b.history()[:3]
	s := b.begin()
	s.editEnd = func(e *record.RunEnd) { e.Verdict.Outcome = record.RunFailed }
	s.tell(1400)
	desk := b.ledger("desk", newKey(t), b.operator)
	must(0, second(desk.Log.Append(t.Context(), evidence.Leaf{Kind: "run-start", Run: "x", Envelope: past[0].startRef})))
	must(0, os.Remove(b.path("logs", "desk", "checkpoint")))
	b.edit(recordFile(past[0].endRef), flipAt(40))
	must(0, os.Remove(b.path(blobFile(past[1].steps[1].Facts))))
	r := b.verify()
	got := rulesOf(r.Findings)
	slices.Sort(got)
	if want := []string{"blob-missing", "log-empty", "record-changed", "verdict-differs"}; !slices.Equal(got, want) {
		t.Errorf("findings %v, want %v", got, want)
	}
	states := map[string]string{}
	for _, line := range runLines(r) {
		states[line.Run] = line.State + " " + string(line.Level)
	}
	if got := states[past[0].start.Run]; got != "unknown none" {
		t.Errorf("the run whose end was changed is %q", got)
	}
	if got := states[s.start.Run]; got != "done logged" {
		t.Errorf("the run that says failed is %q: the computed verdict counts", got)
	}
}
