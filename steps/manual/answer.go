package manual

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/document"
)

// take reads the form's values out of an answer. The failure, if any, names
// everything that is wrong with the answer, so that it is given once again and
// not three times.
func (a *action) take(answer runbook.Answer, folder string) (map[string]runbook.Value, error) {
	var missing, wrong []string
	values := map[string]runbook.Value{}
	for _, f := range a.form {
		value, given, err := takeValue(f, answer.Values[f.Name].Text, folder)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Sprintf("%s: %s", f.Name, err))
		case given:
			values[f.Name] = value
		case f.Required:
			missing = append(missing, "the value "+f.Name)
		}
	}
	for _, item := range a.checklist {
		if !slices.Contains(answer.Checked, item) {
			missing = append(missing, "the tick at "+document.Quote(item))
		}
	}
	for _, r := range a.evidence {
		if r.Required && answer.Files[r.Name] == "" {
			missing = append(missing, "the file "+r.Name)
		}
	}
	if len(missing) > 0 {
		wrong = append([]string{"the answer lacks " + strings.Join(missing, ", ")}, wrong...)
	}
	wrong = append(wrong, a.unasked(answer)...)
	if len(wrong) > 0 {
		return nil, &runbook.Failure{Found: strings.Join(wrong, "; "), Expected: "an answer to all that the step asks"}
	}
	return values, nil
}

// takeValue reads one value; it is not given when it is empty and the field has
// no default.
func takeValue(f runbook.Field, text, folder string) (v runbook.Value, given bool, err error) {
	if strings.TrimSpace(text) == "" {
		if f.Default == nil {
			return runbook.Value{}, false, nil
		}
		text = *f.Default
	}
	v, err = f.Parse(text, folder)
	if err == nil && f.Type == runbook.FilePath {
		err = checkRegular(os.Stat(v.Text))
	}
	return v, err == nil, err
}

// unasked names what an answer holds beyond the question. It would be lost
// without a word, and most likely a name is misspelt.
func (a *action) unasked(answer runbook.Answer) []string {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(answer.Values)) {
		if !slices.ContainsFunc(a.form, func(f runbook.Field) bool { return f.Name == name }) {
			wrong = append(wrong, fmt.Sprintf("no field is called %s", document.Quote(name)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(answer.Files)) {
		if !slices.ContainsFunc(a.evidence, func(r runbook.EvidenceRequest) bool { return r.Name == name }) {
			wrong = append(wrong, fmt.Sprintf("no evidence is called %s", document.Quote(name)))
		}
	}
	for _, item := range answer.Checked {
		if !slices.Contains(a.checklist, item) {
			wrong = append(wrong, fmt.Sprintf("the checklist has no %s", document.Quote(item)))
		}
	}
	return wrong
}

// attach takes the files in the order in which the step asks for them.
func (a *action) attach(ctx context.Context, env runbook.Env, files map[string]string) ([]runbook.Attachment, error) {
	var kept []runbook.Attachment
	for _, r := range a.evidence {
		name := files[r.Name]
		if name == "" {
			continue
		}
		attachment, err := attachFile(ctx, env, r.Name, name)
		if err != nil {
			return kept, err
		}
		kept = append(kept, attachment)
	}
	return kept, nil
}

// attachFile opens a file once and attaches what the handle gives. Links are
// followed, since a person chose the file.
func attachFile(ctx context.Context, env runbook.Env, name, file string) (runbook.Attachment, error) {
	if !filepath.IsAbs(file) {
		return runbook.Attachment{}, fmt.Errorf("the evidence %s: %q is not an absolute path", name, file)
	}
	// Without O_NONBLOCK, opening a named pipe waits for its other end.
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return runbook.Attachment{}, unreadable(name, file, err)
	}
	defer f.Close()
	if err := checkRegular(f.Stat()); err != nil {
		return runbook.Attachment{}, unreadable(name, file, err)
	}
	kept, err := env.Attach(name, reader{ctx, f})
	if err != nil {
		return runbook.Attachment{}, fmt.Errorf("the evidence %s: %w", name, err)
	}
	return kept, nil
}

// unreadable is a failure, and no error: the person gave a file that isn't one.
func unreadable(name, file string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &runbook.Failure{
		Found:    fmt.Sprintf("the evidence %s can't be taken from %q: %s", name, file, err),
		Expected: "a file that can be read",
	}
}

func checkRegular(info fs.FileInfo, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file")
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	}
	return nil
}

// reader stops reading when its context ends.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
