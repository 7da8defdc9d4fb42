package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// operands are what the usage line of a command says of its arguments: "new APP", "init [FILE]", "replay [EVENT]…".
type operands struct {
	needed []string
	most   int // -1: as many as one likes
}

// operandsOf reads a usage line. Flags in it, with their values, are no arguments.
func operandsOf(use string) operands {
	var f operands
	words := strings.Fields(use)
	for i := 1; i < len(words); i++ {
		name, many := strings.CutSuffix(words[i], "…")
		switch {
		case strings.HasPrefix(name, "--"):
			i++
			continue
		case !strings.HasPrefix(name, "["):
			f.needed = append(f.needed, name)
		}
		f.most++
		if many {
			f.most = -1
			break
		}
	}
	return f
}

// byUse lets every command below c check its arguments against its own usage line, in words that name what is missing.
func byUse(c *cobra.Command) {
	for _, sub := range c.Commands() {
		sub.Args = checkArgs
		byUse(sub)
	}
}

func checkArgs(cmd *cobra.Command, args []string) error {
	f := operandsOf(cmd.Use)
	switch {
	case cmd.HasSubCommands() && len(args) > 0:
		return unknownCommand(cmd, args[0])
	case len(args) < len(f.needed):
		return fmt.Errorf("%s is missing: write %s", strings.Join(f.needed[len(args):], " "), line(cmd))
	case f.most >= 0 && len(args) > f.most:
		return fmt.Errorf("%q is too much: write %s", args[f.most], line(cmd))
	}
	return nil
}

// line is the usage line from the root on, without the note that there are flags.
func line(cmd *cobra.Command) string {
	return strings.TrimSuffix(cmd.UseLine(), " [flags]")
}

func unknownCommand(cmd *cobra.Command, name string) error {
	if cmd.SuggestionsMinimumDistance <= 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
	hint := ""
	if like := cmd.SuggestionsFor(name); len(like) > 0 {
		hint = "; did you mean " + strings.Join(like, " or ") + "?"
	}
	return fmt.Errorf("%s has no command %q%s", cmd.CommandPath(), name, hint)
}
