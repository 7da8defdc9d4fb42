package config

import (
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Check returns everything that keeps serve from starting: what could not be read, what is missing, what makes no sense,
// and the faults of the declared apps. locales are the languages of pages and letters.
func (l *Loaded) Check(locales []string) Faults {
	c := &checker{Loaded: l}
	c.listeners()
	c.redis()
	c.smtp()
	c.times()
	c.limits()
	for _, f := range l.Settings.Declared(locales).Check() {
		c.add(f.Path, f.Code, f.Detail)
	}
	return append(slices.Clone(l.faults), c.found...)
}

// Advise returns what serve accepts and what is yet better done otherwise.
func (l *Loaded) Advise(locales []string) Faults {
	c := &checker{Loaded: l}
	s := &l.Settings
	if u, err := url.Parse(s.PublicURL); err == nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		c.add("public_url", AdviceClear, "links to guardians' pages should begin with https://")
	}
	if u, err := url.Parse(s.SMTP.URL.Reveal()); err == nil && u.Scheme == "smtp" && !isLoopback(u.Hostname()) {
		c.add("smtp.url", AdviceClear, "letters leave this host unencrypted; use smtps:// or smtp+starttls://")
	}
	for _, f := range s.Declared(locales).Advise() {
		c.add(f.Path, f.Code, f.Detail)
	}
	return c.found
}

// checker adds faults with the place of the setting, leaving out settings that reading has already told of.
type checker struct {
	*Loaded
	found Faults
}

func (c *checker) add(setting, code, detail string) {
	if !c.faults.covers(setting) {
		c.found = append(c.found, Fault{setting, c.root.whereIs(setting), code, detail})
	}
}

func (c *checker) listeners() {
	s := &c.Settings
	switch u, err := url.Parse(s.PublicURL); {
	case s.PublicURL == "":
		c.add("public_url", FaultRequired, "write the address under which guardians reach this service, such as https://consent.shop.example")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		c.add("public_url", FaultForm, "write https://, a host and perhaps a path, such as https://shop.example/consent")
	}
	if u, err := url.Parse(s.OpsURL); err != nil || s.OpsURL != "" && (u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		c.add("ops_url", FaultForm, "write https:// and a host")
	}
	c.listener("listen", s.Listen)
	c.listener("ops_listen", s.OpsListen)
	if s.Listen == s.OpsListen && !strings.HasSuffix(s.Listen, ":0") {
		c.add("ops_listen", FaultRange, "staff pages and metrics need a listener of their own; write another port than in listen")
	}
}

func (c *checker) listener(setting, addr string) {
	_, port, err := net.SplitHostPort(addr)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
		c.add(setting, FaultForm, "write host:port, such as 127.0.0.1:8080 or :8080")
	}
}

// redis looks at each of the comma-separated addresses; only the first needs a scheme.
func (c *checker) redis() {
	raw := c.Settings.Redis.URL.Reveal()
	if raw == "" {
		c.add("redis.url", FaultRequired, "write where Redis is, such as redis://localhost:6379")
		return
	}
	for i, part := range strings.Split(raw, ",") {
		if i > 0 && !strings.Contains(part, "://") {
			part = "redis://" + part
		}
		u, err := url.Parse(part)
		if err != nil || u.Host == "" || !slices.Contains([]string{"redis", "rediss", "redis+sentinel", "rediss+sentinel"}, u.Scheme) {
			c.add("redis.url", FaultForm, "write redis://host:6379, rediss:// for TLS, several by comma, or redis+sentinel://host:26379?master=name")
			return
		}
	}
	if strings.Contains(strings.SplitN(raw, ":", 2)[0], "+sentinel") && !strings.Contains(raw, "master=") {
		c.add("redis.url", FaultForm, "say which master the sentinels watch: ?master=name")
	}
}

func (c *checker) smtp() {
	c.dkim()
	c.bounces()
	s := &c.Settings.SMTP
	switch u, err := url.Parse(s.URL.Reveal()); {
	case s.URL.Empty():
		c.add("smtp.url", FaultRequired, "write where letters are handed in, such as smtp+starttls://user:password@mail.example:587")
	case err != nil || u.Host == "" || !slices.Contains([]string{"smtps", "smtp+starttls", "smtp"}, u.Scheme):
		c.add("smtp.url", FaultForm, "write smtps://, smtp+starttls:// or smtp://, and a host; encode special characters of a password as %40")
	case u.Scheme == "smtp" && u.User != nil && !isLoopback(u.Hostname()):
		c.add("smtp.url", FaultExposed, "the password would travel unencrypted; use smtps:// or smtp+starttls://")
	}
	if s.From == "" {
		c.add("smtp.from", FaultRequired, "write the sender's address, such as Haneul Shop <consent@shop.example>")
		return
	}
	from, err := mail.ParseAddress(s.From)
	if err == nil {
		_, ok := consent.ParseMailbox(from.Address)
		err = map[bool]error{false: errForm}[ok]
	}
	if err != nil {
		c.add("smtp.from", FaultForm, "write one address, perhaps with a name: Haneul Shop <consent@shop.example>")
	}
}

