package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/audit"
	"github.com/bohoja/bohoja/consent/link"
	"github.com/bohoja/bohoja/consent/redisstore"
)

func auditCommand(w *world) *cobra.Command {
	return group("audit", "Check the audit log, report on it, export it", auditVerify(w), auditReport(w), auditExport(w))
}

// auditDir is the folder of the log: --dir, or that of the settings.
func (w *world) auditDir(dir string) (string, *config.Settings, error) {
	l := w.load()
	if dir == "" {
		if err := l.Err(); err != nil {
			return "", nil, err
		}
		dir = l.Settings.Audit.Dir
	}
	if !exists(dir) {
		return "", nil, usage(fmt.Errorf("%s is not there; name the folder of the log with --dir", dir))
	}
	return dir, &l.Settings, nil
}

func dirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "dir", "", "folder of the log (default audit.dir)")
}

// auditCheck is what `audit verify` is asked to do.
type auditCheck struct {
	dir, key, receipt, keys string
	offline                 bool
}

func auditVerify(w *world) *cobra.Command {
	var c auditCheck
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Look for gaps, edits and cuts in the audit log, or check one receipt",
		Long: "Reads the whole log: numbers without gaps, signed checkpoints, and whether the lines are those that were signed.\n" +
			"The key is taken from --key, else from keys.dir, else from the folder itself: a key that was kept elsewhere proves most.\n" +
			"With Redis in reach the last thirty days are also compared with what it holds. Exit code 3 when something is amiss.\n" +
			"--receipt FILE checks a consent receipt by the keys in keys.dir, or by a JWKS file (--keys), without any network.",
		Args: cobra.NoArgs,
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			if c.receipt != "" {
				return w.verifyReceipt(c)
			}
			return w.verifyAudit(cmd.Context(), c)
		}),
	}
	dirFlag(cmd, &c.dir)
	cmd.Flags().StringVar(&c.key, "key", "", "public key of the log, as in its file verifier, or a file that holds it")
	cmd.Flags().BoolVar(&c.offline, "offline", false, "do not compare with Redis")
	cmd.Flags().StringVar(&c.receipt, "receipt", "", "check this file, a consent receipt (JWT), instead")
	cmd.Flags().StringVar(&c.keys, "keys", "", "with --receipt: a file with the public keys (JWKS)")
	return cmd
}

func (w *world) verifyAudit(ctx context.Context, c auditCheck) error {
	dir, set, err := w.auditDir(c.dir)
	if err != nil {
		return err
	}
	keys, err := auditVerifiers(c.key, dir, set)
	if err != nil {
		return usage(err)
	}
	var stream audit.Stream
	if !c.offline && c.dir == "" && !set.Redis.URL.Empty() {
		clients, err := redisstore.Dial(set.Redis.URL.Reveal())
		if err != nil {
			return usage(err)
		}
		defer func() { _ = clients.Close() }()
		stream = redisstore.New(redisstore.Options{Write: clients.Write, Read: clients.Read})
	}
	v, err := audit.Verify(ctx, dir, keys, stream)
	if err != nil {
		return plain(err)
	}
	return w.showVerdict(v)
}

// auditVerifiers finds the public keys: what the caller names, else the keys of this host, else what lies beside the log.
func auditVerifiers(given, dir string, set *config.Settings) (note.Verifiers, error) {
	if text, err := os.ReadFile(given); given != "" && err == nil {
		given = string(text)
	}
	if given != "" {
		return audit.Verifiers(given)
	}
	keys, err := auditKeys(set.Keys.Dir, false)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, k := range keys {
		_, text, err := audit.NewSigner(k.Secret)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	if texts == nil {
		text, err := audit.Files{Dir: dir}.Verifier()
		if err != nil || text == "" {
			return nil, errors.Join(err, errors.New("there is no public key; name one with --key"))
		}
		texts = []string{text}
	}
	return audit.Verifiers(texts...)
}

func (w *world) showVerdict(v *audit.Verdict) error {
	if w.asJSON {
		if err := w.print(v); err != nil {
			return err
		}
	} else {
		for _, f := range v.Faults {
			w.say("amiss   %s: %s", f.Kind, f.Detail)
		}
		for _, n := range v.Notices {
			w.say("note    %s", n)
		}
		w.say("%d entries of %d logs, %d checkpoints; %d entries are under the one of %s, %d were compared with Redis",
			v.Entries, len(v.Apps), v.Checkpoints, v.Covered, dash(moment(v.Signed)), v.Compared)
	}
	if !v.Sound() {
		return amiss()
	}
	return nil
}

// verifyReceipt checks a receipt by the keys of this host or by a file of public ones.
func (w *world) verifyReceipt(c auditCheck) error {
	token, err := readShort(c.receipt)
	if err != nil {
		return err
	}
	var got link.Receipt
	if c.keys != "" {
		set, err := readShort(c.keys)
		if err != nil {
			return err
		}
		got, err = link.VerifyReceipt([]byte(set), strings.TrimSpace(token))
		if err != nil {
			return w.noReceipt(err)
		}
		return w.showReceipt(got)
	}
	l := w.load()
	if err := l.Err(); err != nil {
		return err
	}
	if keys, err := readKeysOf(l.Settings.Keys.Dir, "receipt"); err != nil || len(keys) == 0 {
		return usage(errors.Join(err, errors.New("there are no keys of receipts here; name a JWKS file with --keys")))
	}
	receipts, err := link.OpenReceipts(l.Settings.Keys.Dir, link.Options{Issuer: issuer(redisstore.Live), Clock: time.Now})
	if err != nil {
		return err
	}
	if got, err = receipts.Verify(strings.TrimSpace(token)); err != nil {
		return w.noReceipt(err)
	}
	return w.showReceipt(got)
}

func (w *world) noReceipt(err error) error {
	if !errors.Is(err, consent.ErrNotFound) {
		return err
	}
	if w.asJSON {
		if err := w.print(map[string]any{"genuine": false}); err != nil {
			return err
		}
	} else {
		w.say("amiss   receipt: none of these keys signed it, or it was changed since")
	}
	return amiss()
}

func (w *world) showReceipt(r link.Receipt) error {
	if w.asJSON {
		return w.print(map[string]any{"genuine": true, "id": r.ID, "app": r.App, "issued_at": r.Issued, "consent": r.Facts})
	}
	w.say("fine    receipt: of request %s of app %s, issued %s", r.ID, r.App, moment(r.Issued))
	w.say("%s", r.Facts)
	return nil
}

// readShort reads a file of a size that such a file may have.
func readShort(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", usage(err)
	}
	defer func() { _ = f.Close() }()
	const most = 1 << 20
	text, err := io.ReadAll(io.LimitReader(f, most))
	return string(text), err
}

