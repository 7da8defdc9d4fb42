package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

func appsCommand(w *world) *cobra.Command {
	keys := group("key", "Make and revoke API keys", keyNew(w), keyRevoke(w))
	return group("apps", "List, reload and give keys to apps", appsList(w), appsReload(w), keys)
}

// appRow is one app as `apps list` shows it.
type appRow struct {
	ID        string   `json:"id"`
	Languages []string `json:"languages"`
	Methods   []string `json:"methods"`
	Purposes  []string `json:"purposes"`
	Keys      []keyRow `json:"keys"`
	Webhooks  int      `json:"webhooks"`
	Terms     string   `json:"terms"` // version of what guardians are shown
}

type keyRow struct {
	ID     string   `json:"id"`
	Scopes []string `json:"scopes"`
}

func appsList(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the declared apps with their keys' ids",
		Args:  cobra.NoArgs,
		RunE: act(func(*cobra.Command, []string) error {
			l := w.inForce()
			if err := l.Err(); err != nil {
				return err
			}
			book, err := l.Settings.Declared(templates.Languages()).Book()
			if err != nil {
				return err
			}
			rows := make([]appRow, len(l.Settings.Apps))
			for i := range rows {
				rows[i] = rowOf(book.Apps[l.Settings.Apps[i].ID])
			}
			if w.asJSON {
				return w.print(rows)
			}
			return w.table([]string{"APP", "LANGUAGES", "METHODS", "PURPOSES", "KEYS", "WEBHOOKS", "TERMS"}, appCells(rows))
		}),
	}
}

func rowOf(a *consent.App) appRow {
	row := appRow{ID: a.ID, Languages: a.Languages, Webhooks: len(a.Webhooks), Terms: a.Terms(), Keys: []keyRow{}}
	for _, m := range a.Methods {
		row.Methods = append(row.Methods, string(m))
	}
	for _, p := range a.Purposes {
		row.Purposes = append(row.Purposes, p.ID)
	}
	for _, k := range a.Keys {
		row.Keys = append(row.Keys, keyRow{k.ID, k.Scopes})
	}
	return row
}

func appCells(rows []appRow) [][]string {
	comma := func(s []string) string { return strings.Join(s, ",") }
	cells := make([][]string, len(rows))
	for i, r := range rows {
		keys := make([]string, len(r.Keys))
		for j, k := range r.Keys {
			keys[j] = k.ID
		}
		if len(keys) == 0 {
			keys = []string{"-"}
		}
		cells[i] = []string{r.ID, comma(r.Languages), comma(r.Methods), comma(r.Purposes), comma(keys), strconv.Itoa(r.Webhooks), r.Terms}
	}
	return cells
}

// Prefixes of keys: they tell a live key from one for trying out, wherever it is found.
const (
	liveKey = "bhj_live_sk_"
	testKey = "bhj_test_sk_"
)

// keyAlphabet has neither 0 1 8 nor upper case: a key can be read out on the telephone.
var keyAlphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newKey returns a key of 160 random bits after its prefix.
func newKey(prefix string) string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // crypto/rand never returns an error (Go 1.24)
	return prefix + keyAlphabet.EncodeToString(b[:])
}

// madeKey is what `apps key new --json` prints.
type madeKey struct {
	App    string   `json:"app"`
	ID     string   `json:"id"`
	Key    string   `json:"key"`
	SHA256 string   `json:"sha256"`
	Scopes []string `json:"scopes"`
	YAML   string   `json:"yaml"` // the line that belongs under keys:
}

func keyNew(w *world) *cobra.Command {
	var test bool
	var id string
	var scopes []string
	cmd := &cobra.Command{
		Use:   "new APP",
		Short: "Make an API key; it is shown once, and the line to put into the YAML file",
		Long: "Makes a key and prints it, once, with the line that belongs under keys: of the app in the YAML file.\n" +
			"The file holds the key's SHA-256 only. Nothing is changed, and neither Redis nor a running service is needed.",
		Args: cobra.ExactArgs(1),
		RunE: act(func(_ *cobra.Command, args []string) error {
			app, err := w.app(args[0])
			if err != nil {
				return err
			}
			if err := checkScopes(scopes); err != nil {
				return usage(err)
			}
			if id == "" {
				id = freeID(app.Keys)
			}
			prefix := map[bool]string{false: liveKey, true: testKey}[test]
			return w.showKey(madeKey{App: app.ID, ID: id, Key: newKey(prefix), Scopes: scopes})
		}),
	}
	cmd.Flags().BoolVar(&test, "test", false, "a key for the test space: no letter leaves, and its clock can be moved")
	cmd.Flags().StringVar(&id, "id", "", "name of the key in logs and lists (default the next free of k1, k2, …)")
	cmd.Flags().StringSliceVar(&scopes, "scopes", []string{consent.ScopeRequests, consent.ScopeRelease, consent.ScopeEvents},
		"what the key may do, by the scopes that /docs names beside each call")
	return cmd
}

func (w *world) showKey(k madeKey) error {
	sum := sha256.Sum256([]byte(k.Key))
	k.SHA256 = hex.EncodeToString(sum[:])
	k.YAML = fmt.Sprintf("- {id: %s, sha256: %q, scopes: [%s]}", k.ID, k.SHA256, strings.Join(k.Scopes, ", "))
	if w.asJSON {
		return w.print(k)
	}
	w.say("%s", k.Key)
	w.fail("This key is shown only now. Put this line under keys: of the app %s, in place of [] if that is there; a running serve takes it by `bohoja apps reload`:", k.App)
	w.say("      %s", k.YAML)
	return nil
}

