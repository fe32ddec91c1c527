package lint_test

import (
	"strings"
	"testing"

	"github.com/msp-runbook/msp/runbook"
	"github.com/msp-runbook/msp/runbook/lint"
)

// FuzzRulesOnScripts has all rules look at any text as a script. They must not panic,
// and every finding lies inside the file.
func FuzzRulesOnScripts(f *testing.F) {
	for _, script := range []string{
		"true", "rm -rf \"$MOST/\"", "if x; then", "sudo -n env A=b timeout 5 bash -c \"$MOST\"", "a=$(( MOST ))\n`b`", "echo x |\\\n sh",
		"TOKEN=abc curl -u a:b https://c:d@e", "<<EOF cat\n$MOST\nEOF\n", "Remove-Item -Recurse `\n @'\nx\n'@", "$'\\x41' {a,b}*? -- -", "find . -exec", "((", "ssh \"$MOST\"", "\xff\xfe",
	} {
		for _, shell := range []string{"bash", "sh", "pwsh", ""} {
			f.Add(script, shell)
		}
	}
	head, _, _ := strings.Cut(string(readFile(f, "testdata/base/runbook.yaml")), "steps:")
	f.Fuzz(func(t *testing.T, script, shell string) {
		source := head + scriptStep(script, shell)
		lines := strings.Split(source, "\n")
		r := linter(nil, lint.Settings{}).Lint([]runbook.File{{Name: "f.yaml", Source: []byte(source)}})
		for _, found := range r.Findings {
			at := found.Position
			if at.File != "f.yaml" || at.Line < 1 || at.Line > len(lines) || at.Column < 1 || at.Column > len([]rune(lines[at.Line-1]))+1 {
				t.Errorf("%s lies outside of the file:\n%s", found.Problem, source)
			}
		}
	})
}

// scriptStep is a step that runs a text, as a block where YAML can hold it as one.
func scriptStep(script, shell string) string {
	var b strings.Builder
	b.WriteString("steps:\n  - id: look\n    title: Look\n    env: {MOST: \"${{ inputs.most }}\"}\n    run:")
	switch shell {
	case "":
		for word := range strings.FieldsSeq(script) {
			b.WriteString("\n      - '" + strings.ReplaceAll(word, "'", "''") + "'")
		}
	default:
		b.WriteString("\n      shell: " + shell + "\n      script: |\n")
		for line := range strings.Lines(script) {
			b.WriteString("        " + line)
		}
	}
	return b.String() + "\n"
}

// TestSecretsStayUnsaid looks for the secrets of the cases in what is told of them.
func TestSecretsStayUnsaid(t *testing.T) {
	golden := string(readFile(t, "testdata/cases/secret-in-command/want.golden"))
	for _, secret := range []string{"hunter2", "hunter3", "12345678", "correct horse", "s3cr3t", "q8Zr31", "abcdef0123456789", "glpat-a", "AKIAIOS", "ghp_0", "eyJ", "b3Blbn"} {
		if strings.Contains(golden, secret) {
			t.Errorf("a finding says the secret %q", secret)
		}
		if !strings.Contains(string(readFile(t, "testdata/cases/secret-in-command/bad.yaml")), secret) {
			t.Errorf("no case has the secret %q", secret)
		}
	}
}
