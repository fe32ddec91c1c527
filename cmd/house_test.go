package cmd_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	houseModule = "github.com/msp-runbook/msp"
	houseTable  = "houseRooms in cmd/house_test.go"
)

// houseRooms is the plan of the house: what each package says of itself, and
// which others of msp it may import. Imports go from cmd to steps to runbook and
// never back. runbook is what a runbook means, steps is what a step does, cmd is
// how people get in. A package is born when it has a sentence of its own.
var houseRooms = map[string]houseRoom{
	"runbook/document": {
		"reads strict YAML, knows where each value stands, and is alone in seeing the YAML library",
		"",
	},
	"runbook/document/documenttest": {
		"holds what is said about broken documents to golden files; for tests only",
		"runbook/document",
	},
	"runbook": {
		"is what a runbook is: its model, its values and expressions, the contract of a step kind",
		"runbook/document runbook/parallel",
	},
	"runbook/change": {
		"is what changed in meaning between two versions of a runbook, in words, and which version that demands; pure",
		"runbook runbook/document",
	},
	"runbook/revision": {
		"reads files as they were at a revision of a git repository, and runs nothing that the repository names",
		"runbook/process",
	},
	"runbook/runbooktest": {
		"writes runbooks by the thousand and times what reads them; for tests only",
		"runbook",
	},
	"runbook/parallel": {
		"does many independent jobs on all cores",
		"",
	},
	"runbook/spill": {
		"sorts more rows than memory should hold",
		"",
	},
	"runbook/process": {
		"starts and ends programs: groups, sessions, timeouts, streams",
		"",
	},
	"runbook/evidence": {
		"seals bytes so that others can check them, and knows nothing of runbooks",
		"runbook/evidence/curve runbook/parallel",
	},
	"runbook/evidence/curve": {
		"does for Ed25519 what crypto/ed25519 leaves to others: it finds weak keys, and verifies many signatures by one key in half of the time",
		"",
	},
	"runbook/evidence/stamp": {
		"asks timestamp authorities for the time, and verifies what they say",
		"",
	},
	"runbook/evidence/stamp/stamptest": {
		"is a timestamp authority for tests, that can be down, slow or lying; for tests only",
		"",
	},
	"runbook/evidence/witness": {
		"asks witnesses to cosign a checkpoint, and is one",
		"runbook/evidence",
	},
	"runbook/trust": {
		"is who may sign what: principals, keys and roles, version by version; pure",
		"runbook/evidence",
	},
	"runbook/schedule": {
		"is when: plans, recurrence, occurrences; pure",
		"runbook runbook/document",
	},
	"runbook/schedule/timetable": {
		"is when, in the words of other programs: iCalendar, timers of systemd, crontabs; pure",
		"runbook runbook/schedule",
	},
	"runbook/agreement": {
		"is what was promised: targets, clocks, people; pure",
		"runbook runbook/document runbook/schedule",
	},
	"runbook/schema": {
		"is the form of each kind of document, as JSON Schema, for editors and other programs",
		"",
	},
	"runbook/schema/model": {
		"says what the schemas are generated from; for go generate and tests only",
		"",
	},
	"runbook/handbook": {
		"is a runbook as people read it: text, Markdown, HTML, a checklist to print; pure",
		"runbook",
	},
	"runbook/shelf": {
		"finds the documents of a workspace by what names them",
		"runbook runbook/document runbook/schedule runbook/agreement",
	},
	"runbook/lint": {
		"finds mistakes in documents before a run does, one rule a file",
		"runbook runbook/document runbook/parallel runbook/schedule runbook/agreement runbook/shelf runbook/change",
	},
	"runbook/lint/shellcheck": {
		"asks shellcheck what it thinks of the scripts of runbooks",
		"runbook/lint runbook/parallel runbook/process",
	},
	"runbook/lint/format": {
		"writes lint's findings in the words of other programs",
		"runbook/lint",
	},
	"runbook/escalate": {
		"is who is told about work that isn't done, and when; pure",
		"runbook runbook/document runbook/schedule runbook/agreement",
	},
	"runbook/record": {
		"is what is written down about a run: the statements, the crash journal, reading them back",
		"runbook runbook/evidence runbook/trust runbook/schedule runbook/agreement",
	},
	"runbook/anchor": {
		"takes a checkpoint to those outside, keeps what they say and remembers what is still owed",
		"runbook/evidence runbook/evidence/stamp runbook/evidence/witness runbook/record",
	},
	"runbook/escalate/channel": {
		"sends notices: mail, webhooks, chat and paging services, a command of one's own",
		"runbook/process",
	},
	"runbook/engine": {
		"runs and resumes: order, timeouts, retries, masking, journal, verdict",
		"runbook runbook/process runbook/schedule runbook/agreement runbook/trust runbook/record runbook/anchor runbook/evidence",
	},
	"runbook/export": {
		"packs evidence so that other people's tools check it, and reads it back",
		"runbook/evidence runbook/record",
	},
	"runbook/audit": {
		"holds records against what should have happened: verification, exceptions, figures",
		"runbook runbook/document runbook/parallel runbook/spill runbook/process runbook/evidence runbook/evidence/stamp runbook/evidence/witness runbook/trust runbook/schedule runbook/agreement runbook/record",
	},
	"steps/run": {
		"decodes, checks and runs the step that runs a program",
		"runbook runbook/document",
	},
	"steps/file": {
		"decodes, checks and runs the step that looks at files",
		"runbook runbook/document",
	},
	"steps/manual": {
		"decodes, checks and runs the step that a person does",
		"runbook runbook/document",
	},
	"steps/approval": {
		"decodes and checks the step that a second person decides",
		"runbook runbook/document",
	},
	"steps": {
		"is the list of step kinds",
		"runbook steps/run steps/file steps/manual steps/approval",
	},
	"steps/stepstest": {
		"is the suite that every step kind passes; for tests only",
		"runbook runbook/document",
	},
	"runbooks": {
		"is the library of runbooks that ships inside the binary",
		"",
	},
	"cmd/terminal": {
		"is the screens and prompts: the printers of events, and People at a terminal",
		"runbook runbook/record",
	},
	"cmd": {
		"is the command line: one command a file; alone knows configuration, keys, wiring, exit codes",
		"runbook runbook/document runbook/parallel runbook/process runbook/evidence runbook/trust runbook/schedule runbook/agreement runbook/record " +
			"runbook/evidence/stamp runbook/evidence/witness runbook/anchor runbook/engine runbook/audit runbook/export " +
			"runbook/schedule/timetable runbook/shelf runbook/lint runbook/change runbook/revision runbook/handbook runbook/lint/format runbook/lint/shellcheck runbook/escalate runbook/escalate/channel runbook/schema runbooks steps cmd/terminal",
	},
	"cmd/msp": {
		"is func main, which hands the streams to cmd",
		"cmd",
	},
}

