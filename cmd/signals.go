package cmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/msp-runbook/msp/runbook"
)

// errHungUp is why a question was left open: whoever was asked is gone. A run
// that was at a question then waits, as it does at the end of the input.
var errHungUp = fmt.Errorf("%w: the terminal was closed", runbook.ErrPark)

// listen ends the context that it gives at an interrupt, a termination or a
// hang-up. A second interrupt or termination closes firmly.
func listen(ctx context.Context) (ending context.Context, firmly <-chan struct{}, stop func()) {
	ending, cancel := context.WithCancelCause(ctx)
	signals, again := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	stopped := make(chan struct{})
	go follow(signals, cancel, again, stopped)
	return ending, again, func() {
		signal.Stop(signals)
		close(stopped)
		cancel(nil)
	}
}

func follow(signals <-chan os.Signal, cancel context.CancelCauseFunc, again chan<- struct{}, stopped <-chan struct{}) {
	for began := false; ; began = true {
		select {
		case s := <-signals:
			switch {
			case s == syscall.SIGHUP:
				cancel(errHungUp)
			case began:
				close(again)
				return
			default:
				cancel(nil)
			}
		case <-stopped:
			return
		}
	}
}
