package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"regexp"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// challenged is the form of a challenge: as rand.Text writes one, of 128 bits at least.
var challenged = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// nonceOf returns the random word that all processes on one Redis share; the first of them makes it. It is shown to nobody.
func nonceOf(ctx context.Context, store *redisstore.Store) (string, error) {
	return store.Claim(ctx, "instance", rand.Text())
}

// proof is the answer to a challenge by whoever knows the nonce.
func proof(nonce, challenge string) string {
	mac := hmac.New(sha256.New, []byte(nonce))
	_, _ = mac.Write([]byte("bohoja instance\x00" + challenge))
	return hex.EncodeToString(mac.Sum(nil))
}

// prove answers a challenge on the public listener. Error: consent.ErrNotFound for what is none.
func (h *house) prove(challenge string) (string, error) {
	if h.nonce == "" || !challenged.MatchString(challenge) {
		return "", consent.ErrNotFound
	}
	return proof(h.nonce, challenge), nil
}