type houseRoom struct{ says, may string }

// houseLibraries lists the libraries that one package hides from the others,
// so that replacing one changes one package.
var houseLibraries = map[string]string{
	"github.com/spf13/cobra":        "cmd",
	"github.com/spf13/pflag":        "cmd",
	"github.com/spf13/viper":        "cmd",
	"github.com/charmbracelet":      "cmd/terminal",
	"github.com/expr-lang/expr":     "runbook",
	"gopkg.in/yaml.v3":              "runbook/document",
	"go.yaml.in/yaml":               "runbook/document",
	"filippo.io/edwards25519":       "runbook/evidence/curve",
	"filippo.io/age":                "runbook/export",
	"github.com/go-json-experiment": "runbook/evidence",
	"github.com/gofrs/flock":        "runbook/evidence",
	"github.com/sigstore":           "runbook/evidence/stamp",
	"github.com/santhosh-tekuri":    "tests", // it takes 5 ms at the start of every program that has it
	"github.com/arran4/golang-ical": "runbook/schedule/timetable",
	"github.com/rickar/cal":         "runbook/schedule",
	"github.com/teambition":         "runbook/schedule",
	"github.com/wneessen/go-mail":   "runbook/escalate/channel",
	"mvdan.cc/sh":                   "runbook/lint",
}

// houseTop is all that may lie at the top, beside files whose names begin with
// a dot and what .gitignore names.
const houseTop = "cmd runbook steps runbooks testdata go.mod go.sum README.md LICENSE"

// houseMarks finds the marks of unfinished work. They are taken apart here, lest
// this file be found.
var houseMarks = regexp.MustCompile(`\b(` + strings.Join([]string{"TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"}, "|") + `)\b`)