// spanFlags adds --from and --to.
func spanFlags(cmd *cobra.Command, from, to *string) {
	cmd.Flags().StringVar(from, "from", "", "from this day (2026-01-01, UTC) or moment (RFC 3339) on")
	cmd.Flags().StringVar(to, "to", "", "until before this day or moment")
}

// times reads --from and --to; "" stays open.
func times(from, to string) (a, b time.Time, err error) {
	if a, err = moments("--from", from); err != nil {
		return a, b, err
	}
	b, err = moments("--to", to)
	return a, b, err
}

func moments(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usage(fmt.Errorf("%s: write a day, such as 2026-01-01, or a moment, such as 2026-01-01T09:00:00Z", flag))
}

func auditReport(w *world) *cobra.Command {
	var dir, from, to, app string
	cmd := &cobra.Command{
		Use:   "report --from DAY --to DAY",
		Short: "Report on a time, for an authority: each figure with the command that proves it",
		Long: "Counts, from the log alone: requests by state and reason, consents by method and clause of Enforcement Decree 17-2(1), the\n" +
			"texts that were agreed to, the longest delay of destruction (KR-12), erasures, rights, what staff did and whom they looked at.",
		Args: cobra.NoArgs,
		RunE: act(func(*cobra.Command, []string) error {
			folder, _, err := w.auditDir(dir)
			if err != nil {
				return err
			}
			a, b, err := times(from, to)
			if err != nil {
				return err
			}
			r, err := audit.Files{Dir: folder}.Report(a, b, app)
			if err != nil {
				return err
			}
			return w.showReport(r)
		}),
	}
	dirFlag(cmd, &dir)
	spanFlags(cmd, &from, &to)
	cmd.Flags().StringVar(&app, "app", "", "one app only")
	return cmd
}

func (w *world) showReport(r *audit.Report) error {
	if w.asJSON {
		return w.print(r)
	}
	cells := make([][]string, len(r.Rows))
	for i, row := range r.Rows {
		cells[i] = []string{row.Section, row.Name, row.Value, row.Proof}
	}
	return w.table([]string{"SECTION", "WHAT", "FIGURE", "PROOF"}, cells)
}

func auditExport(w *world) *cobra.Command {
	var dir, from, to string
	var only audit.Filter
	var count bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write entries of the audit log, a line of JSON each",
		Args:  cobra.NoArgs,
		RunE: act(func(*cobra.Command, []string) error {
			folder, _, err := w.auditDir(dir)
			if err != nil {
				return err
			}
			if only.From, only.To, err = times(from, to); err != nil {
				return err
			}
			return w.export(audit.Files{Dir: folder}, only, count)
		}),
	}
	dirFlag(cmd, &dir)
	spanFlags(cmd, &from, &to)
	for name, flag := range map[string]struct {
		to   *string
		help string
	}{
		"app": {&only.App, "of this app; " + consent.StaffLedger + " is the staff's own log"}, "id": {&only.ID, "about this request"},
		"step": {&only.Step, "of this step"}, "by": {&only.By, "app, guardian, child, staff, clock or mail"}, "ref": {&only.Ref, "by this one of them"},
		"status": {&only.Status, "that changed the status to this one"}, "reason": {&only.Reason, "with this reason"},
		"method": {&only.Method, "that changed the status, by this method"}, "terms": {&only.Terms, "likewise, to this version of the text"},
	} {
		cmd.Flags().StringVar(flag.to, name, "", flag.help)
	}
	cmd.Flags().BoolVar(&count, "count", false, "only how many they are")
	return cmd
}

func (w *world) export(f audit.Files, only audit.Filter, count bool) error {
	n := 0
	out := json.NewEncoder(w.out)
	out.SetEscapeHTML(false)
	err := f.Walk(func(e consent.Entry) error {
		if !only.Match(e) {
			return nil
		}
		n++
		if count {
			return nil
		}
		return out.Encode(e)
	})
	if err == nil && count {
		w.say("%d", n)
	}
	return err
}
