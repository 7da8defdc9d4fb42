package web

import (
	"log/slog"
	"slices"

	"github.com/gin-gonic/gin"
)

// Security is the stable name of a security event: the value of "event" in its line of the log, and the label of its count. People
// are told by their id, apps and keys by theirs; no name, address or secret is in a line.
type Security string

// The security events. The table in consent/README.md says of each what it means; a test holds the two together.
const (
	SignedIn         Security = "sign_in"
	SignInFailed     Security = "sign_in_failed"
	SignInLocked     Security = "sign_in_locked"
	FactorFailed     Security = "second_factor_failed"
	CodeReplayed     Security = "code_replayed"
	SecretChanged    Security = "secret_changed"
	SessionsEnded    Security = "sessions_ended"
	PermissionDenied Security = "permission_denied"
	CrossOrigin      Security = "cross_origin_refused"
	KeyRefused       Security = "key_refused"
	KeyInBrowser     Security = "key_in_browser"
	RateLimited      Security = "rate_limited"
	DecoyPressed     Security = "decoy_pressed"
)

// SecurityEvents lists them all.
var SecurityEvents = []Security{
	SignedIn, SignInFailed, SignInLocked, FactorFailed, CodeReplayed, SecretChanged, SessionsEnded, PermissionDenied, CrossOrigin, KeyRefused, KeyInBrowser,
	RateLimited, DecoyPressed,
}

// expected are the events of a day on which nothing is wrong; the others are warnings.
var expected = []Security{SignedIn, SecretChanged, SessionsEnded}

// Event writes a security event to the log and counts it. attrs say who or what by stable names: person, app, key, cause.
func (p *Problems) Event(c *gin.Context, e Security, attrs ...slog.Attr) {
	level := slog.LevelWarn
	if slices.Contains(expected, e) {
		level = slog.LevelInfo
	}
	attrs = append([]slog.Attr{slog.String("event", string(e)), slog.String("request", IDOf(c)), slog.String("route", c.FullPath())}, attrs...)
	p.Log.LogAttrs(c.Request.Context(), level, "security event", attrs...)
	if p.Counted != nil {
		p.Counted(e)
	}
}