func TestHouse(t *testing.T) {
	for _, fault := range inspectHouse(t, os.DirFS("..")) {
		t.Error(fault)
	}
}

// The plan itself must be sound: TestHouse is only as good as it.
func TestHouseRooms(t *testing.T) {
	for name, room := range houseRooms {
		for _, other := range strings.Fields(room.may) {
			if _, ok := houseRooms[other]; !ok {
				t.Errorf("%s may import %s, which %s doesn't know", name, other, houseTable)
			}
			if houseFloor(other) > houseFloor(name) {
				t.Errorf("%s may import %s: imports go from cmd to steps to runbook, never back", name, other)
			}
		}
	}
}

func houseFloor(name string) int {
	first, _, _ := strings.Cut(name, "/")
	return slices.Index([]string{"runbooks", "runbook", "steps", "cmd"}, first)
}

// house is a tree under inspection.
type house struct {
	t        *testing.T
	tree     fs.FS
	packages map[string]*housePackage
	faults   []string
}

type housePackage struct {
	documented bool
	name       string
}

// inspectHouse says everything that is wrong with a tree.
func inspectHouse(t *testing.T, tree fs.FS) []string {
	t.Helper()
	h := &house{t: t, tree: tree, packages: map[string]*housePackage{}}
	h.top()
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && h.closed(name):
			return fs.SkipDir
		case d.Type().IsRegular() && d.Name() != "go.sum":
			h.file(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(h.packages)) {
		h.pkg(name)
	}
	for _, name := range slices.Sorted(maps.Keys(houseRooms)) {
		if h.packages[name] == nil {
			h.fault(name, "is in %s, and there is no such package. Take out its line.", houseTable)
		}
	}
	return h.faults
}

func (h *house) fault(where, format string, args ...any) {
	h.faults = append(h.faults, where+" "+fmt.Sprintf(format, args...))
}

// closed says which folders hold nothing that the rules are about.
func (h *house) closed(name string) bool {
	return path.Base(name) == "testdata" || slices.Contains([]string{".git", ".msp", "dist"}, name)
}

func (h *house) top() {
	entries, err := fs.ReadDir(h.tree, ".")
	if err != nil {
		h.t.Fatal(err)
	}
	ignored, _ := fs.ReadFile(h.tree, ".gitignore")
	for _, e := range entries {
		known := strings.HasPrefix(e.Name(), ".") || slices.Contains(strings.Fields(houseTop), e.Name()) ||
			slices.ContainsFunc(strings.Fields(string(ignored)), func(pattern string) bool {
				ok, err := path.Match(strings.Trim(pattern, "/"), e.Name())
				return ok && err == nil
			})
		if !known {
			h.fault(e.Name(), "doesn't belong at the top, which holds %s and dotfiles. "+
				"Put it into one of the rooms, or into .ci if it serves the build.", houseTop)
		}
	}
}

func (h *house) file(name string) {
	data, err := fs.ReadFile(h.tree, name)
	if err != nil {
		h.t.Fatal(err)
	}
	if bytes.IndexByte(data, 0) < 0 {
		for i, line := range strings.Split(string(data), "\n") {
			if mark := houseMarks.FindString(line); mark != "" {
				h.fault(fmt.Sprintf("%s:%d", name, i+1), "says %s. Do it now, or write down as a plain sentence what is not done and why.", mark)
			}
		}
	}
	if path.Ext(name) == ".go" {
		h.source(name, data)
	}
}

func (h *house) source(name string, data []byte) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		h.fault(name, "doesn't parse: %v", err)
		return
	}
	folder, test := path.Dir(name), strings.HasSuffix(name, "_test.go")
	if h.packages[folder] == nil {
		h.packages[folder] = &housePackage{}
	}
	if !test {
		p := h.packages[folder]
		p.name = file.Name.Name
		p.documented = p.documented || houseDocumented(file)
	}
	at := func(n ast.Node) string { return files.Position(n.Pos()).String() }
	for _, spec := range file.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			h.t.Fatal(err)
		}
		switch {
		case !test:
			h.imports(at(spec), folder, target)
		case !strings.HasSuffix(file.Name.Name, "_test"):
			h.testImports(at(spec), folder, target)
		}
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			h.fault(at(f), "is a func init: work that nobody asked for and no test can repeat. Call it from where it is needed.")
		}
	}
	if !test && folder != "cmd/msp" {
		h.streams(file, at)
	}
}

