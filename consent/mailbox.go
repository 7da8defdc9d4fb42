package consent

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Lengths of an address in bytes (RFC 5321, 4.5.3.1).
const (
	maxAddress = 254
	maxLocal   = 64
	maxLabel   = 63
)

// atext are the characters of an unquoted local part (RFC 5322, 3.2.3) beside letters and digits. Quoted local parts,
// comments, groups and literals are valid mail and a danger: they are refused.
const atext = "!#$%&'*+-/=?^_`{|}~"

// Mailbox is an address that passed ParseMailbox. It is sent as it was typed; Canonical is for comparing and counting only.
type Mailbox struct {
	Address   Private // as typed, trimmed; the domain in ASCII
	Canonical Private
	Domain    string // ASCII, lower case
}

// ParseMailbox reads one address: local@domain.tld with an ASCII local part. ok is false for everything else, and for a
// domain that IDNA would change other than by ASCII case or by encoding it.
func ParseMailbox(s string) (m Mailbox, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) == 0 || len(s) > maxAddress {
		return m, false
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 {
		return m, false
	}
	local := s[:at]
	domain, ok := asciiDomain(s[at+1:])
	if !ok || !validLocal(local) {
		return m, false
	}
	return Mailbox{
		Address:   Secret(local + "@" + domain),
		Canonical: Secret(canonicalLocal(local, domain) + "@" + canonicalDomain(domain)),
		Domain:    domain,
	}, true
}

// AppendCanonical appends the canonical form of an address to dst, as ParseMailbox has it. Addresses of plain ASCII, which
// nearly all are, take one pass and no memory: the marketing gate asks for millions.
func AppendCanonical(dst []byte, s string) ([]byte, bool) {
	if out, ok := appendPlain(dst, s); ok {
		return out, true
	}
	m, ok := ParseMailbox(s)
	return append(dst, m.Canonical.Reveal()...), ok
}

// appendPlain does what is surely right, and leaves the rest (also what is wrong) to ParseMailbox.
func appendPlain(dst []byte, s string) ([]byte, bool) {
	at := strings.LastIndexByte(s, '@')
	if len(s) > maxAddress || at < 1 || at > maxLocal {
		return dst, false
	}
	from := len(dst)
	out, ok := appendLocal(dst, s[:at])
	if !ok {
		return dst, false
	}
	end := len(out)
	out, ok = appendDomain(append(out, '@'), s[at+1:])
	if !ok {
		return dst, false
	}
	return unite(out, from, end), true
}

// appendLocal folds case and drops the tag. A plus in front begins no tag, and then none behind it does.
func appendLocal(dst []byte, local string) ([]byte, bool) {
	last, tagged := byte('.'), false
	for i := range len(local) {
		c := plainLocal[local[i]]
		if c == 0 || c == '.' && last == '.' {
			return dst, false
		}
		if c == '+' && i > 0 && local[0] != '+' {
			tagged = true
		}
		if last = c; !tagged {
			dst = append(dst, c)
		}
	}
	return dst, last != '.'
}

// appendDomain folds case of a domain that IDNA leaves as it is otherwise.
func appendDomain(dst []byte, d string) ([]byte, bool) {
	dots, label, digits := 0, 0, true
	for i := range len(d) {
		c := plainDomain[d[i]]
		switch {
		case c == 0:
			return dst, false
		case c == '.':
			if label == 0 || d[i-1] == '-' {
				return dst, false
			}
			dots, label, digits = dots+1, -1, true
		case c == '-':
			if label == 0 || d[i-1] == '-' {
				return dst, false
			}
			digits = false
		case c >= 'a':
			digits = false
		}
		if label++; label > maxLabel {
			return dst, false
		}
		dst = append(dst, c)
	}
	return dst, dots > 0 && label > 0 && !digits && d[len(d)-1] != '-'
}

// unite gives the domains of one provider one name. The local part stands between from and end.
func unite(dst []byte, from, end int) []byte {
	switch string(dst[end+1:]) {
	case "gmail.com", "googlemail.com":
		return append(undotted(dst, from, end), "@gmail.com"...)
	case "hanmail.net":
		return append(dst[:end], "@daum.net"...)
	}
	return dst
}

