package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestForms(t *testing.T) {
	for use, want := range map[string]operands{
		"list":              {},
		"new APP":           {needed: []string{"APP"}, most: 1},
		"revoke APP KEY":    {needed: []string{"APP", "KEY"}, most: 2},
		"init [FILE]":       {most: 1},
		"mail --to ADDRESS": {},
		"replay EVENT…":     {needed: []string{"EVENT"}, most: -1},
		"replay [EVENT]…":   {most: -1},
	} {
		if got := operandsOf(use); !slices.Equal(got.needed, want.needed) || got.most != want.most {
			t.Errorf("%s: %+v, want %+v", use, got, want)
		}
	}
}

// Every command says by name what it misses and what is too much for it, and none in a library's words.
func TestArgumentsAreToldByName(t *testing.T) {
	t.Parallel()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.HasSubCommands() || !c.HasParent() {
			return
		}
		path, f := strings.Fields(c.CommandPath())[1:], operandsOf(c.Use)
		if len(f.needed) > 0 {
			call(t, nil, path...).want(t, exitUsage, f.needed[0]+" ", "is missing: write bohoja "+strings.Join(path, " "))
		}
		if f.most >= 0 {
			call(t, nil, append(path, slices.Repeat([]string{"extra"}, f.most+1)...)...).want(t, exitUsage, `"extra" is too much`)
		}
	}
	walk((&world{}).root())
	call(t, nil, "apps", "relod").want(t, exitUsage, `bohoja apps has no command "relod"; did you mean reload?`)
}
