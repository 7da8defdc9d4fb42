package consent

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"
)

// How long the tokens of a browser's signup live.
const (
	EmbedLife  = 30 * time.Minute // what the child answered, until the app's server sends it on
	ClientLife = 15 * time.Minute // an app's leave for one browser or mobile app to make one request
)

// Prefixes that tell the tokens apart before they are opened. What follows is sealed.
const (
	prefixEmbed  = "emb_"
	prefixClient = "ct_"
	prefixAge    = "age_"
)

// Errors of these tokens. None tells why a token is none of ours.
var (
	ErrClientToken = &Error{Kind: KindForbidden, Code: "client_token_invalid", Detail: "the client token is over or was not made for this app"}
	ErrAgeTicket   = &Error{Kind: KindInvalid, Code: "age_missing", Detail: "the question about the age comes first"}
	ErrEmbedToken  = &Error{
		Kind: KindInvalid, Code: "embed_token_invalid", Detail: "the embed_token is over or was not made for this app",
		Fields: []FieldError{{
			Pointer: "/embed_token", Code: "embed_token_invalid",
			Detail: "the value of bohoja_token, sent on within 30 minutes, by the app in whose form it was made",
		}},
	}
	ErrEmbedUsed = &Error{Kind: KindConflict, Code: "embed_token_used", Detail: "an embed_token makes one request, and this one has made its request"}
)

// Client is what a client token says: one request, for one child.
type Client struct {
	ID      string // of the request that it will become
	Subject string
	Expires time.Time
}

// ClientToken lets a browser or a mobile app make one request for a subject within ClientLife, without a key.
//
// Errors: KindInvalid, ErrUnavailable.
func (s *Service) ClientToken(ctx context.Context, app *App, subject string) (token string, expires time.Time, err error) {
	if err := CheckSubject(subject); err != nil {
		return "", time.Time{}, err
	}
	c := Client{ID: NewID(PrefixRequest, s.Clock()), Subject: subject, Expires: s.Clock().Add(ClientLife)}
	token, err = s.wrap(ctx, app, prefixClient, c)
	return token, c.Expires, err
}

// ReadClient opens a client token. Errors: ErrClientToken, ErrUnavailable.
func (s *Service) ReadClient(app *App, token string) (Client, error) {
	var c Client
	if err := s.unwrap(app, prefixClient, token, &c, ErrClientToken); err != nil {
		return Client{}, err
	}
	if !s.Clock().Before(c.Expires) {
		return Client{}, ErrClientToken
	}
	return c, nil
}

// KnowsClient reports whether this space made the client token: the pages of all spaces share one address.
func (s *Service) KnowsClient(app *App, token string) bool {
	return s.unwrap(app, prefixClient, token, &Client{}, ErrClientToken) == nil
}

// ageTicket is a child's answer to the question about its age, sealed, so that the first answer is the one that counts.
type ageTicket struct {
	Born  string    `json:"b"`
	Until time.Time `json:"u"`
}

// ageLife is how long a first answer stays: a session at a school's computer ends, and so does it.
const ageLife = 24 * time.Hour

// EmbedAge judges a birth date and seals it. The ticket goes back with the other answers of a child; whoever is not under
// age gets one too, and may keep it, so that another answer cannot be tried in the same session.
//
// Errors: KindInvalid, ErrUnavailable.
func (s *Service) EmbedAge(ctx context.Context, app *App, born Private) (underAge bool, ticket string, err error) {
	d, err := ParseDate(born.Reveal())
	if err != nil {
		var f faults
		f.add("/birth_date", "invalid", "a day of the form 2014-03-02")
		return false, "", f.err()
	}
	a, err := s.AgeCheck(ctx, app, AgeCheck{Claim: AgeClaim{BirthDate: &d}})
	if err != nil {
		return false, "", err
	}
	ticket, err = s.wrap(ctx, app, prefixAge, ageTicket{d.String(), s.Clock().Add(ageLife)})
	return a.UnderAge, ticket, err
}

// ReadAge says what an age ticket's birth date means now. Errors: ErrAgeTicket, ErrUnavailable.
func (s *Service) ReadAge(app *App, ticket string) (underAge bool, err error) {
	t, err := s.readAge(app, ticket)
	if err != nil {
		return false, err
	}
	d, err := ParseDate(t.Born)
	if err != nil {
		return false, ErrAgeTicket
	}
	return s.Book().Profile.Judge(AgeClaim{BirthDate: &d}, s.Clock()).UnderAge, nil
}

func (s *Service) readAge(app *App, ticket string) (ageTicket, error) {
	var t ageTicket
	if err := s.unwrap(app, prefixAge, ticket, &t, ErrAgeTicket); err != nil {
		return t, err
	}
	if !s.Clock().Before(t.Until) {
		return t, ErrAgeTicket
	}
	return t, nil
}

// Embedding is what a child answered in a browser.
type Embedding struct {
	Origin   string // of the page that asked, one of the app's; "" for a page of this service and for mobile apps
	Client   string // client token; "" without one
	Subject  string // binds the answers to a child, where no client token does; "" leaves that to the app
	Age      string // ticket of EmbedAge
	Notice   string // version that was shown
	Child    Child  // the birth date is the ticket's
	Guardian Guardian
}

// embedding is Embedding as it is sealed. It becomes the request with this id, once.
type embedding struct {
	ID      string          `json:"i"`
	Origin  string          `json:"o,omitempty"`
	Subject string          `json:"s,omitempty"`
	Notice  string          `json:"n"`
	People  json.RawMessage `json:"p"`
	Expires time.Time       `json:"e"`
}

