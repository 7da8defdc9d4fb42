package consent_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// flagEmail flags an address by hand.
func flagEmail(t *testing.T, k *consenttest.Kit, app *consent.App, address string) {
	t.Helper()
	_, err := k.Service.Flag(t.Context(), app, consent.Actor{Kind: consent.ActorApp}, consent.Minor{Who: consent.Identity{Email: consent.Secret(address)}})
	if err != nil {
		t.Error(err)
	}
}

func export(t *testing.T, k *consenttest.Kit, since time.Time) (map[consent.ExportDigest]bool, time.Time) {
	t.Helper()
	all, at := map[consent.ExportDigest]bool{}, time.Time{}
	err := k.Service.Export(t.Context(), k.App, since, func(next time.Time, some []consent.ExportDigest) error {
		for _, one := range some {
			all[one] = true
		}
		at = next
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, at
}

func listed(k *consenttest.Kit, address string) consent.ExportDigest {
	d := k.Vault.Digest(consent.DigestFlagEmail, address)
	return consent.ExportDigest(d[:consent.ExportSize])
}

// Lists that follow each other by since= name together everybody whose flag was acknowledged before the last began, while
// others are being flagged.
func TestExportMissesNobody(t *testing.T) {
	k := consenttest.New(t)
	const hands, each = 4, 60
	var all sync.WaitGroup
	for hand := range hands {
		all.Go(func() {
			for i := range each {
				flagEmail(t, k, k.App, fmt.Sprintf("child.%d.%d@example.com", hand, i))
			}
		})
	}
	known, since := map[consent.ExportDigest]bool{}, time.Time{}
	follow := func() {
		some, next := export(t, k, since)
		for one := range some {
			known[one] = true
		}
		since = next
	}
	for range 5 {
		follow()
	}
	all.Wait()
	follow()
	for hand := range hands {
		for i := range each {
			if address := fmt.Sprintf("child.%d.%d@example.com", hand, i); !known[listed(k, address)] {
				t.Errorf("%s is in no list", address)
			}
		}
	}
}

// Of apps that share a gate each list names the children of all; of apps on their own, its own.
func TestExportFollowsTheScope(t *testing.T) {
	k := consenttest.New(t)
	flagEmail(t, k, k.Service.Book().Apps["game"], "kid@example.com")
	if all, _ := export(t, k, time.Time{}); !all[listed(k, "kid@example.com")] {
		t.Error("a child of another app is not in the list")
	}
	k.Service.Book().Gate.Scope = consent.GateApp
	if all, _ := export(t, k, time.Time{}); len(all) != 0 {
		t.Errorf("%d of another app are in the list", len(all))
	}
}

// Whoever cannot take a page ends the walk, and is told so.
func TestExportEndsWithItsReader(t *testing.T) {
	k := consenttest.New(t)
	flagEmail(t, k, k.App, "kid@example.com")
	gone := errors.New("gone")
	pages := 0
	err := k.Service.Export(t.Context(), k.App, time.Time{}, func(time.Time, []consent.ExportDigest) error { pages++; return gone })
	if !errors.Is(err, gone) || pages != 1 {
		t.Errorf("%v after %d pages", err, pages)
	}
}
