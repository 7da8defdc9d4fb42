package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/link"
	"github.com/bohoja/bohoja/consent/seal"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

func keysCommand(w *world) *cobra.Command {
	return group("keys", "Look after the keys on this host: list, rotate, destroy, copy, bring back",
		keysList(w), keysRotate(w), keysDestroy(w), keysExport(w), keysImport(w), keysDKIM(w))
}

// States of a key.
const (
	keyServes  = "serves"  // used for writing; of hours: it lives
	keyWaits   = "waits"   // serves from a later time on
	keyOlder   = "older"   // a newer one serves; this one still opens and finds
	keyDead    = "dead"    // past its time; the next pass of serve removes it
	keyDamaged = "damaged" // the file cannot be read
)

// sealRow is a key as staff see it: never the key.
type sealRow struct {
	Name        string    `json:"name"`
	Class       string    `json:"class"`
	State       string    `json:"state"`
	Made        time.Time `json:"made_at,omitzero"`
	From        time.Time `json:"serves_from,omitzero"`
	Dies        time.Time `json:"dies_at,omitzero"`      // none: it lives until it is destroyed
	Fingerprint string    `json:"fingerprint,omitempty"` // its beginning
}

// printLength is how much of a fingerprint is shown: enough to compare two hosts by eye.
const printLength = 12

func sealRowOf(k seal.Key) sealRow {
	row := sealRow{Name: k.Name, Class: k.Class, State: keyServes, Made: k.Made, From: k.From, Dies: k.Dies}
	if whole := k.Fingerprint(); whole != "" {
		row.Fingerprint = whole[:printLength]
	}
	return row
}

// sealRows describes keys. Of a class that lives on, the newest that may serve does.
func sealRows(keys []seal.Key, now time.Time) []sealRow {
	serving := map[string]seal.Key{}
	for _, k := range keys {
		if !k.Damaged && !k.From.After(now) && number(k) > number(serving[k.Class]) {
			serving[k.Class] = k
		}
	}
	rows := make([]sealRow, len(keys))
	for i, k := range keys {
		rows[i] = sealRowOf(k)
		switch {
		case k.Damaged:
			rows[i].State = keyDamaged
		case k.Dead:
			rows[i].State = keyDead
		case k.From.After(now):
			rows[i].State = keyWaits
		case number(k) > 0 && k.Name != serving[k.Class].Name:
			rows[i].State = keyOlder
		}
	}
	slices.SortStableFunc(rows, func(a, b sealRow) int { return rank(a.Class) - rank(b.Class) })
	return rows
}

// rank puts the long-lived keys first: they are the ones to look after.
func rank(class string) int { return map[bool]int{false: 0, true: 1}[len(class) == 1] }

// number is the place of a key in its row; 0 for an hour's key.
func number(k seal.Key) int {
	if len(k.Class) <= 1 {
		return 0
	}
	n, _ := keyfile.Number(k.Class, k.Name)
	return n
}

// atKeys opens the keys of a space for the time of f. It knows no apps: in need, keys are destroyed whatever the
// declarations say. Where there are no keys, none are made, and those of another user are left alone.
func (w *world) atKeys(ctx context.Context, test bool, f func(*desk) error) error {
	return w.atHouse(ctx, test, connect, func(d *desk) error {
		if err := ownKeys(d.house.keyDir(d.space.name), os.Getuid()); err != nil {
			return err
		}
		if err := d.house.openKeys(ctx, d.space, true); err != nil {
			return err
		}
		if err := d.space.sameTime(ctx); err != nil { // a clock that is wrong would take living keys for dead ones
			return err
		}
		return f(d)
	})
}

// ownKeys refuses a folder whose keys belong to another user: what this one added, serve could not read, and would stop.
func ownKeys(dir string, uid int) error {
	long := filepath.Join(dir, "long")
	entries, err := os.ReadDir(long)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the keys in %s cannot be read; give the command as the user of serve", dir)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !keyfile.ValidName(e.Name()) {
			continue
		}
		if owner, ok := ownerOf(info); ok && uid >= 0 && owner != uid {
			return fmt.Errorf("the keys in %s belong to user id %d, and this is %d; give the command as that user, so that serve can read what is made", dir, owner, uid)
		}
		return nil
	}
	return fmt.Errorf("there are no keys in %s (keys.dir) yet; serve makes them when it first starts", dir)
}

func keysList(w *world) *cobra.Command {
	var test bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys: what for, since when, until when; never a key itself",
		Long: "Lists the keys by name. Of a class that lives on, one serves for writing, and older ones still open and find.\n" +
			"Keys h-… and r-… belong to an hour and die on time. Equal fingerprints on two hosts mean the same key.",
		Args: cobra.NoArgs,
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			return w.atKeys(cmd.Context(), test, func(d *desk) error {
				keys, err := d.space.vault.List()
				if err != nil {
					return err
				}
				return w.showKeys(sealRows(keys, d.space.store.Clock()))
			})
		}),
	}
	testFlag(cmd, &test)
	return cmd
}

func (w *world) showKeys(rows []sealRow) error {
	if w.asJSON {
		return w.print(rows)
	}
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = []string{r.Class, r.Name, r.State, dash(moment(r.Made)), dash(moment(r.Dies)), dash(r.Fingerprint)}
	}
	return w.table([]string{"CLASS", "NAME", "STATE", "MADE", "DIES", "FINGERPRINT"}, cells)
}

// rotatable are the classes that take another key, in the order of the help text.
var rotatable = []string{"evidence", "digest", "link", "receipt"}

