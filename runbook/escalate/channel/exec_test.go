package channel

import (
	"os"
	"path/filepath"
	"testing"
)

const commandToken = "tok-en-of-the-command"

// program is this test's own binary, as a command that sends.
type program struct {
	t            *testing.T
	folder, path string
}

func newProgram(t *testing.T) endpoint {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	p := &program{t, folder, filepath.Join(folder, "sender")}
	if err := os.Symlink(self, p.path); err != nil {
		t.Skip(err)
	}
	p.behave(accepts)
	return p
}

func (p *program) config() Config {
	return Config{Type: "exec", Command: []string{p.path, "--to", "on call"}}
}

func (p *program) options(o *Options) {
	o.Env = append(os.Environ(), "CHANNEL_COMMAND="+p.folder, "CHANNEL_TOKEN="+commandToken)
	o.Secrets = []string{commandToken}
}

func (p *program) behave(b behaviour) {
	if err := os.WriteFile(filepath.Join(p.folder, "mode"), []byte(b), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) took() []string {
	body, err := os.ReadFile(filepath.Join(p.folder, "got"))
	if err != nil {
		return nil
	}
	text, err := readDocument(body)
	if err != nil {
		p.t.Errorf("%v in %s", err, body)
	}
	return []string{text}
}

// tries counts what was accepted: a command leaves nothing else.
func (p *program) tries() int { return len(p.took()) }

func (p *program) gone() {
	if err := os.Remove(p.path); err != nil {
		p.t.Fatal(err)
	}
}
