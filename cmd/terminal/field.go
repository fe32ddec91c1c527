package terminal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-runbook/msp/runbook"
)

// field asks for one value until it fits. It is nil when none was given and
// none is needed.
func (c *conversation) field(f runbook.Field, folder, help string, act command) (*runbook.Value, error) {
	c.say(flatten(f.Description))
	c.aside(limits(f))
	prompt := flatten(f.Name) + ": "
	for {
		text, err := c.fieldText(f, prompt, help, act)
		if err != nil {
			return nil, err
		}
		if text == "" {
			if f.Default == nil {
				if !f.Required {
					return nil, nil
				}
				c.refuse("it is required")
				continue
			}
			text = *f.Default
		}
		value, err := parse(f, text, folder)
		if err == nil {
			return &value, nil
		}
		c.refuse(err.Error())
	}
}

// parse reads a value, and looks whether a file that it names is there.
func parse(f runbook.Field, text, folder string) (runbook.Value, error) {
	value, err := f.Parse(text, folder)
	if err == nil && f.Type == runbook.FilePath {
		_, err = regularFile(value.Text)
	}
	return value, err
}

// fieldText reads what stands for a value, in the spellings that people use.
func (c *conversation) fieldText(f runbook.Field, prompt, help string, act command) (string, error) {
	text, err := c.ask(prompt, help, act)
	for err == nil && f.Type == runbook.Text && strings.HasSuffix(text, `\`) {
		var more string
		more, err = c.ask(pad(cells(prompt)-2)+"> ", help, act)
		text = strings.TrimSuffix(text, `\`) + "\n" + more
	}
	if err != nil {
		return "", err
	}
	switch f.Type {
	case runbook.Boolean:
		text = strings.ToLower(text)
	case runbook.Enum:
		text = choice(f.Enum, text)
	case runbook.Path, runbook.FilePath:
		text = unquote(text)
	}
	return text, nil
}

// choice takes the number of an enum's value for the value.
func choice(values []string, text string) string {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > len(values) || slices.Contains(values, text) {
		return text
	}
	return values[n-1]
}

// limits says what may be typed: "number · required · from 1 to 10".
func limits(f runbook.Field) string {
	parts := []string{string(f.Type)}
	if f.Required && f.Default == nil {
		parts = append(parts, "required")
	}
	if len(f.Enum) > 0 {
		var values []string
		for i, value := range f.Enum {
			values = append(values, fmt.Sprintf("%d %s", i+1, flatten(value)))
		}
		parts = append(parts, "one of: "+strings.Join(values, ", "))
	}
	if f.Type == runbook.Text {
		parts = append(parts, `a line that ends in \ goes on`)
	}
	if f.Pattern != nil {
		parts = append(parts, "matches "+Sanitize(f.Pattern.String(), false))
	}
	if f.Minimum != nil {
		parts = append(parts, "at least "+runbook.FormatNumber(*f.Minimum))
	}
	if f.Maximum != nil {
		parts = append(parts, "at most "+runbook.FormatNumber(*f.Maximum))
	}
	if f.Default != nil {
		parts = append(parts, "enter takes "+strconv.Quote(Sanitize(*f.Default, false)))
	}
	return joined(parts...)
}

// unquote reads a path as a shell or a dragged icon leaves it: quoted, or
// starting with ~/.
func unquote(text string) string {
	if n := len(text); n >= 2 && (text[0] == '\'' || text[0] == '"') && text[n-1] == text[0] {
		text = text[1 : n-1]
	}
	if rest, found := strings.CutPrefix(text, "~/"); found {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return text
}

// regularFile says how large the file is that is given as evidence.
func regularFile(path string) (size int64, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return 0, fmt.Errorf("there is no file %s", path)
	case err != nil:
		return 0, err
	case info.IsDir():
		return 0, fmt.Errorf("%s is a folder", path)
	case !info.Mode().IsRegular():
		return 0, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), file.Close()
}

// formatSize writes a number of bytes for people: "38.2 KiB".
func formatSize(bytes int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	size, unit := float64(bytes), 0
	for size >= 1024 && unit < len(units)-1 {
		size, unit = size/1024, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", bytes)
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}
