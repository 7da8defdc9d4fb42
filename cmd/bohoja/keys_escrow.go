package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/consent/seal/escrow"
)

// copiedKey is a key in a copy as it is shown: never the key.
type copiedKey struct {
	Key         string `json:"key"`                   // its place below the folder of keys
	Fingerprint string `json:"fingerprint,omitempty"` // its beginning
	State       string `json:"state,omitempty"`       // of an import
}

// What an import finds of a key.
const (
	keyBrought   = "brought"   // was missing, and is there now
	keyMissing   = "missing"   // would be brought back
	keyThere     = "there"     // was there
	keyDiffers   = "differs"   // another key is there under its name
	keyDestroyed = "destroyed" // is not there, and a newer one is: somebody destroyed it
	keyUnsaved   = "unsaved"   // is there, and not in the copy
)

func copiedKeys(state string, files []escrow.File) []copiedKey {
	rows := make([]copiedKey, len(files))
	for i, f := range files {
		print := f.Fingerprint()
		rows[i] = copiedKey{f.Path, print[:min(len(print), printLength)], state}
	}
	return rows
}

func keysExport(w *world) *cobra.Command {
	var to []string
	var out string
	cmd := &cobra.Command{
		Use:   "export --to age1… --out FILE",
		Short: "Copy the long-lived keys into an encrypted file for the safe",
		Long: "Copies the keys in keys/long, of both spaces, into one file that only the holders of the named age keys can open, each alone.\n" +
			"Make such a key with age-keygen on another machine, and keep its secret half there. Keys of an hour are never copied: a copy\n" +
			"would keep alive what is promised to die. Needs no Redis. Make a new copy after each rotate, destroy and dkim, and destroy the older\n" +
			"ones. The copy opens without bohoja too: age -d -i KEY FILE | tar x",
		Args: cobra.NoArgs,
		RunE: act(func(*cobra.Command, []string) error { return w.exportKeys(to, out) }),
	}
	cmd.Flags().StringArrayVar(&to, "to", nil, "an age public key that can open the copy, or a file of them; repeatable")
	cmd.Flags().StringVar(&out, "out", "", "the file to be written; - is standard output")
	return cmd
}

func (w *world) exportKeys(to []string, out string) error {
	l := w.load()
	if err := l.Err(); err != nil {
		return err
	}
	var sealed bytes.Buffer
	files, err := sealKeys(&sealed, l.Settings.Keys.Dir, to)
	if err != nil {
		return err
	}
	switch {
	case out == "":
		return usage(errors.New("--out: name the file to be written, or - for standard output"))
	case out == "-":
		_, err := w.out.Write(sealed.Bytes())
		return err
	case exists(out):
		return usage(fmt.Errorf("%s is there already, and a copy is written over nothing", out))
	}
	f, err := newWhole(out)
	if err != nil {
		return err
	}
	defer f.discard()
	if _, err := f.Write(sealed.Bytes()); err != nil {
		return err
	}
	if err := keep(f); err != nil {
		return err
	}
	return w.showCopied(copiedKeys("", files), fmt.Sprintf("%d keys are in %s. Keep it apart from the backups of Redis, where only you can write; try it with "+
		"bohoja keys import --check --identity KEY %s", len(files), out, filepath.Base(out)))
}

// sealKeys encrypts the long-lived keys below dir.
func sealKeys(sealed io.Writer, dir string, to []string) ([]escrow.File, error) {
	var text strings.Builder
	for _, one := range to {
		if content, err := os.ReadFile(one); err == nil {
			one = string(content)
		}
		text.WriteString(one + "\n")
	}
	recipients, err := escrow.Recipients(text.String())
	if err != nil {
		return nil, usage(errors.New("--to: name who can open the copy: an age public key (age1…, made by age-keygen), or a file of them"))
	}
	files, err := escrow.Collect(dir)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there are no keys in %s (keys.dir) yet; serve makes them when it first starts", dir)
	}
	return files, escrow.Write(sealed, files, time.Now(), recipients...)
}

func (w *world) showCopied(rows []copiedKey, told string) error {
	if w.asJSON {
		return w.print(rows)
	}
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = []string{r.Key, dash(r.Fingerprint), r.State}
	}
	if err := w.table([]string{"KEY", "FINGERPRINT", ""}, cells); err != nil {
		return err
	}
	w.say("%s", told)
	return nil
}

// bringing is what `keys import` was asked for.
type bringing struct {
	copy      string // file
	identity  string // file
	check     bool
	destroyed bool
}

