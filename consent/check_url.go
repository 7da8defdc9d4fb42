package consent

import (
	"encoding/base64"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// webSchemes are the schemes that mean something to a browser itself. None of them is an app's own: some run scripts,
// some read files, some only confuse. https, and http on loopback, are judged before.
var webSchemes = []string{
	"javascript", "data", "file", "http", "vbscript", "blob", "about", "filesystem", "view-source", "ftp", "ws", "wss",
	"mailto", "tel", "sms", "intent", "content", "jar", "chrome", "resource",
}

// Sizes of a webhook's secret in bytes (Standard Webhooks: 24 to 64).
const (
	minSecret = 24
	maxSecret = 64
)

// page checks an address that people open. It may be left out.
func (c *checker) page(path, raw string) {
	if raw == "" {
		return
	}
	u, ok := c.url(path, raw)
	if ok && u.Scheme != "http" && u.Scheme != "https" {
		c.fault(path, FaultScheme, "write an address that begins with https://")
	}
}

// origin checks an origin as browsers write it: scheme, host and a port that is not the scheme's own.
func (c *checker) origin(path, raw string) {
	u, ok := c.url(path, raw)
	if !ok {
		return
	}
	own := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	switch {
	case u.Scheme == "http" && !loopback(u), u.Scheme != "http" && u.Scheme != "https":
		c.fault(path, FaultInsecure, "write https://, or http:// on localhost")
	case raw != u.Scheme+"://"+strings.ToLower(u.Host), u.Port() != "" && u.Port() == own, strings.Contains(u.Host, "*"):
		c.fault(path, FaultMalformed, "write the origin as browsers do: https://shop.example, without path, wildcard or usual port")
	}
}

// back checks an address to which a browser is sent: https, http on loopback, or a mobile app's own scheme.
func (c *checker) back(path, raw string) {
	u, ok := c.url(path, raw)
	switch {
	case !ok, u.Scheme == "https", u.Scheme == "http" && loopback(u):
	case u.Scheme == "http":
		c.fault(path, FaultInsecure, "write https://; http:// is for localhost only")
	case slices.Contains(webSchemes, u.Scheme):
		c.fault(path, FaultScheme, "write https:// or the private scheme of a mobile app, such as com.example.shop:/welcome")
	}
}

// hooks checks an app's webhooks.
func (c *checker) hooks(path string, hooks []Webhook) {
	urls := seen{}
	for i, h := range hooks {
		at := index(path, i)
		c.once(urls, at+".url", h.URL, "this address is listed already")
		c.hook(at+".url", h.URL)
		if h.Secret.Empty() {
			c.fault(at+".secret", FaultSecret, "give secret, secret_env or secret_file: "+secretForm)
		} else {
			c.secret(at+".secret", h.Secret)
		}
		if !h.OldSecret.Empty() {
			c.secret(at+".old_secret", h.OldSecret)
		}
		if !h.TestSecret.Empty() {
			c.secret(at+".test_secret", h.TestSecret)
		}
	}
}

func (c *checker) hook(path, raw string) {
	u, ok := c.url(path, raw)
	switch {
	case !ok:
	case u.Scheme != "https" && u.Scheme != "http":
		c.fault(path, FaultScheme, "write an address that begins with https://")
	case u.Scheme == "http" && !loopback(u):
		c.fault(path, FaultInsecure, "write https://: events tell when children sign up")
	case !c.private && private(u):
		c.fault(path, FaultPrivate, "this address lies in a private network; webhooks.allow_private allows it")
	}
}

// secretForm says what a secret is, and how to make one.
const secretForm = "whsec_ and 24 to 64 random bytes in base64, such as by: echo whsec_$(openssl rand -base64 32)" //nolint:gosec // how to make one, not one

// secret checks the form of a webhook's secret and never repeats it.
func (c *checker) secret(path string, s Private) {
	text, ok := strings.CutPrefix(s.Reveal(), "whsec_")
	raw, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(raw) < minSecret || len(raw) > maxSecret {
		c.fault(path, FaultSecret, "a secret is "+secretForm)
	}
}

// url reads an absolute address. What could hide in one is refused: a password, a fragment, and for web addresses a missing host.
func (c *checker) url(path, raw string) (*url.URL, bool) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		c.fault(path, FaultMissing, "write an address")
	case err != nil, u.Scheme == "", strings.ContainsFunc(raw, unprintable):
		c.fault(path, FaultMalformed, "write a whole address, such as https://shop.example/welcome")
	case u.User != nil:
		c.fault(path, FaultMalformed, "an address must not hold a user name or password")
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		c.fault(path, FaultMalformed, "an address must not hold a fragment (#)")
	case (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() == "":
		c.fault(path, FaultMalformed, "the address names no host")
	default:
		return u, true
	}
	return nil, false
}

func loopback(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// private reports whether the address says by itself that it lies in the own network. Names are judged when they are
// dialled: what a name means can change after this check.
func private(u *url.URL) bool {
	if loopback(u) {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	ip = ip.Unmap()
	return err == nil && (ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified())
}
