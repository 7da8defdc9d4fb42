package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/mailer"
	"github.com/bohoja/bohoja/templates"
)

func configCommand(w *world) *cobra.Command {
	return group("config", "Check, show and begin the configuration", configCheck(w), configPrint(w), configInit(w))
}

// checkSettings returns everything that keeps serve from starting. What adapters say of their own addresses is asked of
// the code that will use them, so the check cannot drift from it.
func checkSettings(l *config.Loaded) config.Faults {
	faults := l.Check(templates.Languages())
	s := &l.Settings
	if clients, err := redisstore.Dial(s.Redis.URL.Reveal()); err == nil {
		_ = clients.Close() // nothing was connected
	} else {
		faults = l.Add(faults, "redis.url", config.FaultForm, err.Error())
	}
	m, err := mailer.New(mailer.Options{URL: s.SMTP.URL.Reveal(), From: s.SMTP.From, PublicURL: s.PublicURL})
	if err != nil {
		return l.Add(faults, "smtp", config.FaultForm, err.Error())
	}
	m.Close()
	return faults
}

// verdict is what `config check --json` prints.
type verdict struct {
	OK     bool          `json:"ok"`
	File   string        `json:"file"`
	Faults config.Faults `json:"faults"`
	Advice config.Faults `json:"advice"`
}

func configCheck(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Tell everything that is wrong with the configuration, and how to mend it",
		Long:  "Tells every fault at once: settings, and the declared apps with their purposes.\nNeeds neither Redis nor a mail server. Exit code 2 when serve would refuse to start.",
		Args:  cobra.NoArgs,
		RunE: act(func(*cobra.Command, []string) error {
			l := w.inForce()
			v := verdict{File: l.File, Faults: checkSettings(l), Advice: l.Advise(templates.Languages())}
			v.OK = len(v.Faults) == 0
			if err := w.tell(v); err != nil || v.OK {
				return err
			}
			return refused()
		}),
	}
}

func (w *world) tell(v verdict) error {
	if w.asJSON {
		v.Faults, v.Advice = orEmpty(v.Faults), orEmpty(v.Advice)
		return w.print(v)
	}
	for _, f := range v.Faults {
		w.say("fault: %s", f)
	}
	for _, f := range v.Advice {
		w.say("advice: %s", f)
	}
	switch name := sourceName(v.File); {
	case v.OK:
		w.say("%s: fine", name)
	case len(v.Faults) == 1:
		w.say("%s: 1 fault", name)
	default:
		w.say("%s: %d faults", name, len(v.Faults))
	}
	return nil
}

// orEmpty makes an empty list print as [], not as null.
func orEmpty(f config.Faults) config.Faults { return append(config.Faults{}, f...) }

func sourceName(file string) string {
	if file == "" {
		return "environment"
	}
	return file
}

func configPrint(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "print",
		Short: "Show every setting in force and where it comes from; secrets stay hidden",
		Args:  cobra.NoArgs,
		RunE: act(func(*cobra.Command, []string) error {
			l := w.inForce()
			if err := l.Err(); err != nil {
				return err
			}
			rows := l.Rows()
			if w.asJSON {
				return w.print(rows)
			}
			cells := make([][]string, len(rows))
			for i, r := range rows {
				cells[i] = []string{r.Setting, r.Source, r.Value} // the value last: wide letters upset columns
			}
			return w.table([]string{"SETTING", "SOURCE", "VALUE"}, cells)
		}),
	}
}

func configInit(w *world) *cobra.Command {
	var lang string
	var force bool
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented example file that passes `config check`",
		Args:  cobra.MaximumNArgs(1),
		RunE: act(func(_ *cobra.Command, args []string) error {
			text, ok := config.Examples()[lang]
			if !ok {
				langs := slices.Sorted(maps.Keys(config.Examples()))
				return usage(fmt.Errorf("--lang %s: there are %s", lang, strings.Join(langs, ", ")))
			}
			name := w.initFile(args)
			if err := writeNew(name, text, force); err != nil {
				return err
			}
			if w.asJSON {
				return w.print(map[string]string{"file": name})
			}
			w.say("%s is written. Next: edit it, then `bohoja config check --config %s`.", name, name)
			return nil
		}),
	}
	cmd.Flags().StringVar(&lang, "lang", "en", "language of the comments: en or ko")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite a file that is there")
	return cmd
}

func (w *world) initFile(args []string) string {
	switch {
	case len(args) > 0:
		return args[0]
	case w.file != "":
		return w.file
	}
	return config.DefaultFile
}

// writeNew writes a file that only its owner may read, since secrets may be put into it later.
func writeNew(name, text string, force bool) error {
	how := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		how = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(name, how, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; --force overwrites it", name)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