// app finds a declared app. A file with faults elsewhere does not stand in the way of a new key.
func (w *world) app(id string) (*consent.App, error) {
	l := w.load()
	for i := range l.Settings.Apps {
		if l.Settings.Apps[i].ID == id {
			return &l.Settings.Apps[i], nil
		}
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range l.Settings.Apps {
		ids = append(ids, a.ID)
	}
	if len(ids) == 0 {
		return nil, usage(fmt.Errorf("no app is declared in %s", sourceName(l.File)))
	}
	return nil, usage(fmt.Errorf("no app has the id %q; declared are %s", id, strings.Join(ids, ", ")))
}

func checkScopes(scopes []string) error {
	for _, s := range scopes {
		if !slices.Contains(consent.Scopes, s) {
			return fmt.Errorf("--scopes: %q is none; there are %s", s, strings.Join(consent.Scopes, ", "))
		}
	}
	if len(scopes) == 0 {
		return errors.New("--scopes: name at least one")
	}
	return nil
}

// freeID is the first of k1, k2, … that no key has.
func freeID(keys []consent.Key) string {
	for n := 1; ; n++ {
		id := "k" + strconv.Itoa(n)
		if !slices.ContainsFunc(keys, func(k consent.Key) bool { return k.ID == id }) {
			return id
		}
	}
}

func keyRevoke(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke APP KEY",
		Short: "Take a key back: out of the YAML file, and within a second on every running serve",
		Long: "Takes the key out of the YAML file and writes its digest to Redis, where every running serve looks: there it is dead\n" +
			"within a second, for ever. Without redis.url only the file is changed, which `bohoja apps reload` puts in force.",
		RunE: act(func(cmd *cobra.Command, args []string) error {
			app, err := w.app(args[0])
			if err != nil {
				return err
			}
			i := slices.IndexFunc(app.Keys, func(k consent.Key) bool { return k.ID == args[1] })
			if i < 0 {
				return usage(fmt.Errorf("the app %s has no key %q", app.ID, args[1]))
			}
			return w.revokeKey(cmd.Context(), app.ID, app.Keys[i])
		}),
	}
}

// revokeKey does as much as it can: where Redis does not answer the file is changed all the same, and a key that no program
// can cut out of the file is dead all the same.
func (w *world) revokeKey(ctx context.Context, app string, k consent.Key) error {
	l := w.load()
	everywhere := !l.Settings.Redis.URL.Empty()
	var missed error
	if everywhere {
		missed = revoke(ctx, l.Settings, k)
	}
	if err := config.RemoveKey(l.File, app, k.ID); err != nil {
		if everywhere && missed == nil {
			w.fail("%s is dead within a second on every serve that shares this Redis.", k.ID)
		}
		return errors.Join(err, missed)
	}
	if missed != nil {
		return fmt.Errorf("%s is taken out of %s, and opens until each serve was told by `bohoja apps reload`, since Redis was not: %w", k.ID, l.File, missed)
	}
	if w.asJSON {
		return w.print(map[string]any{"file": l.File, "app": app, "revoked": k.ID, "everywhere": everywhere})
	}
	if !everywhere {
		w.say("%s is taken out of %s. It still opens until `bohoja apps reload`, since no redis.url tells where to revoke it everywhere.", k.ID, l.File)
		return nil
	}
	w.say("%s is taken out of %s, and dead within a second on every serve that shares this Redis.", k.ID, l.File)
	return nil
}

func appsReload(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "reload",
		Short: "Let a running serve on this host read the apps anew, all or nothing",
		Args:  cobra.NoArgs,
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			l := w.load()
			if err := l.Err(); err != nil {
				return err
			}
			if err := reload(cmd.Context(), l.Settings.OpsAddress()); err != nil {
				return err
			}
			if w.asJSON {
				return w.print(map[string]bool{"reloaded": true})
			}
			w.say("the apps are read anew and in force")
			return nil
		}),
	}
}

// Bounds of a question to the ops listener.
const (
	opsPatience = 10 * time.Second
	opsAnswer   = 1 << 20 // bytes
)

// reload asks the ops listener, which answers 204, or 422 with every fault when it has changed nothing.
func reload(ctx context.Context, ops string) error {
	ctx, stop := context.WithTimeout(ctx, opsPatience)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ops+"/reload", http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("no serve answers at ops_listen: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusNoContent {
		return nil
	}
	return refusal(res)
}

// refusal reads a problem document. Faults of the declarations are those of a configuration: exit code 2.
func refusal(res *http.Response) error {
	var problem struct {
		Detail string               `json:"detail"`
		Errors []consent.FieldError `json:"errors"`
	}
	if json.NewDecoder(io.LimitReader(res.Body, opsAnswer)).Decode(&problem) != nil || problem.Detail == "" {
		return fmt.Errorf("the ops listener answered %s", res.Status)
	}
	text := problem.Detail
	for _, e := range problem.Errors {
		text += "\n" + e.Detail
	}
	if res.StatusCode == http.StatusUnprocessableEntity {
		return usage(errors.New(text))
	}
	return errors.New(text)
}
