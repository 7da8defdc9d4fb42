package keyfile

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"time"
)

// SecretSize is the length of every key in bytes: AES-256, HMAC-SHA256 and an Ed25519 seed all take 32.
const SecretSize = 32

// ErrCorrupt is a file that bears a key's name and does not hold a key.
var ErrCorrupt = errors.New("the key file is damaged")

// named is the form of a key's name: a letter or word, a dash and a number ("h-2026112315", "evidence-1").
var named = regexp.MustCompile(`^[a-z]{1,16}-[0-9]{1,10}$`)

// ValidName reports whether name can name a key. It keeps paths and temporary files out.
func ValidName(name string) bool { return named.MatchString(name) }

// Key is one key and what its file says about it. It prints as its name.
type Key struct {
	Name   string
	ID     string    // eight random hex digits: the "kid" of a token; so two folders' keys are never taken for one another
	Made   time.Time // millisecond precision
	From   time.Time // the earliest time at which it is used for writing, so that every process knows it by then
	Dies   time.Time // zero: it lives until somebody destroys it
	Secret []byte    `json:"-"` // SecretSize random bytes
}

// New makes a key with a random secret and id, which serves from the time it is made.
func New(name string, made, dies time.Time) Key {
	var id [4]byte
	secret := make([]byte, SecretSize)
	_, _ = rand.Read(id[:]) // crypto/rand never returns an error (Go 1.24)
	_, _ = rand.Read(secret)
	made = made.UTC().Truncate(time.Millisecond)
	return Key{Name: name, ID: hex.EncodeToString(id[:]), Made: made, From: made, Dies: dies.UTC(), Secret: secret}
}

// Fingerprint is a keyed digest of 16 bytes, in hex, of everything the key's file says. It tells whether two processes have
// the same key and nothing of the key itself.
func (k Key) Fingerprint() string {
	mac := hmac.New(sha256.New, k.Secret)
	_, _ = fmt.Fprintf(mac, "fingerprint\x00%s\x00", k.Name)
	_, _ = mac.Write(k.encode())
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Format implements fmt.Formatter: every verb prints the name alone.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.Name) }

// LogValue implements slog.LogValuer with the name.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.Name) }

// file is the form of a key on disk. Times are Unix milliseconds.
type file struct {
	ID     string `json:"kid"`
	Made   int64  `json:"made"`
	From   int64  `json:"from"`
	Dies   int64  `json:"dies,omitempty"`
	Secret []byte `json:"key"`
}

func (k Key) encode() []byte {
	f := file{ID: k.ID, Made: k.Made.UnixMilli(), From: k.From.UnixMilli(), Secret: k.Secret}
	if !k.Dies.IsZero() {
		f.Dies = k.Dies.UnixMilli()
	}
	content, _ := json.Marshal(f) //nolint:gosec // this is the file that holds the key; numbers, text and bytes always marshal
	return append(content, '\n')
}

// Decode reads what the file of a key says. Error: ErrCorrupt, with the name.
func Decode(name string, content []byte) (Key, error) {
	if !ValidName(name) {
		return Key{}, fmt.Errorf("%q: %w", name, ErrCorrupt)
	}
	return decode(name, content)
}

func decode(name string, content []byte) (Key, error) {
	var f file
	if err := json.Unmarshal(content, &f); err != nil || len(f.Secret) != SecretSize || f.ID == "" {
		return Key{}, fmt.Errorf("%s: %w", name, ErrCorrupt)
	}
	k := Key{Name: name, ID: f.ID, Made: time.UnixMilli(f.Made).UTC(), From: time.UnixMilli(f.From).UTC(), Secret: f.Secret}
	if f.Dies != 0 {
		k.Dies = time.UnixMilli(f.Dies).UTC()
	}
	return k, nil
}
