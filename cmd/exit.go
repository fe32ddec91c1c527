package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/msp-runbook/msp/runbook/evidence"
	"github.com/msp-runbook/msp/runbook/process"
)

// The exit codes, which are a promise. Where several fit, the order is 130, 2,
// 3, 1, 4.
const (
	exitDone        = 0
	exitNo          = 1   // the answer is no
	exitCannot      = 2   // could not try
	exitParked      = 3   // waiting for a person
	exitLate        = 4   // done, outside its SLA
	exitInterrupted = 130 // by ctrl-C, a termination or a hang-up
)

// codeError is an error that knows its exit code.
type codeError struct {
	code int
	err  error
}

func (e *codeError) Error() string { return e.err.Error() }
func (e *codeError) Unwrap() error { return e.err }

// silentError ends a command whose screen has said everything.
type silentError struct{}

func (*silentError) Error() string { return "" }

// hintedError says what to do, on a line of its own.
type hintedError struct {
	err  error
	what string
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }
func (e *hintedError) Hint() string  { return e.what }

func hint(err error, format string, args ...any) error {
	return &hintedError{err, fmt.Sprintf(format, args...)}
}

// hintFor is what to do about an error: what it says itself, or what always
// helps.
func hintFor(err error) string {
	var hinted interface{ Hint() string }
	switch {
	case errors.As(err, &hinted):
		return hinted.Hint()
	case errors.As(err, new(process.ErrNotFound)):
		return "install it, or put its folder into PATH"
	case madeNoFolder(err):
		return "no folder can be made there: look at the name, and whether the disk is mounted"
	case errors.Is(err, fs.ErrNotExist):
		return "look at the name; msp list shows the runbooks, msp log the runs"
	default:
		return diskHint(err)
	}
}

// madeNoFolder reports whether a folder can't be made where it should be.
func madeNoFolder(err error) bool {
	var path *fs.PathError
	return errors.As(err, &path) && path.Op == "mkdir" && errors.Is(err, fs.ErrNotExist)
}

// diskHint is what to do about a disk that fails.
func diskHint(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "make room on the disk"
	case errors.Is(err, syscall.EROFS):
		return "mount the disk for writing again"
	case errors.Is(err, syscall.ENOTDIR):
		return "a file stands where a folder should: look at the name, or put the file elsewhere"
	case errors.Is(err, syscall.EIO):
		return "look after the disk: it fails, and the log of the system says how"
	case errors.Is(err, evidence.ErrLocked):
		return "another msp is at work there: wait until it ends, or look what keeps it"
	case errors.Is(err, fs.ErrPermission):
		return "look whose the file and its folder are, and at their rights"
	default:
		return ""
	}
}

func usageError(err error, what string) error { return &codeError{exitCannot, hint(err, "%s", what)} }

// ended gives the code without another word.
func ended(code int) error {
	if code == exitDone {
		return nil
	}
	return &codeError{code, &silentError{}}
}

// exitCode decides the exit code of a command, in this one place. An error
// that says nothing else means that msp could not try.
func exitCode(err error) int {
	var coded *codeError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, context.Canceled): // by whoever ended the command
		return exitInterrupted
	default:
		return exitCannot
	}
}
