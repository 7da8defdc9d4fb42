package staff

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost of a password: the second of OWASP's equal settings, chosen for its memory, since the whole service lives in 60 MB.
const (
	argonTime   = 2
	argonMemory = 19 * 1024 // KiB
	argonLanes  = 1
	saltSize    = 16
	keySize     = 32
)

// Lengths of a password: characters at least (NIST SP 800-63B asks for 8 beside a second factor), bytes at most.
const (
	PasswordLeast = 12
	PasswordMost  = 128
)

// one lets a single password be worked at a time, so that a crowd at the door costs time and no memory.
type one chan struct{}

func (o one) do(f func()) {
	o <- struct{}{}
	defer func() { <-o }()
	f()
}

// CheckPassword refuses a password that is too easy. name must not be in it; words of the house do not count in its length.
// Errors: ErrPassword, ErrCommon.
func CheckPassword(name, password string, house ...string) error {
	holds := strings.Contains(strings.ToLower(password), name)
	if utf8.RuneCountInString(password) < PasswordLeast || len(password) > PasswordMost || holds || !utf8.ValidString(password) || flat(password) {
		return ErrPassword
	}
	if common(password) || utf8.RuneCountInString(without(strings.ToLower(password), house)) < PasswordLeast {
		return ErrCommon
	}
	return nil
}

func (s *Service) checkPassword(p Person, password string) error {
	var house []string
	if s.House != nil {
		house = s.House()
	}
	return CheckPassword(p.Name, password, house...)
}

// without takes words out of a password in small letters, the longest first, so that a word within another leaves nothing behind.
func without(password string, words []string) string {
	words = slices.Clone(words)
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	for _, w := range words {
		if w = strings.ToLower(strings.TrimSpace(w)); utf8.RuneCountInString(w) >= houseLeast {
			password = strings.ReplaceAll(password, w, "")
		}
	}
	return password
}

// flat: fewer than five different characters.
func flat(password string) bool {
	seen := map[rune]bool{}
	for _, r := range password {
		seen[r] = true
	}
	return len(seen) < 5
}

// hash keeps a password in PHC form.
func hash(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // crypto/rand never returns an error (Go 1.24)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, keySize)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// nobody's hash: compared when a name is unknown, so that the answer takes as long.
var nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// matches compares in constant time. A hash of another form or cost than this program writes never matches: it fails closed.
func matches(phc, password string) bool {
	var memory, rounds, lanes uint32
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &rounds, &lanes); err != nil || memory > 1<<20 || rounds < 1 || rounds > 16 || lanes < 1 || lanes > 8 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) != keySize {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, rounds, memory, uint8(lanes), keySize)
	return subtle.ConstantTimeCompare(got, want) == 1 && phc != nobody
}
