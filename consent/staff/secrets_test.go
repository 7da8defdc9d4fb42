package staff_test

import (
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent/staff"
)

// A password is kept by Argon2id with what OWASP asks for at least (19 MiB, two rounds, one lane), 128 bits of salt of its own and
// 256 bits of key.
func TestPasswordsAreDearToGuess(t *testing.T) {
	o := open(t)
	seen := map[string]bool{}
	for _, name := range []string{"minji", "jun"} {
		p, _ := o.join(name, staff.Viewer)
		var version, memory, rounds, lanes int
		parts := strings.Split(p.Password, "$")
		if len(parts) != 6 || parts[1] != "argon2id" {
			t.Fatalf("kept as %.20s", p.Password)
		}
		_, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &rounds, &lanes)
		if err != nil || version != 19 || memory < 19*1024 || rounds < 2 || lanes < 1 {
			t.Errorf("cost %s %s, %v", parts[2], parts[3], err)
		}
		for i, bits := range map[int]int{4: 128, 5: 256} {
			if raw, err := base64.RawStdEncoding.DecodeString(parts[i]); err != nil || len(raw)*8 < bits || seen[parts[i]] {
				t.Errorf("part %d has %d bits, %v, or is another's too", i, len(raw)*8, err)
			}
			seen[parts[i]] = true
		}
	}
}

// A password counts sign by sign as it was typed: spaces, case, and all 128 bytes of the longest. A year later it is still good.
func TestPasswordIsTakenAsTyped(t *testing.T) {
	o := open(t)
	p, token, err := o.Invite(t.Context(), "cli:0", "minji", staff.Viewer)
	o.must(err)
	_, f, err := o.Welcome(t.Context(), p.ID, token, nil)
	o.must(err)
	secret := f.Secret.Reveal()
	long := " Aé" + strings.Repeat("wxyz", 30) + "12 "
	long += strings.Repeat("!", 128-len(long))
	o.must(o.Join(t.Context(), p.ID, token, long, o.code(secret), f.Sealed))
	tried := func(password string) error {
		o.must(o.kit.Store.Advance(t.Context(), staff.TriesIn))
		_, err := o.Enter(t.Context(), "minji", password, o.code(secret), device)
		return err
	}
	for name, wrong := range map[string]string{
		"trimmed": strings.TrimSpace(long), "other case": strings.ToLower(long), "cut by one": long[:127], "cut at 72": long[:72], "one more": long + "!", "composed otherwise": strings.Replace(long, "é", "e\u0301", 1),
	} {
		if err := tried(wrong); !errors.Is(err, staff.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.must(tried(long))
	o.must(o.kit.Store.Advance(t.Context(), 365*24*time.Hour))
	o.must(tried(long))
}

// What opens a door is made anew each time, of 128 random bits at least: sessions, invitations and second factors.
func TestSecretsAreLongAndNew(t *testing.T) {
	o := open(t)
	_, token, err := o.Invite(t.Context(), "cli:0", "jun", staff.Viewer)
	o.must(err)
	_, again, err := o.Invite(t.Context(), "cli:0", "jun", staff.Viewer)
	o.must(err)
	_, secret := o.join("minji", staff.Viewer)
	_, other := o.join("sora", staff.Viewer)
	url := base64.RawURLEncoding.DecodeString
	typed := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString
	for name, c := range map[string]struct {
		pair   [2]string
		decode func(string) ([]byte, error)
	}{
		"session": {[2]string{o.enter("minji", secret), o.enter("minji", secret)}, url}, "invitation": {[2]string{token, again}, url}, "factor": {[2]string{secret, other}, typed},
	} {
		a, err1 := c.decode(c.pair[0])
		b, err2 := c.decode(c.pair[1])
		if err := errors.Join(err1, err2); err != nil || len(a) < 16 || len(a) != len(b) {
			t.Fatalf("%s: %d bytes, %v", name, len(a), err)
		}
		if n := alike(a, b); n > len(a)/4 {
			t.Errorf("%s: two of them have %d of %d bytes in common", name, n, len(a))
		}
	}
}

func alike(a, b []byte) (n int) {
	for i := range a {
		if a[i] == b[i] {
			n++
		}
	}
	return n
}
