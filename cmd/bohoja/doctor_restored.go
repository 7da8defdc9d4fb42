package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/audit"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// restored brings a restored Redis up to date from the audit log's files. serve may run meanwhile: it stays in safe mode
// until the end. Interrupted, it goes on where it was when it is called again.
func (w *world) restored(ctx context.Context) error {
	l := w.inForce()
	if err := l.Err(); err != nil {
		return err
	}
	if l.Settings.Redis.URL.Empty() {
		return usage(errors.New("redis.url (BOHOJA_REDIS__URL) is not set"))
	}
	h, err := newHouse(l.Settings, slog.New(slog.DiscardHandler))
	if err != nil {
		return usage(err)
	}
	defer h.close()
	r := &restoring{house: h, files: audit.Files{Dir: h.set.Audit.Dir}}
	if err := r.open(ctx); err != nil {
		return plain(err)
	}
	found, err := r.run(ctx)
	if err != nil {
		return plain(fmt.Errorf("it is not finished; give the command again: %w", err))
	}
	return w.report(found)
}

// restoring is one bringing up to date.
type restoring struct {
	house *house
	space *space
	files audit.Files
}

// open opens the live space past its own safe mode: this is the one who may.
func (r *restoring) open(ctx context.Context) (err error) {
	h := r.house
	store := redisstore.New(redisstore.Options{Write: h.clients.Write, Read: h.clients.Read})
	h.tide = newTide(&h.set, store)
	if r.space, err = h.openStore(ctx, redisstore.Live); err != nil {
		return err
	}
	r.space.store, r.space.service.Store = store, store
	if err := h.openKeys(ctx, r.space, true); err != nil {
		return err
	}
	r.space.service.Vault, r.space.service.Links = r.space.vault, r.space.links
	return nil
}

