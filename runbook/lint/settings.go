package lint

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/msp-runbook/msp/runbook/document"
)

// Settings say how much each rule matters, in all files and in some.
type Settings struct {
	Rules map[string]string `mapstructure:"rules"` // severity by rule
	Paths []PathSettings    `mapstructure:"paths"` // the last that fits goes before the others

	all   map[string]Severity
	paths []pathLevels
}

// PathSettings are those for the files whose names match a pattern: of path.Match,
// where a pattern without a slash means the file's own name, and one that ends with
// a slash all files below.
type PathSettings struct {
	Path  string            `mapstructure:"path"`
	Rules map[string]string `mapstructure:"rules"`
}

type pathLevels struct {
	pattern string
	levels  map[string]Severity
}

// Check reads the words. It has to be called before the settings are used.
func (s *Settings) Check() error {
	var err error
	if s.all, err = levelsOf(s.Rules); err != nil {
		return err
	}
	s.paths = nil
	for _, p := range s.Paths {
		if _, err := path.Match(p.Path, ""); err != nil || p.Path == "" {
			return fmt.Errorf("lint: %q is no pattern of file names", p.Path)
		}
		levels, err := levelsOf(p.Rules)
		if err != nil {
			return err
		}
		s.paths = append(s.paths, pathLevels{p.Path, levels})
	}
	return nil
}

func levelsOf(words map[string]string) (map[string]Severity, error) {
	levels := map[string]Severity{}
	for id, word := range words {
		rule, ok := Find(id)
		if !ok {
			return nil, fmt.Errorf("lint: there is no rule %s%s", document.Quote(id), didYouMean(id))
		}
		level, err := ParseSeverity(word)
		if err != nil {
			return nil, fmt.Errorf("lint: the rule %s: %w", id, err)
		}
		if rule.Reading() && level != Error {
			return nil, fmt.Errorf("lint: the rule %s can't be lowered: what can't be read can't be run", id)
		}
		levels[id] = level
	}
	return levels, nil
}

func didYouMean(id string) string {
	var ids []string
	for _, r := range Rules() {
		ids = append(ids, r.ID)
	}
	if near := document.Nearest(id, ids); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// severity is how much a rule matters in a file; of no file, how much it does in any.
func (s *Settings) severity(rule Rule, file string) Severity {
	level := rule.Severity
	if set, ok := s.all[rule.ID]; ok {
		level = set
	}
	for _, p := range s.paths {
		switch set, ok := p.levels[rule.ID]; {
		case !ok:
		case file == "":
			level = max(level, set)
		case fits(p.pattern, file):
			level = set
		}
	}
	return level
}

// fits matches a pattern with a name, or with any end of it that begins at a folder:
// a file is named from where one stands.
func fits(pattern, file string) bool {
	names := strings.Split(file, "/")
	for i := range names {
		rest := strings.Join(names[i:], "/")
		if matched, _ := path.Match(pattern, rest); matched {
			return true
		}
		if strings.HasSuffix(pattern, "/") && strings.HasPrefix(rest, pattern) {
			return true
		}
	}
	return false
}

// Find is the rule with an id.
func Find(id string) (Rule, bool) {
	i := slices.IndexFunc(Rules(), func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return Rules()[i], true
}
