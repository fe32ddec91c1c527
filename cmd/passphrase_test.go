//go:build linux

package cmd_test

import "testing"

// turn is what msp prints, and what is typed then.
type turn struct{ wait, typed string }

// TestPassphraseAtATerminal: whoever types nothing, or two passphrases, is asked
// again, and is told so when that was often enough.
func TestPassphraseAtATerminal(t *testing.T) {
	d := newDesk(t)
	d.write("quick.yaml", "apiVersion: msp/v1\nkind: Runbook\nid: quick\nversion: 1.0.0\ntitle: Quick\nsteps: [{id: a, title: A, run: touch done}]\n")
	d.env = append(d.env, "MSP_KEY=ana")
	const nothing = `(?s)nothing was typed, please try again.*`
	keyNew, run := []string{"key", "new", "ana", "--passphrase"}, []string{"run", "quick.yaml"}
	for _, c := range []struct {
		args []string
		talk []turn
		end  string
		code int
	}{
		{keyNew, []turn{
			{`new key: $`, ""},
			{nothing + `new key: $`, "horse"},
			{`once more: $`, "mare"},
			{`(?s)the two passphrases differ, please try again.*new key: $`, ""},
		}, `nothing was typed\s+hint: run the command again`, 2},
		{keyNew, []turn{{`new key: $`, ""}, {nothing + `new key: $`, "correct horse"}, {`once more: $`, "correct horse"}}, `SHA256:`, 0},
		{run, []turn{
			{`passphrase of .*ana: $`, ""}, {nothing + `ana: $`, "mare"}, {`(?s)wrong passphrase, please try again.*ana: $`, ""},
		}, `nothing was typed\s+hint: ssh-keygen -y -f `, 2},
		{run, []turn{{`passphrase of .*ana: $`, ""}, {nothing + `ana: $`, "correct horse"}}, `a  passed|done`, 0},
	} {
		command, _, talk := atTerminal(t, d, c.args...)
		for _, turn := range c.talk {
			talk.answer(turn.wait, turn.typed)
		}
		talk.wait(c.end)
		command.Wait()
		if code := command.ProcessState.ExitCode(); code != c.code {
			t.Errorf("%s: exit code %d, not %d", c.args, code, c.code)
		}
	}
}