func (r *restoring) run(ctx context.Context) ([]finding, error) {
	low, err := r.house.tide.Below(ctx)
	if err != nil {
		return nil, err
	}
	if len(low) == 0 {
		return []finding{fine("restored", "Redis knows all that was ever noted; there is nothing to bring up to date")}, nil
	}
	if err := r.house.tide.Begin(low); err != nil {
		return nil, err
	}
	var found []finding
	for _, app := range slices.Sorted(maps.Keys(low)) {
		some, err := r.app(ctx, app, low[app])
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, r.house.tide.End()
}

// app brings one app up to date.
func (r *restoring) app(ctx context.Context, app string, low audit.Low) ([]finding, error) {
	fates, last, err := r.files.Since(app, low.Head)
	if err != nil {
		return nil, err
	}
	if err := r.renumber(ctx, app, low); err != nil {
		return nil, err
	}
	if app == consent.StaffLedger {
		return []finding{fine("restored staff", "entries %d to %d are in the files alone; look with bohoja staff list whether roles are as they were", low.Head+1, low.Mark)}, nil
	}
	ended, lost, err := r.apply(ctx, app, fates)
	if err != nil {
		return nil, err
	}
	asked, err := r.renew(ctx, app, fates)
	if err != nil {
		return nil, err
	}
	check := "restored " + app
	found := []finding{
		fine(check, "%d requests were brought to the state in which the log has them, and what ended stays ended", ended),
		fine(check, "%d pending requests have new links, and their old ones are void", asked),
		advice(check, "what ended later than %s is not known here: up to %s before the loss, %d entries; ask again whoever decided then",
			dash(moment(last)), audit.MarkEvery, low.Mark-low.Head-int64(r.known(app, low))),
	}
	corrected, err := r.corrections(ctx, check, app, fates)
	if err != nil {
		return nil, err
	}
	found = append(found, corrected...)
	if lost > 0 {
		found = append(found, advice(check, "%d requests that came after the backup are gone; the apps will find 404 and can ask anew", lost))
	}
	return found, nil
}

// corrections drops those of guardians that wait, and tells of them and of those that took effect after the backup.
func (r *restoring) corrections(ctx context.Context, check, app string, fates map[string]*consent.Fate) (found []finding, err error) {
	dropped, err := r.drop(ctx, app)
	if dropped > 0 {
		found = append(found, advice(check, "%d corrections of a guardian that waited are dropped, since somebody may have stopped them meanwhile; enter them again", dropped))
	}
	if n := amended(fates); n > 0 {
		found = append(found, advice(check, "%d consents stand for a guardian's name or address that was corrected after the backup; enter the corrections again", n))
	}
	return found, err
}

// amended counts the consents in force whose guardian was corrected since.
func amended(fates map[string]*consent.Fate) (n int) {
	for _, f := range fates {
		if f.Amended && f.Status == consent.Granted {
			n++
		}
	}
	return n
}

// known counts the entries above the backup that the files have.
func (r *restoring) known(app string, low audit.Low) int {
	n := 0
	_ = r.files.Walk(func(e consent.Entry) error { // it was walked a moment ago
		if e.App == app && e.Seq > low.Head && e.Seq <= low.Mark {
			n++
		}
		return nil
	})
	return n
}

// renumber lets the log go on behind the mark, unless an interrupted call did.
func (r *restoring) renumber(ctx context.Context, app string, low audit.Low) error {
	end, err := r.space.store.Head(ctx, app)
	if err != nil || end > low.Mark {
		return err
	}
	m := consent.Mutation{App: app, Actor: staffActor(), Note: fmt.Sprintf("%d-%d", low.Head, low.Mark)}
	return r.space.store.Continue(ctx, m, low.Mark)
}

// apply ends what ended.
func (r *restoring) apply(ctx context.Context, app string, fates map[string]*consent.Fate) (ended, lost int, err error) {
	o := redisstore.Restoring{EraseDue: r.house.set.Erase.Due, Keep: r.house.set.Evidence.Keep}
	for _, id := range slices.Sorted(maps.Keys(fates)) {
		_, err := r.space.store.Restore(ctx, consent.Mutation{App: app, ID: id, Actor: staffActor()}, *fates[id], o)
		switch {
		case errors.Is(err, consent.ErrNotFound):
			lost++
		case err != nil:
			return ended, lost, err
		default:
			ended++
		}
	}
	return ended, lost, nil
}

// drop ends every correction of a guardian that was confirmed and waits, also where the log's files know of nothing since: whoever
// stopped one was told that it is over.
func (r *restoring) drop(ctx context.Context, app string) (n int, err error) {
	ids, err := r.space.store.Amending(ctx, app)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		rec, err := r.space.store.Get(ctx, app, id)
		if err == nil {
			_, err = r.space.store.Retract(ctx, consent.Mutation{App: app, ID: id, Actor: staffActor(), Note: "restored"}, rec.Amend.No)
		}
		switch {
		case err == nil:
			n++
		case errors.Is(err, consent.ErrNotFound), errors.Is(err, consent.ErrEnded), errors.Is(err, consent.ErrNotGranted):
			// nothing waits: a timer without its record, which --fsck tells
		default:
			return n, err
		}
	}
	return n, nil
}

// renew gives every pending request new links. Where the address was corrected after the backup, nobody is written to.
func (r *restoring) renew(ctx context.Context, app string, fates map[string]*consent.Fate) (n int, err error) {
	q := consent.Query{App: app, Status: consent.Pending, Limit: 200}
	declared := r.house.book.Load().Apps[app]
	for {
		page, err := r.space.store.List(ctx, q)
		if err != nil {
			return n, err
		}
		for _, rec := range page.Records {
			whole, err := r.space.store.Get(ctx, app, rec.ID)
			if err == nil {
				fate := fates[rec.ID]
				err = r.space.service.Renew(ctx, declared, staffActor(), whole, declared != nil && (fate == nil || !fate.Corrected))
			}
			if err != nil && !errors.Is(err, consent.ErrNotFound) {
				return n, err
			}
			n++
		}
		if q.After = page.Next; q.After == "" {
			return n, nil
		}
	}
}
