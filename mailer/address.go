package mailer

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths of an address in bytes (RFC 5321, 4.5.3.1).
const (
	maxAddress = 254
	maxLocal   = 64
	maxDomain  = 253
	maxLabel   = 63
)

// The addresses were judged when the request came. They are judged again here, next to the wire, so that no other way into
// this package can put a second command, parameter or header on it (threats: SMTP and ESMTP-parameter injection).

// errAddress is an address outside the grammar. It does not repeat the address.
var errAddress = errors.New("not a plain mail address")

// checkRecipient passes local@domain.tld: an unquoted local part, a domain of at least two labels. wide is true when the
// local part has letters outside of ASCII, which only a server with SMTPUTF8 takes (RFC 6531).
func checkRecipient(addr string) (wide bool, err error) {
	local, domain, ok := split(addr)
	if !ok || !validDomain(domain, 2) {
		return false, errAddress
	}
	ok, wide = validLocal(local)
	if !ok {
		return false, errAddress
	}
	return wide, nil
}

// checkOwn passes an address of the operator's: ASCII only; a single label such as localhost is a domain too.
func checkOwn(addr string) error {
	local, domain, ok := split(addr)
	if !ok || !validDomain(domain, 1) {
		return errAddress
	}
	if ok, wide := validLocal(local); !ok || wide {
		return errAddress
	}
	return nil
}

func split(addr string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(addr, '@')
	if at < 1 || len(addr) > maxAddress {
		return "", "", false
	}
	return addr[:at], strings.ToLower(addr[at+1:]), true
}

func domainOf(addr string) string {
	_, domain, _ := split(addr)
	return domain
}

// validLocal takes a dot-atom (RFC 5322, 3.2.3), with letters, digits and marks beyond ASCII when wide. Bytes that are no
// UTF-8 read as U+FFFD, which is none of these.
func validLocal(local string) (ok, wide bool) {
	if len(local) > maxLocal {
		return false, false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !localRune(r) }) {
			return false, false
		}
	}
	return true, strings.ContainsFunc(local, func(r rune) bool { return r >= utf8.RuneSelf })
}

func localRune(r rune) bool {
	if r < utf8.RuneSelf {
		return alphanumeric(r) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.M)
}

// validDomain takes letters, digits and inner hyphens, in lower case, of at least so many labels; no address literal.
func validDomain(domain string, labels int) bool {
	parts := strings.Split(domain, ".")
	if len(domain) > maxDomain || len(parts) < labels {
		return false
	}
	for _, p := range parts {
		if p == "" || len(p) > maxLabel || p[0] == '-' || p[len(p)-1] == '-' ||
			strings.ContainsFunc(p, func(r rune) bool { return !alphanumeric(r) && r != '-' }) {
			return false
		}
	}
	return strings.ContainsFunc(parts[len(parts)-1], unicode.IsLetter) // else it is an IPv4 address
}

func alphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// parseSender reads SMTP__FROM: an address, with or without a name.
func parseSender(from string) (mail.Address, error) {
	a, err := mail.ParseAddress(from)
	if err != nil || checkOwn(a.Address) != nil || strings.ContainsFunc(a.Name, unicode.IsControl) {
		return mail.Address{}, errors.New("smtp from: not a sender of the form Name <local@domain> or local@domain")
	}
	return *a, nil
}

// bounce is the return path; the zero value stands for the sender's own address.
type bounce struct{ local, domain string }

// parseBounces reads the return path's setting.
func parseBounces(addr string) (bounce, error) {
	if addr == "" {
		return bounce{}, nil
	}
	if checkOwn(addr) != nil {
		return bounce{}, errors.New("smtp bounces: not an address of the form local@domain")
	}
	local, domain, _ := split(addr)
	return bounce{local, domain}, nil
}

// of is the return path of one letter: a bounce that comes back to it names its letter by the token (VERP).
func (b bounce) of(token, sender string) string {
	switch {
	case b.local == "":
		return sender
	case token == "":
		return b.local + "@" + b.domain
	}
	return b.local + "+" + token + "@" + b.domain
}
