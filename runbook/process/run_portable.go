//go:build !linux || msp_portable

package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// program is a running Command, on systems where nothing waits for pipes and
// processes at once. Each has a goroutine; that of Run waits for them. The tag
// msp_portable builds it on Linux too, to be tested there.
type program struct {
	command *Command
	began   time.Time
	process *os.Process
	group   *group
	input   *os.File
	pipes   [3]*os.File // our ends of descriptors 1, 2 and 3

	exited chan struct{} // closed when the program has exited
	state  *os.ProcessState
	lost   error // why there is no state

	copying sync.WaitGroup
	writing sync.Mutex
	failed  chan error // of a writer or Stdin; takes the first
}

func run(ctx context.Context, c *Command) (Result, error) {
	p := &program{command: c, began: time.Now(), exited: make(chan struct{}), failed: make(chan error, 1)}
	if err := p.start(); err != nil {
		return Result{ExitCode: -1}, err
	}
	defer p.group.close()
	p.copy()
	go func() {
		p.state, p.lost = p.process.Wait()
		close(p.exited)
	}()

	var r Result
	var err error
	select {
	case <-p.exited:
		r.Ended = Exited
		if !p.group.await(settle, nil) {
			r.Leftover = p.group.members()
			r.Firm, err = p.end()
		}
	case <-ctx.Done():
		r.Ended = endedBy(ctx.Err())
		r.Firm, err = p.end()
	case e := <-p.failed:
		r.Ended = Cancelled
		p.failed <- e
		r.Firm, err = p.end()
	}
	p.drain()
	return p.result(r, err)
}

// start makes the pipes and starts the program with them.
func (p *program) start() error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.command.Path, err)
	}
	opened := []*os.File{null}
	defer func() {
		for _, f := range opened {
			f.Close()
		}
	}()
	theirs, err := p.descriptors(null, &opened)
	if err == nil {
		env := append([]string{}, p.command.Env...) // never nil, which inherits
		p.process, err = os.StartProcess(p.command.Path, p.command.argv(),
			&os.ProcAttr{Dir: p.command.Dir, Env: env, Files: theirs, Sys: sysProcAttr()})
	}
	if err == nil {
		p.group, err = newGroup(p.process)
	}
	if err != nil {
		p.close()
		return p.command.startError(err)
	}
	return nil
}

// descriptors returns the program's descriptors from 0, and puts those that are
// ours to close once it has them into opened.
func (p *program) descriptors(null *os.File, opened *[]*os.File) ([]*os.File, error) {
	theirs := []*os.File{null, null, null, null}
	switch in := p.command.Stdin.(type) {
	case nil:
	case *os.File:
		theirs[0] = in
	default:
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		*opened = append(*opened, r)
		p.input, theirs[0] = w, r
	}
	writers, shared := p.command.writers()
	for i, w := range writers {
		switch {
		case w == nil:
		case i == 1 && shared:
			theirs[2] = theirs[1]
		default:
			r, w, err := os.Pipe()
			if err != nil {
				return nil, err
			}
			*opened = append(*opened, w)
			p.pipes[i], theirs[i+1] = r, w
		}
	}
	if p.command.Output == nil {
		return theirs[:3], nil
	}
	return theirs, descriptor3
}

// copy starts what passes the streams on.
func (p *program) copy() {
	writers, _ := p.command.writers()
	for i, pipe := range p.pipes {
		if pipe != nil {
			p.copying.Go(func() { p.pass(i, pipe, writers[i]) })
		}
	}
	if p.input != nil {
		go func() {
			if err := feed(p.input, p.command.Stdin); err != nil {
				p.fail(err)
			}
		}()
	}
}

func (p *program) pass(i int, pipe *os.File, w io.Writer) {
	buf := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buf)
	for {
		n, err := pipe.Read(buf[:])
		if n > 0 && w != nil {
			p.writing.Lock()
			err := write(w, buf[:n])
			p.writing.Unlock()
			if err != nil {
				w = nil // what follows is thrown away
				p.fail(writeError(i, err))
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *program) fail(err error) {
	select {
	case p.failed <- err:
	default:
	}
}

// end ends the whole group, gently and then firmly.
func (p *program) end() (firm bool, err error) {
	if p.group.gentle() == nil && p.gone(p.command.grace(), p.command.Firmly) {
		return false, nil
	}
	err = p.group.firm()
	if p.gone(killing, nil) {
		return true, nil
	}
	return true, heldError(p.command.Path, err)
}

// gone waits until the program has exited and its group is empty, at most for
// d or until firmly is closed, and says whether it is so.
func (p *program) gone(d time.Duration, firmly <-chan struct{}) bool {
	deadline := time.Now().Add(d)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
		return false
	case <-firmly:
		return false
	}
	return p.group.await(time.Until(deadline), firmly)
}

// drain takes the rest of the output. A process that escaped and holds a pipe
// open is waited for no longer than settle.
func (p *program) drain() {
	done := make(chan struct{})
	go func() {
		p.copying.Wait()
		close(done)
	}()
	timer := time.NewTimer(settle)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
	p.close()
	<-done
}

func (p *program) close() {
	for _, f := range append(p.pipes[:], p.input) {
		if f != nil {
			f.Close()
		}
	}
}

// result completes r with what the system says of the program.
func (p *program) result(r Result, err error) (Result, error) {
	r.ExitCode = -1
	r.Duration = time.Since(p.began)
	select {
	case e := <-p.failed:
		err = errors.Join(e, err)
	default:
	}
	select {
	case <-p.exited:
	default:
		return r, err // it could not be ended
	}
	if p.lost != nil {
		return r, errors.Join(err, p.lost)
	}
	r.ExitCode = p.state.ExitCode()
	r.CPU = p.state.UserTime() + p.state.SystemTime()
	if r.Signal = endedBySignal(p.state); r.Signal != "" && r.Ended == Exited {
		r.Ended = Signaled
	}
	return r, err
}

// await waits until the group is empty, at most for d or until firmly is
// closed, and says whether it is so. Nothing announces that, so it looks again
// and again.
func (g *group) await(d time.Duration, firmly <-chan struct{}) bool {
	deadline := time.Now().Add(d)
	for pause := time.Millisecond; g.members() > 0; pause = min(2*pause, 20*time.Millisecond) {
		select {
		case <-firmly:
			return false
		default:
		}
		if !time.Now().Before(deadline) {
			return false
		}
		time.Sleep(pause)
	}
	return true
}
