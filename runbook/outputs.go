package runbook

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/msp-runbook/msp/runbook/document"
)

// Source is where a step's output is read from.
type Source string

// The sources: the program's streams, or what it wrote to $MSP_OUTPUT.
const (
	FromStdout Source = "stdout"
	FromStderr Source = "stderr"
	FromOutput Source = "output"
)

// Output is one value that a step hands on.
type Output struct {
	document.Position
	Name    string
	From    Source
	JSON    string         // a path into the stream's JSON: "pools.0.used"
	Pattern *regexp.Regexp // its first group, in the stream's text
	Type    Type
	Unit    string
}

// Streams is what a program said, as far as outputs are read from it.
type Streams struct {
	Stdout, Stderr string
	Output         map[string]string // lines "name=value" of $MSP_OUTPUT
}

// Read finds the output's value.
func (o Output) Read(s Streams) (Value, error) {
	text, err := o.find(s)
	if err != nil {
		return Value{}, fmt.Errorf("output %s: %w", o.Name, err)
	}
	value, err := ParseValue(o.Type, text, "/")
	if err != nil {
		return Value{}, fmt.Errorf("output %s: %w", o.Name, err)
	}
	return value, nil
}

func (o Output) find(s Streams) (string, error) {
	if o.From == FromOutput {
		text, ok := s.Output[o.Name]
		if !ok {
			return "", fmt.Errorf("the step wrote no line %s=… to $MSP_OUTPUT", o.Name)
		}
		return text, nil
	}
	text := s.Stdout
	if o.From == FromStderr {
		text = s.Stderr
	}
	switch {
	case o.JSON != "":
		return findJSON(text, o.JSON)
	case o.Pattern != nil:
		match := o.Pattern.FindStringSubmatch(text)
		if match == nil {
			return "", fmt.Errorf("nothing on %s matches %s", o.From, o.Pattern)
		}
		return strings.TrimSpace(match[len(match)-1]), nil
	default:
		return strings.TrimSpace(text), nil
	}
}

// findJSON follows a path of names and list indices, separated by dots.
func findJSON(text, path string) (string, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var node any
	if err := decoder.Decode(&node); err != nil {
		return "", fmt.Errorf("what it printed is not JSON: %w", err)
	}
	for name := range strings.SplitSeq(path, ".") {
		next, ok := childOf(node, name)
		if !ok {
			return "", fmt.Errorf("the JSON has no %s", path)
		}
		node = next
	}
	switch leaf := node.(type) {
	case string:
		return leaf, nil
	case json.Number:
		return leaf.String(), nil
	case bool:
		return strconv.FormatBool(leaf), nil
	case nil:
		return "", fmt.Errorf("%s is null", path)
	default:
		return "", fmt.Errorf("%s is not a single value", path)
	}
}

func childOf(node any, name string) (any, bool) {
	switch parent := node.(type) {
	case map[string]any:
		child, ok := parent[name]
		return child, ok
	case []any:
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(parent) {
			return nil, false
		}
		return parent[i], true
	}
	return nil, false
}

// ParseOutputLines reads what a step wrote to $MSP_OUTPUT: lines name=value,
// of declared names only.
func ParseOutputLines(text string, declared []Output) (map[string]string, error) {
	known := map[string]bool{}
	for _, o := range declared {
		if o.From == FromOutput {
			known[o.Name] = true
		}
	}
	values := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("the line %q on $MSP_OUTPUT is not name=value", line)
		}
		if !known[name] {
			return nil, fmt.Errorf("$MSP_OUTPUT gave %q, which the step's outputs don't declare", name)
		}
		values[name] = value
	}
	return values, nil
}

func decodeOutputs(n *document.Node, d *document.Decoder) []Output {
	var outputs []Output
	for _, f := range entriesLike(n, "outputs", "outputs: {used: {from: stdout, type: number}}", d) {
		m := d.Map(f.Value, "an output")
		o := Output{Position: f.KeyPosition, Name: f.Key, From: FromOutput, Type: String}
		checkName(f.Key, f.KeyPosition, "an output", d)
		if from := m.Need("from"); from != nil {
			o.From = Source(d.Enum(from, "stdout", "stderr", "output"))
		}
		o.JSON = d.String(m.Take("json"))
		o.Pattern = decodePattern(m.Take("pattern"), d)
		if t := m.Take("type"); t != nil {
			o.Type = Type(d.Enum(t, "string", "text", "number", "integer", "boolean", "duration", "date", "list"))
		}
		o.Unit = d.String(m.Take("unit"))
		m.Done(map[string]string{"path": "msp says \"json\" for a path into JSON", "regex": "msp says \"pattern\""})
		checkOutput(o, d)
		outputs = append(outputs, o)
	}
	return outputs
}

func checkOutput(o Output, d *document.Decoder) {
	if o.JSON != "" && o.Pattern != nil {
		d.Report(o.Position, "one-source", "keep one of json and pattern", "the output %s is read in two ways", o.Name)
	}
	if o.From == FromOutput && (o.JSON != "" || o.Pattern != nil) {
		d.Report(o.Position, "one-source", "json and pattern go with from: stdout or stderr", "the output %s comes from $MSP_OUTPUT, which holds name=value lines", o.Name)
	}
}

func decodePattern(n *document.Node, d *document.Decoder) *regexp.Regexp {
	source := text(n, "a pattern", d)
	if source == "" {
		return nil
	}
	pattern, err := regexp.Compile(source)
	if err != nil {
		d.Report(n.Position(), "bad-value", "patterns are RE2, as in Go", "the pattern %q is wrong: %v", source, errors.Unwrap(fmt.Errorf("%w", err)))
		return nil
	}
	return pattern
}