func undotted(dst []byte, from, end int) []byte {
	to := from
	for _, c := range dst[from:end] {
		if c != '.' {
			dst[to] = c
			to++
		}
	}
	return dst[:to]
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// plainLocal has for each character of a plain local part its lower case, 0 for all others; plainDomain the same for domains.
var plainLocal, plainDomain = func() (local, domain [256]byte) {
	for c := range byte(0x80) {
		if c == '.' || localRune(rune(c)) {
			local[c] = lower(c)
		}
		if c == '.' || c == '-' || localRune(rune(c)) && !strings.ContainsRune(atext, rune(c)) {
			domain[c] = lower(c)
		}
	}
	return local, domain
}()

func validLocal(local string) bool {
	if len(local) == 0 || len(local) > maxLocal {
		return false
	}
	for part := range strings.SplitSeq(local, ".") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return !localRune(r) }) {
			return false
		}
	}
	return true
}

func localRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r < 0x80 && strings.ContainsRune(atext, r)
}

// asciiDomain returns the lower-case A-label form of a domain of at least two labels.
func asciiDomain(domain string) (string, bool) {
	if domain != norm.NFC.String(domain) { // look-alike forms that IDNA would fold in silence
		return "", false
	}
	lower := strings.ToLower(domain)
	ascii, err := idna.Lookup.ToASCII(lower)
	if err != nil || len(ascii) > maxAddress {
		return "", false
	}
	back, err := idna.Lookup.ToUnicode(ascii)
	if err != nil || back != lower && ascii != lower {
		return "", false
	}
	return ascii, validDomain(ascii)
}

func validDomain(d string) bool {
	labels := strings.Split(d, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		bad := strings.ContainsFunc(l, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' })
		if l == "" || len(l) > maxLabel || l[0] == '-' || l[len(l)-1] == '-' || bad {
			return false
		}
	}
	top := labels[len(labels)-1]
	return strings.ContainsFunc(top, func(r rune) bool { return r < '0' || r > '9' }) // not the end of an IPv4 literal
}

// dotless are providers that ignore dots in the local part; for the rest a dot tells mailboxes apart.
var dotless = []string{"gmail.com", "googlemail.com"}

// sameDomain are domains of one provider that reach the same mailbox.
var sameDomain = map[string]string{"googlemail.com": "gmail.com", "hanmail.net": "daum.net"}

func canonicalDomain(domain string) string {
	if d, ok := sameDomain[domain]; ok {
		return d
	}
	return domain
}

// canonicalLocal folds case and the plus tag, and dots where the provider ignores them.
func canonicalLocal(local, domain string) string {
	l := strings.ToLower(local)
	if base, _, ok := strings.Cut(l, "+"); ok && base != "" {
		l = base
	}
	if slices.Contains(dotless, domain) {
		l = strings.ReplaceAll(l, ".", "")
	}
	return l
}

// knownDomains are the mail providers whose misspellings are worth a hint.
var knownDomains = []string{
	"naver.com", "gmail.com", "hanmail.net", "daum.net", "kakao.com", "nate.com", "outlook.com", "hotmail.com", "icloud.com", "yahoo.com",
}

// SuggestDomain returns the provider that a domain probably means, or "". It is a hint: the address is used as typed.
func SuggestDomain(domain string) string {
	if slices.Contains(knownDomains, domain) {
		return ""
	}
	for _, k := range knownDomains {
		if d := distance(domain, k); d > 0 && d <= 2 && d < len(k)/4+1 {
			return k
		}
	}
	return ""
}

// distance is the number of letters to insert, delete, replace or swap to get from a to b (optimal string alignment). It
// is here because the domain imports the standard library only, and it compares a dozen short words.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			rows[i][j] = step(rows, a, b, i, j)
		}
	}
	return rows[len(a)][len(b)]
}

func step(rows [][]int, a, b string, i, j int) int {
	cost := 1
	if a[i-1] == b[j-1] {
		cost = 0
	}
	best := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
	if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
		best = min(best, rows[i-2][j-2]+1)
	}
	return best
}