// dkimForm is a selector, one label; a domain has two at least.
var dkimForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func (c *checker) dkim() {
	s := &c.Settings.SMTP
	if !dkimForm.MatchString(s.DKIMSelector) {
		c.add("smtp.dkim_selector", FaultForm, "write one label of a DNS name in small letters, such as bohoja")
	}
	if s.DKIMDomain == "" {
		return
	}
	if _, ok := consent.ParseMailbox("a@" + s.DKIMDomain); !ok {
		c.add("smtp.dkim_domain", FaultForm, "write a domain such as shop.example, or leave it out to take the sender's")
	}
}

// localMost is the longest local part of a return path that leaves room for a token in the 64 of RFC 5321.
const localMost = 15

// bounces checks the return path and where it is served: both or neither.
func (c *checker) bounces() {
	s := &c.Settings.SMTP
	local, _, _ := strings.Cut(s.Bounces, "@")
	_, mailbox := consent.ParseMailbox(s.Bounces)
	_, _, err := net.SplitHostPort(s.BouncesListen)
	switch {
	case s.Bounces != "" && (!mailbox || len(local) > localMost || strings.Contains(local, "+")):
		c.add("smtp.bounces", FaultForm, "write the address to which letters come back, such as bounces@shop.example, with 15 characters before the @ at most and no plus")
	case s.BouncesListen != "" && err != nil:
		c.add("smtp.bounces_listen", FaultForm, "write where your mail server brings what comes back, such as 127.0.0.1:8026")
	case s.Bounces != "" && s.BouncesListen == "":
		c.add("smtp.bounces_listen", FaultRequired, "write where your mail server brings what comes back to smtp.bounces, such as 127.0.0.1:8026")
	case s.Bounces == "" && s.BouncesListen != "":
		c.add("smtp.bounces", FaultRequired, "write the address to which letters come back, such as bounces@shop.example")
	}
}

// Bounds of amend.wait: a mailbox is read once a day, and nobody should wait longer than a month.
const (
	leastAmend = 24 * time.Hour
	mostAmend  = 720 * time.Hour
)

// times checks durations; the deadline itself is checked with the profile.
func (c *checker) times() {
	s := &c.Settings
	positive := map[string]time.Duration{"release.window": s.Release.Window, "erase.due": s.Erase.Due, "evidence.keep": s.Evidence.Keep}
	for i, d := range s.Mail.RemindAfter {
		positive["mail.remind_after["+strconv.Itoa(i)+"]"] = d
	}
	notNegative := map[string]time.Duration{"mail.confirm_delay": s.Mail.ConfirmDelay, "reask.after": s.Reask.After, "link.ttl": s.Link.TTL}
	for _, setting := range sortedKeys(positive) {
		if positive[setting] <= 0 {
			c.add(setting, FaultRange, "write more than 0")
		}
	}
	for _, setting := range sortedKeys(notNegative) {
		if notNegative[setting] < 0 {
			c.add(setting, FaultRange, "write 0 or more")
		}
	}
	if s.Amend.Wait < leastAmend || s.Amend.Wait > mostAmend {
		c.add("amend.wait", FaultRange, "write 24h to 720h: so long can who has the guardian's present address stop its correction")
	}
	if s.Link.TTL > s.Pending.TTL {
		c.add("link.ttl", FaultRange, "a link cannot decide after the deadline; write at most pending.ttl, or leave it out")
	}
	if s.Link.MinSeconds < 0 || s.Link.MinSeconds > 60 {
		c.add("link.min_seconds", FaultRange, "write 0 to 60")
	}
}

func (c *checker) limits() {
	s := &c.Settings
	counts := map[string]int{
		"limits.guardian_per_day": s.Limits.GuardianPerDay, "limits.resend_per_day": s.Limits.ResendPerDay,
		"limits.requests_per_minute": s.Limits.RequestsPerMinute,
	}
	for _, setting := range sortedKeys(counts) {
		if counts[setting] < 1 {
			c.add(setting, FaultRange, "write 1 or more")
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, s.Log.Level) {
		c.add("log.level", FaultForm, "write debug, info, warn or error")
	}
	if s.Log.Format != "json" && s.Log.Format != "text" {
		c.add("log.format", FaultForm, "write json or text")
	}
	c.folder("keys.dir", s.Keys.Dir)
	c.folder("audit.dir", s.Audit.Dir)
	if s.Audit.Keep < leastAudit {
		c.add("audit.keep", FaultRange, "an access log is kept at least a year (KR-23): write 8760h or more")
	}
}

// leastAudit is how long an access log must be kept (KR-23).
const leastAudit = 365 * 24 * time.Hour

func (c *checker) folder(setting, dir string) {
	if strings.TrimSpace(dir) == "" {
		c.add(setting, FaultRequired, "write the path of a folder")
	}
}

// OpsAddress returns where a command on this host reaches the ops listener: http:// and an address that can be dialled.
func (s *Settings) OpsAddress() string {
	host, port, err := net.SplitHostPort(s.OpsListen)
	if err != nil {
		return "http://" + s.OpsListen
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return "http://" + net.JoinHostPort(host, port)
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func trimSlash(s string) string { return strings.TrimRight(s, "/") }

// Add appends a fault with the place of its setting, unless something was said about the setting, or a part of it, already.
func (l *Loaded) Add(faults Faults, setting, code, detail string) Faults {
	told := faults.covers(setting)
	for _, f := range faults {
		told = told || strings.HasPrefix(f.Setting, setting+".")
	}
	if told {
		return faults
	}
	return append(faults, Fault{setting, l.root.whereIs(setting), code, detail})
}
