package record

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/msp-runbook/msp/runbook/evidence"
)

// A Journal is the crash journal of an open run: one JSON object a line, each
// on disk before the thing that it announces happens. It is of use only until
// what it tells is signed, and it never leaves its machine. One that comes back
// after that, with the power, is known by the number of its segment.
//
// A line that a crash cut short is the last one and has no line feed; it was
// not acted on, and reading passes over it.
type Journal struct {
	file *evidence.Appender
	seq  int
}

// Entry is one line of a journal.
type Entry struct {
	V    int       `json:"v"`
	Seq  int       `json:"seq"` // 1, 2, 3, …
	At   time.Time `json:"at"`
	Kind EntryKind `json:"kind"`

	// opened
	Run      string `json:"run,omitzero"`
	Start    string `json:"start,omitzero"`   // digest of the run-start's envelope
	Segment  int    `json:"segment,omitzero"` // the segment that this journal becomes
	Operator Signer `json:"operator,omitzero"`

	// began: an attempt of a step starts
	Step    string `json:"step,omitzero"`
	Attempt int    `json:"attempt,omitzero"`

	// ended: a step has its outcome
	Result *Step  `json:"result,omitzero"`
	Tools  []Tool `json:"tools,omitzero"` // started for the first time
}

// EntryKind names what an entry tells.
type EntryKind string

// The entries. Resumed says that another process, after a crash, goes on.
const (
	EntryOpened  EntryKind = "opened"
	EntryResumed EntryKind = "resumed"
	EntryBegan   EntryKind = "began"
	EntryEnded   EntryKind = "ended"
)

const (
	journalVersion = 1
	maxJournal     = 256 << 20
)

// JournalPath is where a run's journal lies while it is open.
func JournalPath(store *evidence.Store, writer, run string) string {
	return store.Path("runs", writer, run+".jsonl")
}

// LockPath is the lock of whoever works on a run.
func LockPath(store *evidence.Store, writer, run string) string {
	return store.Path("runs", writer, run+".lock")
}

// OpenJournal opens a run's journal, to append to. What a crash cut short is
// taken off first.
func OpenJournal(disk *evidence.Disk, path string) (*Journal, []Entry, error) {
	entries, whole, err := ReadJournal(path)
	if err != nil {
		return nil, nil, err
	}
	if whole != nil {
		if err := disk.WriteFile(path, whole); err != nil {
			return nil, nil, fmt.Errorf("mending the journal %s: %w", path, err)
		}
	}
	file, err := disk.OpenAppend(path)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the journal: %w", err)
	}
	return &Journal{file: file, seq: len(entries)}, entries, nil
}

// Note writes an entry that announces nothing: it is on disk with the next one.
func (j *Journal) Note(e Entry) error { return j.put(e, j.file.Add) }

// Add writes an entry and returns when it is on disk.
func (j *Journal) Add(e Entry) error { return j.put(e, j.file.Append) }

func (j *Journal) put(e Entry, put func([]byte) error) error {
	e.V, e.Seq = journalVersion, j.seq+1
	line, err := evidence.EncodeJSON(e)
	if err != nil {
		return err
	}
	if err := put(append(line, '\n')); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	j.seq++
	return nil
}

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }

// ReadJournal reads the journal of a run; none is no entries. When the last
// line was cut short, whole holds the lines before it.
func ReadJournal(path string) (entries []Entry, whole []byte, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if info.Size() > maxJournal {
		return nil, nil, fmt.Errorf("%s: %d bytes are too many for a journal", path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	entries, rest, err := DecodeJournal(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rest) > 0 {
		whole = data[:len(data)-len(rest)]
		if whole == nil {
			whole = []byte{}
		}
	}
	return entries, whole, nil
}

// DecodeJournal reads the lines of a journal. Rest is a last line without its
// line feed.
func DecodeJournal(data []byte) (entries []Entry, rest []byte, err error) {
	for len(data) > 0 {
		line, tail, complete := bytes.Cut(data, []byte{'\n'})
		if !complete {
			return entries, line, nil
		}
		var e Entry
		if err := evidence.DecodeStrict(line, &e); err != nil {
			return nil, nil, fmt.Errorf("line %d of the journal was changed: %w", len(entries)+1, err)
		}
		if e.V != journalVersion {
			return nil, nil, fmt.Errorf("line %d of the journal has version %d, this msp reads %d", len(entries)+1, e.V, journalVersion)
		}
		if e.Seq != len(entries)+1 {
			return nil, nil, fmt.Errorf("line %d of the journal says that it is number %d: a line is missing or was added", len(entries)+1, e.Seq)
		}
		entries = append(entries, e)
		data = tail
	}
	return entries, nil, nil
}
