package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// AgeCheck asks about an age; give BirthDate (2014-03-02) or Age.
type AgeCheck struct {
	BirthDate string `json:"birth_date,omitempty"`
	Age       *int   `json:"age,omitempty"`
	Country   string `json:"country,omitempty"`
}

// Age answers: UnderAge says whether a guardian must be asked.
type Age struct {
	UnderAge    bool   `json:"under_age"`
	Threshold   int    `json:"threshold"`
	OfAgeOn     string `json:"of_age_on"`
	Contradicts bool   `json:"contradicts"`
}

// CheckAge asks whether somebody needs a guardian's consent. Nothing of it is stored.
func (c *Client) CheckAge(ctx context.Context, q AgeCheck) (Age, error) {
	var a Age
	err := c.call(ctx, http.MethodPost, "/age-checks", "", q, &a)
	return a, err
}

// Notice is what a child must have read before the guardian's name and address are asked.
type Notice struct {
	Version string `json:"version"`
	HTML    string `json:"html"` // a fragment without styles or scripts
	Text    string `json:"text"`
}

// Notice returns the child's notice in a language.
func (c *Client) Notice(ctx context.Context, locale string) (Notice, error) {
	var n Notice
	err := c.call(ctx, http.MethodGet, "/child-notice?locale="+url.QueryEscape(locale), "", nil, &n)
	return n, err
}

// ClientToken lets a browser or a mobile app make one request without a key.
type ClientToken struct {
	Token     string    `json:"token"`     // for the attribute token of <guardian-consent>
	StartURL  string    `json:"start_url"` // the hosted page; add &state= and &locale=
	ExpiresAt time.Time `json:"expires_at"`
}

// ClientToken makes one for your own opaque reference of the child.
func (c *Client) ClientToken(ctx context.Context, subject string) (ClientToken, error) {
	var t ClientToken
	err := c.call(ctx, http.MethodPost, "/client-tokens", "", struct {
		Subject string `json:"subject"`
	}{subject}, &t)
	return t, err
}

// Request asks for a guardian's consent.
type Request struct {
	Subject  string         `json:"subject"` // your own opaque reference for the child: no name, no address
	Notice   NoticeShown    `json:"child_notice,omitzero"`
	Child    Child          `json:"child,omitzero"`
	Guardian Guardian       `json:"guardian,omitzero"`
	Embedded string         `json:"embed_token,omitempty"` // the form's bohoja_token, in place of Notice, Child and Guardian
	Purposes []string       `json:"purposes,omitempty"`
	Data     map[string]any `json:"data,omitempty"` // only items that a purpose names; it comes back with Release
	Return   string         `json:"return_url,omitempty"`
}

// NoticeShown says which notice the child has read.
type NoticeShown struct {
	Version string `json:"version"`
}

// Child is for the consent service alone: none of it comes back.
type Child struct {
	UnderAge  bool   `json:"under_age,omitempty"`
	BirthDate string `json:"birth_date,omitempty"`
	Name      string `json:"name"`
	Email     string `json:"email,omitempty"`
	Locale    string `json:"locale,omitempty"`
}

// Guardian is whom to ask. Nothing more about them may be asked of the child.
type Guardian struct {
	Name   string `json:"name"`
	Email  string `json:"email"`
	Locale string `json:"locale,omitempty"`
}

// Consent is how a request stands.
type Consent struct {
	ID          string    `json:"id"`
	Subject     string    `json:"subject"`
	Status      string    `json:"status"`
	Custody     string    `json:"custody"`
	Hold        bool      `json:"hold"` // a correction is open: do not use the data
	Reason      string    `json:"reason"`
	Purposes    []string  `json:"purposes"` // once granted: those in force
	ExpiresAt   time.Time `json:"expires_at"`
	ChildPage   string    `json:"child_page"`
	PairingCode string    `json:"pairing_code"` // from Create alone; it is for the child's screen
}

// Create makes a request. key is the Idempotency-Key: the same key and request give the same answer, however often they
// are sent, so keep it until there was one.
func (c *Client) Create(ctx context.Context, key string, r Request) (Consent, error) {
	var s Consent
	err := c.call(ctx, http.MethodPost, "/consent-requests", key, r, &s)
	return s, err
}

// Get tells how a request stands: the truth, of which webhooks are only the news.
func (c *Client) Get(ctx context.Context, id string) (Consent, error) {
	var s Consent
	err := c.call(ctx, http.MethodGet, of(id, ""), "", nil, &s)
	return s, err
}

// Released is the child's data: only what the guardian agreed to.
type Released struct {
	ID       string                     `json:"id"`
	Subject  string                     `json:"subject"`
	Purposes []string                   `json:"purposes"`
	Data     map[string]json.RawMessage `json:"data"`
}

// Release fetches the granted data, as often as asked until Ack.
func (c *Client) Release(ctx context.Context, id string) (Released, error) {
	var r Released
	err := c.call(ctx, http.MethodPost, of(id, "/release"), "", nil, &r)
	return r, err
}

// Ack says that the data is safely stored; the service destroys its copy.
func (c *Client) Ack(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodPost, of(id, "/release/ack"), "", nil, nil)
}

// Erased says that the data was deleted after a withdrawal: all of it, or that of these purposes.
func (c *Client) Erased(ctx context.Context, id string, at time.Time, purposes ...string) error {
	return c.call(ctx, http.MethodPost, of(id, "/erased"), "", struct {
		At       time.Time `json:"at"`
		Purposes []string  `json:"purposes,omitempty"`
	}{at.UTC().Truncate(time.Millisecond), purposes}, nil)
}