// Embed checks what a child answered and seals it for EmbedLife, for its app and origin. Nothing is stored: the token is all
// there is, and what it says of a guardian passes the app unread (source policy 9-2).
//
// Errors: KindInvalid with every fault; ErrAgeTicket, ErrClientToken, ErrUnavailable.
func (s *Service) Embed(ctx context.Context, app *App, in Embedding) (token string, expires time.Time, warnings []Warning, err error) {
	now := s.Clock()
	e := embedding{Origin: in.Origin, Notice: in.Notice, Subject: in.Subject, Expires: now.Add(EmbedLife)}
	if e.ID, err = s.embedID(app, in, &e); err != nil {
		return "", e.Expires, nil, err
	}
	ticket, err := s.readAge(app, in.Age)
	if err != nil {
		return "", e.Expires, nil, err
	}
	in.Child.BirthDate, in.Child.Age = Secret(ticket.Born), -1
	probe := Signup{Subject: "embed", Notice: in.Notice, Child: in.Child, Guardian: in.Guardian}
	if _, warnings, err = s.checkSignup(ctx, app, &probe, now); err != nil {
		return "", e.Expires, nil, err
	}
	if e.People, err = (People{in.Child, []Guardian{in.Guardian}}).encode(); err != nil {
		return "", e.Expires, nil, err
	}
	token, err = s.wrap(ctx, app, prefixEmbed, e)
	return token, e.Expires, warnings, err
}

// embedID is the id of the request to be: that of the client token, or a new one.
func (s *Service) embedID(app *App, in Embedding, e *embedding) (string, error) {
	if in.Client == "" {
		return NewID(PrefixRequest, s.Clock()), nil
	}
	c, err := s.ReadClient(app, in.Client)
	e.Subject = c.Subject
	return c.ID, err
}

// unembed puts what an embed token says in place of child, notice and guardian.
//
// Errors: ErrEmbedToken when it is not this app's, is over, or its origin is no longer listed; KindInvalid when it is bound to
// another subject or came together with what it stands for.
func (s *Service) unembed(app *App, in Signup) (Signup, error) {
	var e embedding
	if err := s.unwrap(app, prefixEmbed, in.Embed, &e, ErrEmbedToken); err != nil {
		return in, err
	}
	people, err := decodePeople(e.People)
	if err != nil || len(people.Guardians) == 0 || !s.Clock().Before(e.Expires) || e.Origin != "" && !slices.Contains(app.Origins, e.Origin) {
		return in, ErrEmbedToken
	}
	var f faults
	if in.named() {
		f.add("/embed_token", "embed_token_not_alone", "it stands in place of child, child_notice and guardian: leave those out")
	}
	if e.Subject != "" && in.Subject == "" {
		in.Subject = e.Subject
	}
	if e.Subject != "" && in.Subject != e.Subject {
		f.add("/subject", "embed_token_subject", "the token was made for another subject")
	}
	in.once, in.Notice, in.Child, in.Guardian = e.ID, e.Notice, people.Child, people.Guardians[0]
	return in, f.err()
}

// named reports whether a signup names by itself what an embed token stands for.
func (in Signup) named() bool {
	empty := func(all ...Private) bool {
		return !slices.ContainsFunc(all, func(p Private) bool { return !p.Empty() })
	}
	return in.Notice != "" || in.UnderAge != nil || in.AgeGiven != nil || in.Child.Locale != "" || in.Guardian.Locale != "" ||
		!empty(in.Child.BirthDate, in.Child.Name, in.Child.Email, in.Child.Phone, in.Guardian.Name, in.Guardian.Email, in.Guardian.Phone)
}

// wrap seals a value for an app. The label binds it to the app and to what it is, so no token passes for another's.
func (s *Service) wrap(ctx context.Context, app *App, prefix string, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sealed, err := s.Vault.Seal(ctx, ClassHour, s.Clock(), wrapLabel(app, prefix), plain)
	if err != nil {
		return "", ignoreAs(err, ErrHour, ErrUnreadable)
	}
	return prefix + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// maxToken bounds what is opened, in bytes.
const maxToken = 4 << 10

// unwrap opens what wrap sealed. Whatever is no such token is the error that is given.
func (s *Service) unwrap(app *App, prefix, token string, into any, otherwise error) error {
	if len(token) > maxToken || len(token) <= len(prefix) || token[:len(prefix)] != prefix {
		return otherwise
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token[len(prefix):])
	if err != nil {
		return otherwise
	}
	plain, err := s.Vault.Open(wrapLabel(app, prefix), sealed)
	if KindOf(err) == KindUnavailable {
		return err
	}
	if err != nil || json.Unmarshal(plain, into) != nil {
		return otherwise
	}
	return nil
}

func wrapLabel(app *App, prefix string) Label {
	return Label{App: app.ID, ID: prefix, Field: FieldEmbed}
}

// JoinDate reads a birth date that was typed as three numbers, or pasted whole into the first; "" when it is no date.
func JoinDate(year, month, day string) string {
	d, err := readBirth(Answers{Year: year, Month: month, Day: day})
	if err != nil {
		return ""
	}
	return d.String()
}

// MayReturn reports whether a browser may be sent to this address: it stands in the app's list, exactly, and is of a kind that
// may stand there. A list with an address that runs a script or reads a file is not taken at all; this asks once more.
func MayReturn(app *App, address string) bool {
	if !slices.Contains(app.ReturnURLs, address) {
		return false
	}
	var c checker
	c.back("", address)
	return len(c.faults) == 0
}