func keysImport(w *world) *cobra.Command {
	var b bringing
	cmd := &cobra.Command{
		Use:   "import --identity KEY FILE",
		Short: "Bring the long-lived keys back from a copy; --check only compares",
		Long: "Brings back what is missing in keys/long, and writes over nothing: where another key stands under a name, nothing is written.\n" +
			"Give it before serve starts on the new host, as the user of serve: a serve without keys would make new ones. Compare the\n" +
			"fingerprints with what export printed; serve compares them with what Redis remembers, and refuses others (keys_differ).\n" +
			"A key that is missing while a newer one of its class is there was destroyed, and stays so unless --destroyed is given.\n" +
			"With --check nothing is written; exit code 3 when the copy and the folder are not the same.",
		Args: cobra.ExactArgs(1),
		RunE: act(func(_ *cobra.Command, args []string) error {
			b.copy = args[0]
			return w.importKeys(b)
		}),
	}
	cmd.Flags().StringVar(&b.identity, "identity", "", "the file of the age secret key; - is standard input")
	cmd.Flags().BoolVar(&b.check, "check", false, "compare the copy with the folder, and write nothing")
	cmd.Flags().BoolVar(&b.destroyed, "destroyed", false, "bring back destroyed keys, too")
	return cmd
}

func (w *world) importKeys(b bringing) error {
	l := w.load()
	if err := l.Err(); err != nil {
		return err
	}
	files, err := w.openCopy(b)
	if err != nil {
		return err
	}
	dir := l.Settings.Keys.Dir
	plan, err := escrow.Compare(dir, files)
	if err != nil {
		return err
	}
	if b.check {
		return w.showCheck(plan)
	}
	if len(plan.Differ) > 0 {
		return fmt.Errorf("in %s (keys.dir) other keys stand under these names: %v. Nothing was written. If serve made them because it "+
			"started without its keys, stop it, put that folder away, and give the command again", dir, plan.Differ)
	}
	if b.destroyed {
		plan.Missing, plan.Destroyed = append(plan.Missing, plan.Destroyed...), nil
	}
	if err := mineToWrite(dir); err != nil {
		return err
	}
	if err := escrow.Restore(dir, plan.Missing); err != nil {
		return err
	}
	return w.showBrought(plan, dir)
}

// openCopy reads a copy whole.
func (w *world) openCopy(b bringing) ([]escrow.File, error) {
	if b.identity == "" {
		return nil, usage(errors.New("--identity: name the file of the age secret key that opens the copy"))
	}
	key, _, err := w.openList(b.identity)
	if err != nil {
		return nil, usage(fmt.Errorf("--identity: %w", err))
	}
	defer func() { _ = key.Close() }()
	identities, err := escrow.Identities(key)
	if err != nil {
		return nil, usage(fmt.Errorf("--identity: %w", err))
	}
	content, err := os.Open(b.copy)
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }()
	return escrow.Read(content, identities...)
}

// mineToWrite refuses folders of another user: what this one brings, serve could not read.
func mineToWrite(dir string) error {
	for _, at := range []string{dir, filepath.Join(dir, "long"), filepath.Join(dir, "test"), filepath.Join(dir, "test", "long")} {
		info, err := os.Stat(at)
		if err != nil {
			continue // it is made, as this user's
		}
		if owner, ok := ownerOf(info); ok && owner != os.Getuid() {
			return fmt.Errorf("%s belongs to user id %d, and this is %d; give the command as that user, so that serve can read what is brought", at, owner, os.Getuid())
		}
	}
	return nil
}

func (w *world) showBrought(p escrow.Plan, dir string) error {
	rows := append(copiedKeys(keyBrought, p.Missing), copiedKeys(keyThere, p.There)...)
	rows = append(rows, copiedKeys(keyDestroyed, p.Destroyed)...)
	told := fmt.Sprintf("%d keys were brought to %s, %d were there.", len(p.Missing), dir, len(p.There))
	if n := len(p.Destroyed); n > 0 {
		told += fmt.Sprintf(" %d were destroyed since the copy and stay so (--destroyed brings them back): make a new copy, and destroy this one.", n)
	}
	return w.showCopied(rows, told)
}

func (w *world) showCheck(p escrow.Plan) error {
	var rows []copiedKey
	for _, of := range []struct {
		state string
		files []escrow.File
	}{{keyThere, p.There}, {keyMissing, p.Missing}, {keyDestroyed, p.Destroyed}, {keyDiffers, p.Differ}, {keyUnsaved, p.Unsaved}} {
		rows = append(rows, copiedKeys(of.state, of.files)...)
	}
	same := len(rows) == len(p.There)
	told := "The copy opens, and holds the keys of this host."
	if !same {
		told = "The copy opens, and is not what this host has."
	}
	if err := w.showCopied(rows, told); err != nil || same {
		return err
	}
	return amiss()
}