func keysRotate(w *world) *cobra.Command {
	var test bool
	cmd := &cobra.Command{
		Use:       "rotate " + strings.Join(rotatable, "|"),
		Short:     "Add a new key of a class; older ones go on opening and finding",
		Args:      cobra.ExactArgs(1),
		ValidArgs: rotatable,
		RunE: act(func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(rotatable, args[0]) {
				return usage(fmt.Errorf("%s can be rotated; keys of an hour change by themselves, and siphash never, since the filters made under it could not be made again",
					strings.Join(rotatable, ", ")))
			}
			return w.atKeys(cmd.Context(), test, func(d *desk) error {
				k, err := d.rotate(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				return w.showRotated(k, d.space.store.Clock())
			})
		}),
	}
	testFlag(cmd, &test)
	return cmd
}

// rotate adds a key of a class and returns it.
func (d *desk) rotate(ctx context.Context, class string) (seal.Key, error) {
	var err error
	switch class {
	case "link":
		err = d.space.links.Rotate()
	case "receipt":
		err = d.rotateReceipts()
	default:
		return d.space.vault.Rotate(ctx, class)
	}
	if err != nil {
		return seal.Key{}, err
	}
	return d.newest(class)
}

// rotateReceipts adds a key of receipts. The first one is made when they are opened, and is enough.
func (d *desk) rotateReceipts() error {
	before, err := d.newest("receipt")
	if err != nil {
		return err
	}
	receipts, err := link.OpenReceipts(d.house.keyDir(d.space.name), link.Options{Issuer: issuer(d.space.name), Clock: d.space.store.Clock})
	if err != nil || before.Name == "" {
		return err
	}
	return receipts.Rotate()
}

// newest returns the last key of a class; the zero Key when there is none.
func (d *desk) newest(class string) (last seal.Key, err error) {
	keys, err := d.space.vault.List()
	for _, k := range keys {
		if k.Class == class && number(k) > number(last) {
			last = k
		}
	}
	return last, err
}

func (w *world) showRotated(k seal.Key, now time.Time) error {
	row := sealRowOf(k)
	if k.From.After(now) {
		row.State = keyWaits
	}
	if w.asJSON {
		return w.print(row)
	}
	when := "from now on"
	if row.State == keyWaits {
		when = "from " + moment(k.From) + " on"
	}
	w.say("%s is made and serves %s; older keys of its class stay good. Put it into the backup of the long-lived keys.", k.Name, when)
	return nil
}

// lost says what can no longer be read, found or proven once a key of this class is gone.
var lost = map[string]string{
	"h":        "Every request that came in that hour and is still pending becomes unreadable: it ends as expired, and its links lead nowhere. The key of the current hour stops new requests until the next.",
	"r":        "Data that was granted in that hour and is not collected yet becomes unreadable; the consents stay.",
	"evidence": "The evidence sealed under it becomes unreadable: those consents can no longer be proven, and their guardians' names and addresses are gone, so that no letter reaches them.",
	"digest":   "What was written under it is no longer found: wishes for no more letters, pauses after a refusal, marketing flags of children, requests by address. Under the oldest of its class, pairing codes and short codes under way stop fitting.",
	"siphash":  "Filters for offline checks can no longer be made.",
	"link":     "Every mailed link that it signed is dead, also those by which guardians withdraw.",
	"receipt":  "Receipts that it signed can no longer be checked.",
}

// destroyedKey is what `keys destroy --json` prints.
type destroyedKey struct {
	Destroyed string `json:"destroyed"`
	Class     string `json:"class"`
	Lost      string `json:"lost"`
}

func keysDestroy(w *world) *cobra.Command {
	var test, yes bool
	cmd := &cobra.Command{
		Use:   "destroy NAME",
		Short: "Destroy one key for good, and with it all that only it opens",
		Long: "Destroys a key by its name in `bohoja keys list`, and says what becomes unreadable by that. Asks to type the name\n" +
			"again. A key that serves, or whose successor does not serve yet, is kept: rotate first. Copies in backups stay.",
		Args: cobra.ExactArgs(1),
		RunE: act(func(cmd *cobra.Command, args []string) error {
			return w.atKeys(cmd.Context(), test, func(d *desk) error { return d.destroyKey(args[0], yes) })
		}),
	}
	testFlag(cmd, &test)
	yesFlag(cmd, &yes)
	return cmd
}

func (d *desk) destroyKey(name string, yes bool) error {
	keys, err := d.space.vault.List()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k seal.Key) bool { return k.Name == name })
	if i < 0 {
		return errors.New("there is no key of this name; `bohoja keys list` names them")
	}
	class := keys[i].Class
	if err := d.confirm(yes, name, lost[class]); err != nil {
		return err
	}
	switch err := d.space.vault.Destroy(name); {
	case errors.Is(err, seal.ErrNewest) && slices.Contains(rotatable, class):
		return fmt.Errorf("%s serves, or its successor does not serve yet: `bohoja keys rotate %s`, and come back when `bohoja keys list` shows it as %s", name, class, keyOlder)
	case errors.Is(err, seal.ErrNewest):
		return fmt.Errorf("%s has no successor and is never destroyed", name)
	case errors.Is(err, consent.ErrNotFound):
		return errors.New("the key is gone already")
	case err != nil:
		return err
	}
	if d.asJSON {
		return d.print(destroyedKey{name, class, lost[class]})
	}
	d.say("%s is destroyed. %s", name, lost[class])
	d.say("A running serve forgets it within a minute. Copies in backups are yours to destroy.")
	return nil
}
