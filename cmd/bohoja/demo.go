package main

import (
	"crypto/sha256"
	_ "embed" // for demo.yaml
	"encoding/hex"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
)

// demoYAML declares what `bohoja dev` and BOHOJA_DEMO show.
//
//go:embed demo.yaml
var demoYAML []byte

// loadDemo reads the settings over the built-in declarations, and gives every app a new test key.
// It returns the key of the first app.
func (w *world) loadDemo() (l *config.Loaded, key string) {
	l = config.Load(config.Source{File: w.file, Environ: w.environ, Set: w.set, Base: demoYAML})
	for i := range l.Settings.Apps {
		secret := newKey("bhj_test_sk_")
		sum := sha256.Sum256([]byte(secret))
		l.Settings.Apps[i].Keys = append(l.Settings.Apps[i].Keys, consent.Key{
			ID: "demo", SHA256: hex.EncodeToString(sum[:]), Scopes: consent.Scopes,
		})
		if i == 0 {
			key = secret
		}
	}
	return l, key
}