// houseDocumented says whether a file holds its package's comment.
func houseDocumented(file *ast.File) bool {
	opening := "Package " + file.Name.Name + " "
	if file.Name.Name == "main" {
		opening = "Command "
	}
	return strings.HasPrefix(file.Doc.Text(), opening)
}

// imports judges an import in code that ships.
func (h *house) imports(where, folder, target string) {
	for library, owner := range houseLibraries {
		if owner != folder && (target == library || strings.HasPrefix(target, library+"/")) {
			h.fault(where, "imports %s, which only %s may see. Ask %s for what you need in words of its own.", target, owner, owner)
		}
	}
	other, ours := houseOwn(target)
	room, listed := houseRooms[folder]
	if !ours || !listed || slices.Contains(strings.Fields(room.may), other) {
		return
	}
	may := strings.Join(strings.Fields(room.may), ", ")
	if may == "" {
		may = "nothing"
	}
	h.fault(where, "imports %s. %s %s; of msp it may import %s. "+
		"Have the caller hand in what is missing, or, if the plan itself is wrong, change %s and say why.",
		other, folder, room.says, may, houseTable)
}

// testImports judges an import in a test inside its package. Such tests are
// free, except that runbook doesn't know the rooms above it even then.
func (h *house) testImports(where, folder, target string) {
	other, ours := houseOwn(target)
	if ours && houseFloor(folder) == houseFloor("runbook") && houseFloor(other) > houseFloor(folder) {
		h.fault(where, "imports %s into runbook. Move the test into the external package %s_test.", other, path.Base(folder))
	}
}

// houseOwn gives the folder of an import of msp's own.
func houseOwn(target string) (folder string, ours bool) {
	return strings.CutPrefix(target, houseModule+"/")
}

