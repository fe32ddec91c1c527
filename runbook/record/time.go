package record

import (
	"time"

	"github.com/msp-runbook/msp/runbook/agreement"
)

// The names of the statements about what did not happen, whom it was told to,
// and what was done about it.
const (
	KindOccurrence = "occurrence"
	KindNotice     = "notice"
	KindItem       = "item"
	KindClosing    = "closing"
	KindHandoff    = "handoff"
)

// Unmet says that no run satisfied a planned occurrence. The writer whom the
// plan names as its ticker signs it when the window has closed. Two for one
// occurrence count once, and a run that is proven to lie in the window
// supersedes it.
type Unmet struct {
	Client     string     `json:"client"`
	Writer     Signer     `json:"writer"`
	Logged     time.Time  `json:"logged"`
	Occurrence Occurrence `json:"occurrence"`
	State      string     `json:"state"`           // missed, waived or not_applicable
	Waiver     string     `json:"waiver,omitzero"` // digest of its envelope, unless it was missed
}

// What became of a notice.
const (
	NoticeSent    = "sent"
	NoticeFailed  = "failed"  // it is sent again
	NoticeSkipped = "skipped" // nobody was to be reached
)

// NoticeOutcomes are what may become of a notice.
func NoticeOutcomes() []string { return []string{NoticeSent, NoticeFailed, NoticeSkipped} }

// NoticeReasons are why a notice was skipped, or couldn't be sent.
func NoticeReasons() []string {
	return []string{
		"away", "no_channel", "nobody", "off_hours", "merged", "given_up",
		"refused", "timeout", "unreachable", "error",
	}
}

// Notice says that something was told to somebody, or couldn't be. The writer
// signs it. Who that was, and the words, stand in the blob.
type Notice struct {
	Client     string    `json:"client"`
	Writer     Signer    `json:"writer"`
	Logged     time.Time `json:"logged"`
	Run        string    `json:"run,omitzero"`
	Occurrence string    `json:"occurrence,omitzero"`
	Item       string    `json:"item,omitzero"`
	Key        string    `json:"key"`             // the same for each attempt at one notice
	Ladder     string    `json:"ladder,omitzero"` // not_acknowledged or not_resolved; "" when no ladder asked for it
	Rung       int       `json:"rung,omitzero"`   // 1 is the first
	Repeat     int       `json:"repeat,omitzero"` // of the rung; 0 is the first time
	Channel    string    `json:"channel,omitzero"`
	Outcome    string    `json:"outcome"`
	Reason     string    `json:"reason,omitzero"` // one of NoticeReasons, unless it was sent
	Attempt    int       `json:"attempt"`         // 1 is the first
	Told       string    `json:"told"`            // a blob: Told
}

// Told is the content of a notice's blob.
type Told struct {
	To      string `json:"to"`               // name or id of the contact
	Contact string `json:"contact,omitzero"` // its id
	Address string `json:"address,omitzero"`
	Title   string `json:"title"`
	Answers
	Next  string `json:"next,omitzero"`
	Error string `json:"error,omitzero"` // of the channel, secrets masked
}

// Answers are the four answers to be given of everything that went wrong.
type Answers struct {
	What   string `json:"what"`
	Since  string `json:"since"`
	Impact string `json:"impact"`
	Tried  string `json:"tried"`
}

// The kinds of open items.
const (
	ItemMissed   = "missed"   // an occurrence that nobody did
	ItemFailed   = "failed"   // a run that failed
	ItemDeviated = "deviated" // a run that was not done as agreed
	ItemProblem  = "problem"  // the same has failed again and again: its cause is to be found
	ItemOther    = "other"    // by an operator's word
)

// ItemKinds are all kinds of open items.
func ItemKinds() []string {
	return []string{ItemMissed, ItemFailed, ItemDeviated, ItemProblem, ItemOther}
}

