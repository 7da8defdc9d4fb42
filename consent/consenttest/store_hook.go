package consenttest

import (
	"errors"
	"fmt"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var hookTests = map[string]func(*bench){
	"hook/the log is paged, newest first": attemptPages,
	"hook/off and on":                     targetOff,
	"hook/one event":                      oneEvent,
	"hook/jobs without a step":            leftJobs,
}

const target = "https://shop.example/hooks"

func (b *bench) note(a consent.Attempt, s consent.Switch) {
	b.Helper()
	a.App = storeApp
	b.must(b.Store.NoteAttempt(b.Context(), target, a, s))
}

func attemptPages(b *bench) {
	at, about := time.UnixMilli(1_700_000_000_123).UTC(), consent.NewID(consent.PrefixRequest, time.Now())
	for i := range 5 {
		b.note(consent.Attempt{
			At: at, Took: 7 * time.Millisecond, About: about, Event: fmt.Sprint("evt_", i), Type: consent.EventGranted, Hook: 1, Host: "shop.example:8443",
			Code: 500, Stage: "answer", Hint: "two words",
		}, consent.SwitchNone)
	}
	var seen []consent.Attempt
	for after := ""; ; {
		some, next, err := b.Store.Attempts(b.Context(), storeApp, after, 2)
		b.must(err)
		seen = append(seen, some...)
		if after = next; next == "" {
			break
		}
	}
	want := consent.Attempt{
		At: at, Took: 7 * time.Millisecond, App: storeApp, About: about, Event: "evt_4", Type: consent.EventGranted, Hook: 1, Host: "shop.example:8443",
		Code: 500, Stage: "answer", Hint: "two words",
	}
	if len(seen) != 5 || seen[0] != want || seen[4].Event != "evt_0" {
		b.Errorf("read %+v", seen)
	}
	if some, _, err := b.Store.Attempts(b.Context(), "game", "", 10); err != nil || len(some) != 0 {
		b.Errorf("another app sees %v, %v", some, err)
	}
	if _, _, err := b.Store.Attempts(b.Context(), storeApp, "nonsense", 10); consent.KindOf(err) != consent.KindInvalid {
		b.Errorf("after nonsense: %v", err)
	}
}

func targetOff(b *bench) {
	is := func(app, url string, want bool) {
		b.Helper()
		off, err := b.Store.Off(b.Context(), app, url)
		b.must(err)
		if off != want {
			b.Errorf("%s of %s is off: %v", url, app, off)
		}
	}
	is(storeApp, target, false)
	b.note(consent.Attempt{Code: 410, Stage: "answer"}, consent.SwitchOff)
	is(storeApp, target, true)
	b.note(consent.Attempt{Stage: consent.StageOff}, consent.SwitchNone)
	is(storeApp, target, true)
	is(storeApp, target+"/other", false)
	is("game", target, false)
	b.note(consent.Attempt{Code: 204}, consent.SwitchOn)
	is(storeApp, target, false)
	all, _, err := b.Store.Attempts(b.Context(), storeApp, "", 10)
	if err != nil || len(all) != 3 || !all[0].Delivered() || !all[0].At.IsZero() {
		b.Errorf("noted %+v, %v", all, err)
	}
}

func oneEvent(b *bench) {
	b.pending("kid", "p@x")
	b.pending("kid2", "p@x")
	all, err := b.Store.Events(b.Context(), storeApp, "", 10)
	b.must(err)
	for _, want := range all {
		got, err := b.Store.Event(b.Context(), storeApp, want.ID)
		if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			b.Errorf("read %+v, %v; want %+v", got, err, want)
		}
		if _, err := b.Store.Event(b.Context(), "game", want.ID); !errors.Is(err, consent.ErrNotFound) {
			b.Errorf("another app reads it: %v", err)
		}
	}
	for _, id := range []string{"", "nonsense", consent.NewID(consent.PrefixEvent, b.now())} {
		if _, err := b.Store.Event(b.Context(), storeApp, id); !errors.Is(err, consent.ErrNotFound) {
			b.Errorf("%q: %v", id, err)
		}
	}
}

func leftJobs(b *bench) {
	job := consent.Job{ID: consent.NewID(consent.PrefixJob, b.now()), Kind: consent.JobWebhook, Body: []byte(`{"hook":1}`)}
	b.must(b.Store.Leave(b.Context(), storeApp, []consent.Job{job}))
	before := b.Image()
	b.must(b.Store.Leave(b.Context(), storeApp, []consent.Job{job}))
	if b.Image() != before {
		b.Error("a repeated call has put the job once more")
	}
}
