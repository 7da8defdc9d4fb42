package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Names of the headers that Standard Webhooks asks for.
const (
	HeaderID        = "Webhook-Id"        // the event's id, the same for every attempt and every target
	HeaderTimestamp = "Webhook-Timestamp" // of the attempt, Unix seconds
	HeaderSignature = "Webhook-Signature" // "v1,<base64>", several separated by a space
)

const (
	secretPrefix = "whsec_"
	version      = "v1," // HMAC-SHA256; the only version with a shared secret
	minSecret    = 24    // bytes, by the standard
	maxSecret    = 64
)

// ErrSecret is a secret that is not "whsec_" and the base64 of 24 to 64 bytes. The secret is not part of the text.
var ErrSecret = errors.New("webhook: a secret is whsec_ and the base64 of 24 to 64 bytes")

// NewSecret makes a secret of 32 random bytes.
func NewSecret() consent.Private {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return consent.Secret(secretPrefix + base64.StdEncoding.EncodeToString(key))
}

// CheckSecret tells whether a declared secret can sign. Error: ErrSecret.
func CheckSecret(secret consent.Private) error {
	_, err := key(secret.Reveal())
	return err
}

// Sign sets the three headers for one attempt at instant at. While hook has an OldSecret, both sign, the new one first, so
// a receiver may change over whenever it likes. Error: ErrSecret for either of them; nothing is set then.
func Sign(h http.Header, hook consent.Webhook, id string, at time.Time, body []byte) error {
	secrets := []consent.Private{hook.Secret}
	if !hook.OldSecret.Empty() {
		secrets = append(secrets, hook.OldSecret)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, s := range secrets {
		k, err := key(s.Reveal())
		if err != nil {
			return err
		}
		signatures = append(signatures, version+base64.StdEncoding.EncodeToString(mac(k, id, stamp, body)))
	}
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, stamp)
	h.Set(HeaderSignature, strings.Join(signatures, " "))
	return nil
}

// key decodes a secret. An empty or short one is an error, for its signatures could be made by anybody.
func key(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, ErrSecret
	}
	k, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(k) < minSecret || len(k) > maxSecret {
		return nil, ErrSecret
	}
	return k, nil
}

// mac is the HMAC-SHA256 over "id.timestamp.body".
func mac(key []byte, id, stamp string, body []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(id + "." + stamp + "."))
	m.Write(body)
	return m.Sum(nil)
}