// Item opens an exception: somebody has to see to it. The ticker opens one for
// each occurrence that was missed, failed or deviates; an operator may open
// others. Two with one id are one item.
type Item struct {
	Client     string    `json:"client"`
	Writer     Signer    `json:"writer"`
	By         Signer    `json:"by"` // who opens it: the writer, or an operator
	Opened     time.Time `json:"opened"`
	Item       string    `json:"item"` // its id; ItemID gives that of the ticker's
	Kind       string    `json:"kind"`
	Run        string    `json:"run,omitzero"`
	Occurrence string    `json:"occurrence,omitzero"`
	Runbook    string    `json:"runbook,omitzero"`
	Step       string    `json:"step,omitzero"` // that failed
	Owner      string    `json:"owner"`         // a role
	Due        time.Time `json:"due"`
	Answers    string    `json:"answers"` // a blob: Answers
}

// How an item is closed.
const (
	CloseFixed      = "fixed"
	CloseWaived     = "waived"     // it is accepted as it is
	CloseWorkaround = "workaround" // until an instant, at which the item is open again
)

// Closings are how an item may be closed.
func Closings() []string { return []string{CloseFixed, CloseWaived, CloseWorkaround} }

// Closing closes an item.
type Closing struct {
	Client   string     `json:"client"`
	Writer   Signer     `json:"writer"`
	Operator Signer     `json:"operator"`
	Signed   time.Time  `json:"signed"`
	Item     string     `json:"item"`
	Opening  string     `json:"opening"` // digest of the envelope that opened it
	How      string     `json:"how"`
	Until    *time.Time `json:"until,omitzero"` // of a workaround
	Why      string     `json:"why"`            // a blob: Words
}

// Handoff hands a shift over: what is open, what is held, what was told to whom.
type Handoff struct {
	Client   string    `json:"client"`
	Writer   Signer    `json:"writer"`
	Operator Signer    `json:"operator"` // who hands over
	Signed   time.Time `json:"signed"`
	Runs     []string  `json:"runs,omitzero"`  // that are open
	Items    []string  `json:"items,omitzero"` // that are open
	Note     string    `json:"note"`           // a blob: HandoffNote
}

// HandoffNote is the content of a hand-over's blob.
type HandoffNote struct {
	To   string `json:"to,omitzero"` // who takes over
	Page string `json:"page"`        // what was shown, as it was printed
	Text string `json:"text,omitzero"`
}

// Why a clock is held, and for how long.
const (
	HoldClient      = string(agreement.WaitingClient)
	HoldVendor      = string(agreement.WaitingVendor) // pauses the client's clock only where the agreement says so
	HoldMaintenance = string(agreement.Maintenance)
	HoldMajeure     = string(agreement.ForceMajeure)
)

// HoldReasons are why a clock may be held: a closed list.
func HoldReasons() []string {
	var reasons []string
	for _, reason := range agreement.Reasons() {
		reasons = append(reasons, string(reason))
	}
	return reasons
}

// Ends is when a hold ends by itself; ok is false when it doesn't. From then on a
// lead has to confirm it, with a hold of their own that names it.
func (s Hold) Ends() (at time.Time, ok bool) {
	return s.Signed.Round(0).Add(s.Max.Span()), s.Max > 0
}

// Head is what all statements say. It is signed by the writer.
func (s Unmet) Head() Head {
	return Head{
		Client: s.Client, Writer: s.Writer, Signers: []Signer{s.Writer}, Made: s.Logged,
		Documents: append(named("the plan in force", s.Occurrence.Plan), named("the waiver", s.Waiver)...),
	}
}

// Head is what all statements say. A notice is signed by its writer.
func (s Notice) Head() Head {
	return Head{Client: s.Client, Run: s.Run, Writer: s.Writer, Signers: []Signer{s.Writer}, Made: s.Logged, Blobs: named("told", s.Told)}
}

// Head is what all statements say.
func (s Item) Head() Head {
	return Head{Client: s.Client, Run: s.Run, Writer: s.Writer, Signers: []Signer{s.By}, Made: s.Opened, Blobs: named("answers", s.Answers)}
}

// Head is what all statements say.
func (s Closing) Head() Head {
	return Head{
		Client: s.Client, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.Signed,
		Documents: named("the item", s.Opening), Blobs: named(words, s.Why),
	}
}

// Head is what all statements say.
func (s Handoff) Head() Head {
	return Head{Client: s.Client, Writer: s.Writer, Signers: []Signer{s.Operator}, Made: s.Signed, Blobs: named("note", s.Note)}
}
