package evidence

import "errors"

// Kinds of error that a caller decides by, with errors.Is. The text that a
// person reads comes from the error that wraps them, most often a FileError.
var (
	ErrMissing = errors.New("missing") // a file that something signed refers to isn't there
	ErrCorrupt = errors.New("corrupt") // a file isn't what was written

	ErrTorn   = errors.New("torn write")                    // a write that stopped half-way; used by tests
	ErrLocked = errors.New("locked by somebody else")       // the lock is held, here or in another process
	ErrBroken = errors.New("an earlier write to it failed") // an appender that can't be trusted any more

	ErrWeakKey         = errors.New("weak key")                   // a key whose signatures prove nothing
	ErrPassphrase      = errors.New("the key needs a passphrase") // an encrypted private key
	ErrWrongPassphrase = errors.New("wrong passphrase")
	ErrNoSignature     = errors.New("no signature")    // nobody signed
	ErrBadSignature    = errors.New("wrong signature") // signed bytes or signature were changed
	ErrUnknownSigner   = errors.New("unknown signer")  // signed by none of the keys given

	ErrEmptyLog    = errors.New("empty log")           // there is nothing that could be verified
	ErrOlder       = errors.New("older copy")          // the log here is behind what its writer has seen
	ErrForeign     = errors.New("somebody else's log") // the log here is signed by another key
	ErrWrongOrigin = errors.New("wrong origin")        // a checkpoint of another log
	ErrWrongKey    = errors.New("wrong key")           // a checkpoint signed by another key
	ErrCut         = errors.New("log was cut")         // entries that somebody has seen are gone
	ErrRewritten   = errors.New("history was rewritten")
	ErrNotWhole    = errors.New("not the whole log") // an excerpt can't show it
)

// A FileError says what is wrong with one file of the evidence.
type FileError struct {
	Path string
	What string
	Kind error // one of the errors above
}

func (e *FileError) Error() string { return e.Path + ": " + e.What }

// Unwrap gives the kind, for errors.Is.
func (e *FileError) Unwrap() error { return e.Kind }

func missing(path, what string) error { return &FileError{path, what, ErrMissing} }
func corrupt(path, what string) error { return &FileError{path, what, ErrCorrupt} }
