package main

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent"
)

// TestProof: only a challenge is answered, each with its own proof, and the nonce is in none.
func TestProof(t *testing.T) {
	t.Parallel()
	h := &house{nonce: rand.Text()}
	one, err := h.prove(rand.Text())
	two, again := h.prove(rand.Text())
	if err != nil || again != nil || one == two || strings.Contains(one+two, h.nonce) {
		t.Errorf("%s %s, %v %v", one, two, err, again)
	}
	for _, bad := range []string{"", "x", strings.Repeat("a", 26), strings.Repeat("A", 27), strings.Repeat("A", 26) + "\n"} {
		if _, err := h.prove(bad); consent.CodeOf(err) != "not_found" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := (&house{}).prove(rand.Text()); err == nil {
		t.Error("an empty nonce proves something")
	}
}

// TestDoctorAccess: a Redis that answers everybody, beyond this host.
func TestDoctorAccess(t *testing.T) {
	t.Parallel()
	w := newWard(t, "bind", "127.0.0.1 -192.0.2.1") // nobody's address; the dash lets it be absent
	holds(t, w.found(t, exitFine), "advice redis:", "without a password")
	w.redis.Command("CONFIG", "SET", "requirepass", "word")
	holds(t, w.found(t, exitFine, "BOHOJA_REDIS__URL=redis://:word@"+w.redis.Addr), "advice redis:", "bohoja doctor acl")
}

// TestDoctorClock: a Redis whose clock goes wrong. Nothing else is asked of that Redis.
func TestDoctorClock(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	off := miniredis.RunT(t)
	off.SetTime(time.Now().Add(-2 * time.Minute))
	holds(t, w.found(t, exitAmiss, "BOHOJA_REDIS__URL=redis://"+off.Addr()), "amiss clock:", "differ by 2m") // and as many seconds as the look took
	holds(t, w.found(t, exitAmiss, "BOHOJA_REDIS__URL=redis://127.0.0.1:1"), "amiss clock:", "not looked at")
}

// TestDoctorWebhooks: a target that is there, one that the guard refuses, and nobody; none is asked anything.
func TestDoctorWebhooks(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(shop.Close)
	w := newWard(t)
	hooked := func(url string) string {
		return "BOHOJA_CONFIG=" + example(t, "    #webhooks:\n", "    webhooks: [{url: "+url+", secret: whsec_bmV3IHNlY3JldCBvZiB0aGUgc2hvcCwgMzIgYnl0ZXM=}]\n")
	}
	const allow = "BOHOJA_WEBHOOKS__ALLOW_PRIVATE=true"
	for _, f := range w.found(t, exitFine, allow, hooked(shop.URL)) {
		if strings.Contains(f, "webhooks") {
			t.Error(f)
		}
	}
	holds(t, w.found(t, exitAmiss, hooked(shop.URL)), "amiss webhooks of shop: target 1 cannot be reached: guard", "ALLOW_PRIVATE")
	holds(t, w.found(t, exitAmiss, allow, hooked("http://127.0.0.1:1/")), "amiss webhooks of shop:", "connect: nobody answers")
	if asked.Load() != 0 {
		t.Error("a target was asked")
	}
}
