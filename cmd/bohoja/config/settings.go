package config

import (
	"net/netip"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Settings is everything that an operator may set. Defaults returns it as it is when nothing is set.
type Settings struct {
	Profile  string           `yaml:"profile"` // KR, US, EU-<country>
	Operator consent.Operator `yaml:"operator"`
	Gate     consent.Gate     `yaml:"gate"`
	Apps     []consent.App    `yaml:"apps"` // in the YAML file only, so that purposes are reviewed like code

	PublicURL      string         `yaml:"public_url"`      // base of every link; may hold a path
	Listen         string         `yaml:"listen"`          // public listener
	OpsListen      string         `yaml:"ops_listen"`      // staff pages, /metrics, /livez, /readyz
	OpsURL         string         `yaml:"ops_url"`         // outside URL of the staff pages; "": from OpsListen
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"` // whose X-Forwarded-For counts
	Demo           bool           `yaml:"demo"`            // a demonstration: a built-in app with a test key in the log
	Accept         Switch         `yaml:"accept"`          // off: new requests get 503, decisions go on

	Redis    Redis    `yaml:"redis"`
	SMTP     SMTP     `yaml:"smtp"`
	Keys     Folder   `yaml:"keys"`
	Audit    Audit    `yaml:"audit"`
	Pending  Pending  `yaml:"pending"`
	Link     Link     `yaml:"link"`
	Mail     Mail     `yaml:"mail"`
	Release  Release  `yaml:"release"`
	Erase    Erase    `yaml:"erase"`
	Evidence Evidence `yaml:"evidence"`
	Reask    Reask    `yaml:"reask"`
	Amend    Amend    `yaml:"amend"`
	Webhooks Webhooks `yaml:"webhooks"`
	Limits   Limits   `yaml:"limits"`
	Test     Test     `yaml:"test"`
	Log      Log      `yaml:"log"`
}

// Redis says where the truth is kept.
type Redis struct {
	URL         consent.Private `yaml:"url"` // redis://, rediss://, several by comma = Cluster; redis+sentinel://…?master=
	AllowUnsafe bool            `yaml:"allow_unsafe"`
}

// SMTP says how letters go out.
type SMTP struct {
	URL  consent.Private `yaml:"url"`  // smtps://, smtp+starttls://, smtp://
	From string          `yaml:"from"` // sender address, name allowed

	DKIMSelector string `yaml:"dkim_selector"` // whose key in keys/long signs every letter, if it is there
	DKIMDomain   string `yaml:"dkim_domain"`   // in signatures; "": the sender's

	Bounces       string `yaml:"bounces"`        // return path "bounces@host"; letters go out as bounces+<token>@host
	BouncesListen string `yaml:"bounces_listen"` // where the mail server brings what comes back to it, by SMTP; both or neither
}

// Folder is a folder of the host.
type Folder struct {
	Dir string `yaml:"dir"`
}

// Audit says where the audit log is kept, and how long.
type Audit struct {
	Dir  string        `yaml:"dir"`
	Keep time.Duration `yaml:"keep"` // of a segment after its last entry; at least a year (KR-23)
}

// Pending bounds how long unconfirmed data waits (KR-12).
type Pending struct {
	TTL time.Duration `yaml:"ttl"`
}

// Link is about mailed links and their pages.
type Link struct {
	TTL        time.Duration `yaml:"ttl"`         // 0: the deadline
	MinSeconds int           `yaml:"min_seconds"` // shortest time between a page and its decision
}

// Mail is about letters.
type Mail struct {
	ConfirmDelay time.Duration   `yaml:"confirm_delay"` // from the grant to the confirming letter
	RemindAfter  []time.Duration `yaml:"remind_after"`  // after the accepted invitation
	Hours        Hours           `yaml:"hours"`         // of the profile's zone, for reminders
	CheckDomain  bool            `yaml:"check_domain"`
}

// Release bounds how long granted data waits to be collected.
type Release struct {
	Window time.Duration `yaml:"window"`
}

// Erase bounds how long an app may take to confirm erasure.
type Erase struct {
	Due time.Duration `yaml:"due"`
}

// Evidence says how long proof is kept after the consent ended.
type Evidence struct {
	Keep time.Duration `yaml:"keep"`
}

// Reask says when, after a refusal, the same guardian may be asked again.
type Reask struct {
	After time.Duration `yaml:"after"`
}

// Amend bounds how a guardian's name or address is corrected after a grant.
type Amend struct {
	Wait time.Duration `yaml:"wait"` // from the letter to the address that stands to the effect, in which its holder can stop it
}

// Webhooks is about all apps' webhooks.
type Webhooks struct {
	AllowPrivate bool `yaml:"allow_private"`
}

// Limits are counts, per what and per how long as each name says.
type Limits struct {
	GuardianPerDay    int `yaml:"guardian_per_day"`
	ResendPerDay      int `yaml:"resend_per_day"`
	RequestsPerMinute int `yaml:"requests_per_minute"` // per app key and process
}

// Test is about requests made with test keys.
type Test struct {
	Mail bool `yaml:"mail"` // their letters go to the mail server too; false: they are written and go nowhere
}

// Log is about the program's own log.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // json, text
}

// Defaults returns the settings as they are when nothing is set. serve needs more; Check tells what.
func Defaults() Settings {
	const hour = time.Hour
	return Settings{
		Profile: "KR", Gate: consent.Gate{Scope: consent.GateOperator},
		Listen: "127.0.0.1:8080", OpsListen: "127.0.0.1:8081", Accept: true,
		SMTP: SMTP{DKIMSelector: "bohoja"},
		Keys: Folder{"./keys"}, Audit: Audit{"./audit", 26280 * hour},
		Pending:  Pending{consent.DefaultPending},
		Link:     Link{MinSeconds: 2},
		Mail:     Mail{24 * hour, []time.Duration{24 * hour, 72 * hour}, Hours{9, 20}, true},
		Release:  Release{168 * hour},
		Erase:    Erase{72 * hour},
		Evidence: Evidence{26280 * hour},
		Reask:    Reask{168 * hour},
		Amend:    Amend{48 * hour},
		Limits:   Limits{10, 3, 600},
		Log:      Log{"info", "json"},
	}
}

// Steps returns what the domain needs to know of the settings.
func (s *Settings) Steps() consent.Settings {
	return consent.Settings{
		PublicURL:   trimSlash(s.PublicURL),
		Pending:     s.Pending.TTL,
		LinkTTL:     s.Link.TTL,
		MinPage:     time.Duration(s.Link.MinSeconds) * time.Second,
		Confirm:     s.Mail.ConfirmDelay,
		Remind:      s.Mail.RemindAfter,
		MailFrom:    s.Mail.Hours.From,
		MailUntil:   s.Mail.Hours.Until,
		Window:      s.Release.Window,
		EraseDue:    s.Erase.Due,
		Keep:        s.Evidence.Keep,
		Reask:       s.Reask.After,
		Amend:       s.Amend.Wait,
		GuardianDay: s.Limits.GuardianPerDay,
		ResendDay:   s.Limits.ResendPerDay,
		Accepting:   bool(s.Accept),
	}
}

// Declared returns the operator's declarations, for consent's checks. locales are the languages of pages and letters.
func (s *Settings) Declared(locales []string) consent.Declared {
	return consent.Declared{
		Profile: s.Profile, Operator: s.Operator, Gate: s.Gate, Apps: s.Apps,
		Pending: s.Pending.TTL, Locales: locales, PrivateHooks: s.Webhooks.AllowPrivate,
	}
}
