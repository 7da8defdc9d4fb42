package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/mailer"
)

// dkimRow is what `keys dkim --json` prints.
type dkimRow struct {
	Selector string `json:"selector"`
	Name     string `json:"name"` // of the TXT record
	Record   string `json:"record"`
	Made     bool   `json:"made"` // now; false: it was there
}

func keysDKIM(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "dkim",
		Short: "Make the key that signs letters, and print the DNS record by which receivers check them",
		Long: "Makes the key of smtp.dkim_selector in keys/long, unless it is there, and prints its DNS record. serve signs every letter\n" +
			"from its next start on, so publish the record first. For a new key take another selector: publish, set, restart.",
		Args: cobra.NoArgs,
		RunE: act(func(*cobra.Command, []string) error {
			l := w.load()
			if err := l.Err(); err != nil {
				return err
			}
			row, err := makeDKIM(&l.Settings)
			if err != nil {
				return err
			}
			return w.showDKIM(row)
		}),
	}
}

// makeDKIM makes the key, in a folder of this user's alone.
func makeDKIM(s *config.Settings) (dkimRow, error) {
	domain, err := mailer.SignDomain(s.SMTP.From, s.SMTP.DKIMDomain)
	if err != nil {
		return dkimRow{}, usage(errors.New("smtp.from (BOHOJA_SMTP__FROM) is not set, or no address: signatures name its domain"))
	}
	long := filepath.Join(s.Keys.Dir, "long")
	if err := os.MkdirAll(long, 0o700); err != nil {
		return dkimRow{}, fmt.Errorf("%s (keys.dir) cannot be made by this user", long)
	}
	info, err := os.Stat(long)
	if err != nil {
		return dkimRow{}, err
	}
	if owner, ok := ownerOf(info); ok && owner != os.Getuid() {
		return dkimRow{}, fmt.Errorf("%s belongs to user id %d, and this is %d; give the command as that user, so that serve can read what is made", long, owner, os.Getuid())
	}
	key, made, err := mailer.MakeDKIM(s.Keys.Dir, s.SMTP.DKIMSelector)
	if err != nil {
		return dkimRow{}, err
	}
	return dkimRow{s.SMTP.DKIMSelector, mailer.DKIMName(s.SMTP.DKIMSelector, domain), key.Record(), made}, nil
}

func (w *world) showDKIM(row dkimRow) error {
	if w.asJSON {
		return w.print(row)
	}
	w.say("%s. IN TXT %s", row.Name, quoted(row.Record))
	word := map[bool]string{true: "is made", false: "was there already"}[row.Made]
	w.say("The key of selector %s %s. Publish this record, restart serve, and look with bohoja doctor. Put the key into the backup of the long-lived keys.", row.Selector, word)
	return nil
}

// quoted writes a text as a zone file has it: in strings of 255 bytes at most (RFC 1035, 3.3).
func quoted(text string) string {
	var parts []string
	for len(text) > 0 {
		n := min(len(text), 255)
		parts = append(parts, `"`+text[:n]+`"`)
		text = text[n:]
	}
	return cmp.Or(strings.Join(parts, " "), `""`)
}
