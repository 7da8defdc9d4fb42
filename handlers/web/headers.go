package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The policies of the pages (API reference, "Headers"). Nothing may be loaded, framed or sent elsewhere unless it is named here.
const (
	policyPage = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	policyDocs = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
	policyJSON = "default-src 'none'; frame-ancestors 'none'"
)

func common(h http.Header, policy, referrer string) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", referrer)
	h.Set("Content-Security-Policy", policy)
}

// GuardianHeaders are those of /c /w /k /code /my: no script, no frame, no cache, and no referrer, since the path holds the link;
// for the same reason no search engine may list it, also where the answer is no page that could say so itself.
func GuardianHeaders(h http.Header) {
	common(h, policyPage, "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow")
}

// StaffHeaders are those of staff pages: as GuardianHeaders, with the origin told to the same origin, which
// http.CrossOriginProtection needs.
func StaffHeaders(h http.Header) { common(h, policyPage, "same-origin") }

// DocsHeaders are those of /docs: everything from this host, nothing from elsewhere.
func DocsHeaders(h http.Header) { common(h, policyDocs, "no-referrer") }

// AnswerHeaders are those of the API's documents.
func AnswerHeaders(h http.Header) { common(h, policyJSON, "no-referrer") }

// StartHeaders are those of /start: as GuardianHeaders, and its form may lead on to the app's return URLs.
func StartHeaders(h http.Header, returns []string) {
	common(h, strings.Replace(policyPage, "form-action 'self'", formAction(returns), 1), "no-referrer")
}

// FrameHeaders are those of /start inside a frame of one of the app's origins. The frame has a script, which tells its
// host how tall it is.
func FrameHeaders(h http.Header, returns, origins []string) {
	policy := strings.Replace(policyPage, "form-action 'self'", formAction(returns), 1)
	policy = strings.Replace(policy, "frame-ancestors 'none'", ancestors(origins), 1)
	common(h, policy+"; script-src 'self'", "no-referrer")
}

// AssetHeaders are those of a static file whose name holds its digest: it may be kept for ever.
func AssetHeaders(h http.Header) {
	common(h, policyJSON, "no-referrer")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
}

func formAction(returns []string) string {
	return strings.Join(append([]string{"form-action 'self'"}, sources(returns)...), " ")
}

// ancestors falls back to nobody: an app without origins is framed nowhere.
func ancestors(origins []string) string {
	s := sources(origins)
	if len(s) == 0 {
		s = []string{"'none'"}
	}
	return "frame-ancestors " + strings.Join(s, " ")
}

// sources makes policy sources of URLs: origins of web addresses, schemes of others (mobile apps). What does not parse,
// or could end a directive, is left out, which makes the policy stricter.
func sources(urls []string) []string {
	var out []string
	for _, raw := range urls {
		u, err := url.Parse(raw)
		if err != nil || u.Scheme == "" {
			continue
		}
		s := u.Scheme + ":"
		if u.Scheme == "https" || u.Scheme == "http" {
			s += "//" + u.Host
		}
		if u.Opaque == "" && strings.ContainsAny(u.Host, ";, '\"") || slices.Contains(out, s) {
			continue
		}
		out = append(out, s)
	}
	return out
}
