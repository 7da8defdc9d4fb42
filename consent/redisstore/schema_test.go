package redisstore_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// A newer program came meanwhile: one that runs makes no step any more, one that starts is refused; what is no number is no
// form that is known. Back on the own form everything goes on.
func TestSchema(t *testing.T) {
	server := consenttest.Redis(t)
	k := consenttest.NewOn(t, server.URL(), t.TempDir())
	if err := k.Store.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	own := strconv.Itoa(redisstore.Schema)
	if got := server.Command("GET", "bt:schema"); got != own {
		t.Errorf("the form is %q, want %s", got, own)
	}
	for _, one := range []struct {
		text  string
		newer bool
	}{{"0", false}, {own, false}, {strconv.Itoa(redisstore.Schema + 1), true}, {"99999999999999999999", true}, {"two", true}, {"", true}, {own, false}} {
		server.Command("SET", "bt:schema", one.text)
		err := k.Store.Learn(t.Context())
		if errors.Is(err, redisstore.ErrSchema) != one.newer || !one.newer && err != nil {
			t.Errorf("a look at %q: %v", one.text, err)
		}
		step := consent.Mutation{App: "shop", ID: consent.NewID(consent.PrefixRequest, time.Now()), Actor: consent.Actor{Kind: consent.ActorApp}}
		if _, err := k.Store.Cancel(t.Context(), step, "x"); errors.Is(err, redisstore.ErrSchema) != one.newer {
			t.Errorf("a step at %q: %v", one.text, err)
		}
		before := server.Command("GET", "bt:schema")
		err = k.Store.Settle(t.Context())
		if errors.Is(err, redisstore.ErrSchema) != one.newer {
			t.Errorf("a start at %q: %v", one.text, err)
		}
		if after := server.Command("GET", "bt:schema"); one.newer && after != before || !one.newer && after != own {
			t.Errorf("a start made %q of %q", after, before)
		}
	}
	server.Command("DEL", "bt:schema")
	if err := k.Store.Learn(t.Context()); err != nil {
		t.Errorf("without a number: %v", err)
	}
}

// While the store is away nothing is known.
func TestSchemaWithoutStore(t *testing.T) {
	server := consenttest.Redis(t)
	k := consenttest.NewOn(t, server.URL(), t.TempDir())
	server.Kill()
	for what, err := range map[string]error{"look": k.Store.Learn(t.Context()), "settle": k.Store.Settle(t.Context())} {
		if !errors.Is(err, consent.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
