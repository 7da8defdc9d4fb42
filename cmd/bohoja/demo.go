package main

import (
	"crypto/hmac"
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

// loadDemo reads the settings over the built-in declarations, and gives every app a test key that is good as long as this
// process runs, through every reload. It returns the key of the first app.
func (w *world) loadDemo() (l *config.Loaded, key string) {
	l = config.Load(config.Source{File: w.file, Environ: w.environ, Set: w.set, Base: demoYAML})
	for i := range l.Settings.Apps {
		app := &l.Settings.Apps[i]
		secret := w.demoKey(app.ID)
		sum := sha256.Sum256([]byte(secret))
		app.Keys = append(app.Keys, consent.Key{ID: "demo", SHA256: hex.EncodeToString(sum[:]), Scopes: consent.Scopes})
		if i == 0 {
			key = secret
		}
	}
	return l, key
}

// demoKey derives an app's key from what this process drew at its start.
func (w *world) demoKey(app string) string {
	mac := hmac.New(sha256.New, w.seed[:])
	_, _ = mac.Write([]byte(app))
	return testKey + keyAlphabet.EncodeToString(mac.Sum(nil)[:20])
}