// streams finds code that reaches past the streams that it was handed, or ends
// the process below everybody's feet.
func (h *house) streams(file *ast.File, at func(ast.Node) string) {
	names := map[string]string{} // as the file calls them: the package
	for _, spec := range file.Imports {
		if p := strings.Trim(spec.Path.Value, `"`); p == "os" || p == "fmt" {
			names[p] = p
			if spec.Name != nil {
				names[spec.Name.Name] = p
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		if !ok {
			return true
		}
		switch used := names[x.Name] + "." + s.Sel.Name; used {
		case "os.Stdin", "os.Stdout", "os.Stderr", "fmt.Print", "fmt.Printf", "fmt.Println":
			h.fault(at(s), "uses %s. Take an io.Reader or io.Writer: only cmd/msp knows the process's own streams.", used)
		case "os.Exit":
			h.fault(at(s), "uses %s. Return an error: cmd turns it into a number, and only cmd/msp exits.", used)
		}
		return true
	})
}

func (h *house) pkg(name string) {
	if _, ok := houseRooms[name]; !ok {
		h.fault(name, "is a package without a line in %s. Give it one: the sentence that it says of itself, and what it may import. "+
			"Without a sentence of its own it is part of another package.", houseTable)
	}
	if p := h.packages[name]; !p.documented {
		opening := "Package " + p.name
		if p.name == "main" {
			opening = "Command " + path.Base(name)
		}
		h.fault(name, "has no package comment. Begin one of its files with %q and what the package says of itself.", "// "+opening+" …")
	}
}

// Each case breaks one rule in a house that is in order.
func TestHouseFaults(t *testing.T) {
	own := func(folder string) string { return "import _ \"" + houseModule + "/" + folder + "\"\n" }
	const uses = "package record\n\nimport \"os\"\n\nvar x = os."
	cases := map[string]struct{ name, text, want string }{
		"unlisted":            {"runbook/util/util.go", "// Package util is.\npackage util\n", "runbook/util is a package without a line in houseRooms"},
		"tests only":          {"tools/x_test.go", "package tools\n", "tools is a package without a line"},
		"import":              {"runbook/evidence/a.go", "package evidence\n" + own("runbook"), "runbook/evidence/a.go:2:8 imports runbook. runbook/evidence seals bytes"},
		"import for nothing":  {"runbooks/a.go", "package runbooks\n" + own("runbook"), "may import nothing"},
		"import of a suite":   {"cmd/a.go", "package cmd\n" + own("steps/stepstest"), "imports steps/stepstest"},
		"import upwards":      {"runbook/a_test.go", "package runbook\n" + own("steps/run"), "imports steps/run into runbook. Move the test into the external package runbook_test"},
		"import by tag":       {"runbook/a_plan9.go", "//go:build plan9\n\npackage runbook\n" + own("cmd"), "imports cmd"},
		"library":             {"steps/run/a.go", "package run\nimport _ \"github.com/spf13/viper\"\n", "imports github.com/spf13/viper, which only cmd may see"},
		"part of a library":   {"runbook/engine/a.go", "package engine\nimport _ \"github.com/expr-lang/expr/vm\"\n", "which only runbook may see"},
		"no comment":          {"steps/file/doc.go", "package file\n", `Begin one of its files with "// Package file …"`},
		"comment of another":  {"steps/file/doc.go", "// Package files is.\npackage file\n", "has no package comment"},
		"no command comment":  {"cmd/msp/doc.go", "// Package main is.\npackage main\n", `"// Command msp …"`},
		"top":                 {"docs/a.md", "text", "docs doesn't belong at the top"},
		"stdout":              {"runbook/record/a.go", uses + "Stdout\n", "runbook/record/a.go:5:9 uses os.Stdout. Take an io.Reader"},
		"exit":                {"runbook/record/a.go", uses + "Exit\n", "uses os.Exit. Return an error"},
		"print under a name":  {"cmd/a.go", "package cmd\n\nimport f \"fmt\"\n\nvar x = f.Println\n", "uses fmt.Println"},
		"mark":                {".ci/run", "#!/bin/sh\n# FIX" + "ME later\n", ".ci/run:2 says FIX" + "ME. Do it now"},
		"init":                {"cmd/a_test.go", "package cmd\n\nfunc init() {}\n", "is a func init"},
		"syntax":              {"cmd/a.go", "package\n", "doesn't parse"},
		"allowed: own test":   {"runbook/a_test.go", "package runbook_test\n" + own("steps/run"), ""},
		"allowed: test code":  {"steps/run/a_test.go", "package run\n" + own("steps/stepstest") + "import _ \"gopkg.in/yaml.v3\"\n", ""},
		"allowed: test print": {"cmd/a_test.go", "package cmd\nimport \"fmt\"\nvar x = fmt.Print\n", ""},
		"allowed: method":     {"cmd/a.go", "package cmd\ntype a int\nfunc (a) init() {}\n", ""},
		"allowed: testdata":   {"runbook/document/testdata/a.go", "no go", ""},
		"allowed: dotfile":    {".editorconfig", "root = true\n", ""},
		"allowed: ignored":    {"dist/msp", "built", ""},
		"allowed: longer":     {"runbooks/a.yaml", "run: mktemp /tmp/XXXX" + "XX\n", ""},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			tree := soundHouse()
			tree[c.name] = &fstest.MapFile{Data: []byte(c.text)}
			faults := inspectHouse(t, tree)
			if c.want == "" && len(faults) > 0 {
				t.Errorf("a sound house has faults: %q", faults)
			}
			found := func(fault string) bool { return strings.Contains(fault, c.want) }
			if c.want != "" && !slices.ContainsFunc(faults, found) {
				t.Errorf("no fault says %q: %q", c.want, faults)
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		tree := soundHouse()
		delete(tree, "runbook/audit/doc.go")
		want := "runbook/audit is in " + houseTable + ", and there is no such package. Take out its line."
		if got := inspectHouse(t, tree); !slices.Equal(got, []string{want}) {
			t.Errorf("got %q", got)
		}
	})
}

// soundHouse has every room and no fault.
func soundHouse() fstest.MapFS {
	tree := fstest.MapFS{".gitignore": {Data: []byte("/dist/\n")}}
	for name := range houseRooms {
		base := path.Base(name)
		text := "// Package " + base + " is.\npackage " + base + "\n"
		if name == "cmd/msp" {
			text = "// Command msp is.\npackage main\n"
		}
		tree[name+"/doc.go"] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}
