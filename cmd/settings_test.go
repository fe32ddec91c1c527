package cmd_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/msp-runbook/msp/cmd"
)

// TestSettingsTopic: msp help settings names everything that can be set, and
// nothing else, with its variable where it has one.
func TestSettingsTopic(t *testing.T) {
	pages := cmd.Program{}.Root().Commands()
	i := slices.IndexFunc(pages, func(c *cobra.Command) bool { return c.Name() == "settings" })
	if i < 0 {
		t.Fatal("there is no such page")
	}
	table, _, _ := strings.Cut(pages[i].Long, "\nThe passphrase")
	_, table, _ = strings.Cut(table, "\n\n")
	var named []string
	for line := range strings.Lines(table) {
		if words, indented := strings.CutPrefix(line, "  "); indented && !strings.HasPrefix(words, " ") {
			names, _, _ := strings.Cut(words, "  ")
			named = append(named, strings.Split(names, ", ")...)
		}
	}
	var known []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[cmd.Settings]()) {
		name := field.Tag.Get("mapstructure")
		known = append(known, name)
		variable := "MSP_" + strings.ToUpper(name)
		if set := !slices.Contains([]reflect.Kind{reflect.Map, reflect.Slice, reflect.Struct}, field.Type.Kind()); set != strings.Contains(table, variable+" ") {
			t.Errorf("%s: settable by a variable %t, and the page says otherwise", name, set)
		}
	}
	slices.Sort(named)
	slices.Sort(known)
	if !slices.Equal(named, known) {
		t.Errorf("the page names %v, and what can be set is %v", named, known)
	}
}
