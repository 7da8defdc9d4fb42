package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/templates"
)

// States of a finding.
const (
	stateFine   = "fine"
	stateAdvice = "advice" // works, and is better done otherwise
	stateAmiss  = "amiss"
)

// finding is one line of the doctor's: what was looked at, how it is, and how to mend it.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"`
	Detail string `json:"detail"`
}

func fine(check, format string, args ...any) finding {
	return finding{check, stateFine, fmt.Sprintf(format, args...)}
}

func advice(check, format string, args ...any) finding {
	return finding{check, stateAdvice, fmt.Sprintf(format, args...)}
}

func wrong(check, format string, args ...any) finding {
	return finding{check, stateAmiss, fmt.Sprintf(format, args...)}
}

// examination is one check of the doctor's. Each has its own time, so that one silence does not keep the others waiting.
type examination func(ctx context.Context, s *config.Settings) []finding

// examinationPatience bounds one check: a mail server that greets slowly on purpose takes some of it.
const examinationPatience = 20 * time.Second

func doctorCommand(w *world) *cobra.Command {
	var fsck, restored bool
	var dns string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at everything that serve needs, and say how to mend what is amiss",
		Long: "Looks at the settings, Redis, the clocks, the folders, the mail server (by the code that sends letters), the sender's\n" +
			"domain (SPF, DKIM, DMARC, PTR), the public URL, the apps' webhooks and the languages.\n" +
			"One line for each; exit code 3 when something is amiss. Nothing is changed and no letter is sent.",
		Args: cobra.NoArgs,
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			if restored {
				return w.restored(cmd.Context())
			}
			l := w.inForce()
			found := examineSettings(l)
			names, err := resolver(dns)
			if err != nil {
				return err
			}
			exams := []examination{
				examineRedis, examineClock, examineFolders, examineMail, examineSender(names), examinePublicURL, examineHooks, examineWords,
			}
			if fsck {
				exams = []examination{examineRecords, examineLog}
			}
			for _, look := range exams {
				found = append(found, within(cmd.Context(), look, &l.Settings)...)
			}
			return w.report(found)
		}),
	}
	cmd.Flags().BoolVar(&fsck, "fsck", false, "walk through every record and the audit log instead, and list what does not fit together")
	cmd.Flags().BoolVar(&restored, "restored", false, "bring a Redis that was restored from a backup up to date, from the audit log; this changes records")
	cmd.Flags().StringVar(&dns, "dns", "", "ask this DNS server, such as 1.1.1.1, about the sender's domain, instead of this host's: what is inside may differ from what the world sees")
	cmd.AddCommand(doctorMail(w), doctorACL(w))
	return cmd
}

func within(ctx context.Context, look examination, s *config.Settings) []finding {
	ctx, stop := context.WithTimeout(ctx, examinationPatience)
	defer stop()
	return look(ctx, s)
}

// report prints findings and ends with exit code 3 when something is amiss.
func (w *world) report(found []finding) error {
	if w.asJSON {
		if err := w.print(found); err != nil {
			return err
		}
	} else {
		for _, f := range found {
			w.say("%-6s  %s: %s", f.State, f.Check, f.Detail)
		}
	}
	if slices.ContainsFunc(found, func(f finding) bool { return f.State == stateAmiss }) {
		return amiss()
	}
	return nil
}

func examineSettings(l *config.Loaded) []finding {
	var found []finding
	for _, f := range checkSettings(l) {
		found = append(found, wrong("settings", "%s", f))
	}
	if len(found) == 0 {
		found = append(found, fine("settings", "read from %s", sourceName(l.File)))
	}
	for _, f := range l.Advise(templates.Languages()) {
		found = append(found, advice("settings", "%s", f))
	}
	return found
}
