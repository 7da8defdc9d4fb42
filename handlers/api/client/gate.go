package client

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/gate"
)

// Identity is somebody as a list has them. Several members name the same person.
type Identity struct {
	Email   string `json:"email,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Subject string `json:"subject,omitempty"`
}

// Permission says whether somebody may get what is to be sent. Only Allowed means yes: not an error, not no answer.
type Permission struct {
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason"`
}

// Unreadable is the reason of an identity that nobody can read.
const Unreadable = "unreadable"

// MaxBatch is how many identities CheckBatch takes.
const MaxBatch = 10_000

// CheckMarketing asks the server about one person. kind is ad_mail, offer, game, prize, event or service_notice; basis is ""
// or own_optin, which vouches that the adult gave you the address elsewhere.
func (c *Client) CheckMarketing(ctx context.Context, kind, basis string, who Identity) (Permission, error) {
	got, err := c.CheckBatch(ctx, kind, basis, []Identity{who})
	if err != nil {
		return Permission{}, err
	}
	return got[0], nil
}

// CheckBatch asks the server about at most MaxBatch people. The answers stand in their order.
func (c *Client) CheckBatch(ctx context.Context, kind, basis string, who []Identity) ([]Permission, error) {
	var out struct {
		Results []Permission `json:"results"`
	}
	err := c.call(ctx, http.MethodPost, "/marketing/check-batch", "", struct {
		Kind  string     `json:"kind"`
		Basis string     `json:"basis,omitempty"`
		Who   []Identity `json:"identities"`
	}{kind, basis, who}, &out)
	if err == nil && len(out.Results) != len(who) {
		err = errors.New("consent API: more or fewer answers than questions")
	}
	if err != nil {
		return nil, err
	}
	return out.Results, nil
}

// ErrStale is a Gate whose last contact with the server lies too far back to say yes to anybody.
var ErrStale = errors.New("consent API: the snapshot is too old, so nobody may be sent anything")

// Bounds of Gate.MaxAge.
const (
	DefaultMaxAge = time.Minute
	LongestMaxAge = 15 * time.Minute
)

// Gate answers for whole lists in the process: a snapshot in memory says surely no flag for nearly everybody, and the server
// is asked about the rest. A flag that was set at least MaxAge before an answer is never answered with yes; in between, the
// answer is as of the last Refresh. A Gate that has not been refreshed for longer says ErrStale, never yes.
//
// The key needs the scopes marketing and marketing_snapshot. Fields are set before the first call. It is safe for concurrent use.
//
//	g := &client.Gate{Client: c}
//	go g.Run(ctx)
//	may, err := g.Check(ctx, "ad_mail", "", client.Identity{Email: address})
type Gate struct {
	Client *Client
	MaxAge time.Duration    // since the last contact; 0: DefaultMaxAge; more than LongestMaxAge counts as that
	Clock  func() time.Time // nil: the host's

	refresh sync.Mutex // one Refresh at a time
	mu      sync.RWMutex
	local   *gate.Offline
	contact time.Time // when the last contact began: what it told is true as of then or later
}

// manyAdded is how many identities may have come since the snapshot before the whole of it is fetched anew.
const manyAdded = 100_000

// maxSnapshot bounds what is read of a snapshot, in bytes: some hundred million identities.
const maxSnapshot = 128 << 20

// Refresh brings the snapshot up to date: by what was added since, or as a whole the first time and when too much has come.
func (g *Gate) Refresh(ctx context.Context) error {
	g.refresh.Lock()
	defer g.refresh.Unlock()
	g.mu.RLock()
	whole := g.local == nil || g.local.Added() > manyAdded
	g.mu.RUnlock()
	if !whole {
		err := g.follow(ctx)
		if !IsCode(err, "snapshot_expired") {
			return err
		}
	}
	if err := g.fetch(ctx); err != nil {
		return err
	}
	return g.follow(ctx)
}

// fetch takes a whole snapshot.
func (g *Gate) fetch(ctx context.Context) error {
	body, err := g.Client.Snapshot(ctx)
	if err != nil {
		return err
	}
	local, err := gate.Decode(body)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.local, g.contact = local, time.Time{} // as of when it was built, which may be long ago: follow makes it fresh
	return nil
}

// follow asks for what was added. Only a whole answer counts as contact.
func (g *Gate) follow(ctx context.Context) error {
	began := g.now()
	g.mu.RLock()
	since := g.local.Since
	g.mu.RUnlock()
	var got struct {
		Added string `json:"added"`
		Next  string `json:"next"`
	}
	if err := g.Client.call(ctx, http.MethodGet, "/marketing/snapshot?since="+strconv.FormatInt(since, 10), "", nil, &got); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(got.Added)
	next, err2 := strconv.ParseInt(got.Next, 10, 64)
	if err = errors.Join(err, err2); err != nil || len(raw)%8 != 0 {
		return errors.New("consent API: the answer is not what was asked for")
	}
	short := make([]uint64, 0, len(raw)/8)
	for ; len(raw) > 0; raw = raw[8:] {
		short = append(short, binary.LittleEndian.Uint64(raw))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.local.Add(short)
	g.local.Since, g.contact = next, began
	return nil
}

// Run refreshes until ctx ends, four times in MaxAge. What fails is tried again the next time; meanwhile the Gate grows stale.
func (g *Gate) Run(ctx context.Context) {
	t := time.NewTicker(g.maxAge() / 4)
	defer t.Stop()
	for {
		_ = g.Refresh(ctx)
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// AsOf tells when the last contact was; zero before the first.
func (g *Gate) AsOf() time.Time {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.contact
}

// Check answers for one person. Errors: ErrStale; what the server says when it has to be asked. None means yes.
func (g *Gate) Check(ctx context.Context, kind, basis string, who Identity) (Permission, error) {
	got, err := g.CheckAll(ctx, kind, basis, []Identity{who})
	if err != nil {
		return Permission{}, err
	}
	return got[0], nil
}

// CheckAll answers for a list of any length, in its order. Those whom the snapshot does not surely clear are asked of the
// server, MaxBatch at a time. Errors as of Check; then there is no answer for anybody.
func (g *Gate) CheckAll(ctx context.Context, kind, basis string, who []Identity) ([]Permission, error) {
	if !known(kind, basis) {
		return g.Client.CheckBatch(ctx, kind, basis, who[:min(len(who), 1)]) // the server says what is wrong
	}
	out := make([]Permission, len(who))
	open, err := g.clear(who, out)
	if err != nil {
		return nil, err
	}
	for from := 0; from < len(open); from += MaxBatch {
		part := open[from:min(from+MaxBatch, len(open))]
		ask := make([]Identity, len(part))
		for i, at := range part {
			ask[i] = who[at]
		}
		got, err := g.Client.CheckBatch(ctx, kind, basis, ask)
		if err != nil {
			return nil, err
		}
		for i, at := range part {
			out[at] = got[i]
		}
	}
	return out, nil
}

func known(kind, basis string) bool {
	for _, k := range consent.SendKinds {
		if k == kind {
			return basis == "" || basis == consent.BasisOwnOptIn
		}
	}
	return false
}

// clear answers whom it can, and lists the others.
func (g *Gate) clear(who []Identity, out []Permission) (open []int, err error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.local == nil || g.contact.IsZero() || g.now().Sub(g.contact) > g.maxAge() {
		return nil, ErrStale
	}
	for i := range who {
		perhaps, readable := g.perhaps(&who[i])
		switch {
		case !readable:
			out[i] = Permission{Reason: Unreadable}
		case perhaps:
			open = append(open, i)
		default:
			out[i] = Permission{Allowed: true, Reason: "none"}
		}
	}
	return open, nil
}

func (g *Gate) perhaps(who *Identity) (perhaps, readable bool) {
	if who.Phone == "" && who.Subject == "" && who.Email != "" {
		return g.local.PerhapsEmail(who.Email)
	}
	return g.local.Perhaps(consent.Identity{Email: consent.Secret(who.Email), Phone: consent.Secret(who.Phone), Subject: who.Subject})
}

func (g *Gate) maxAge() time.Duration {
	if g.MaxAge <= 0 {
		return DefaultMaxAge
	}
	return min(g.MaxAge, LongestMaxAge)
}

func (g *Gate) now() time.Time {
	if g.Clock != nil {
		return g.Clock()
	}
	return time.Now()
}

// Snapshot fetches the whole snapshot, once: it is not repeated. consent/gate.Decode reads it. The key needs the scope
// marketing_snapshot.
func (c *Client) Snapshot(ctx context.Context) ([]byte, error) {
	address, err := url.JoinPath(c.Base, "/v1/marketing/snapshot")
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Key)
	res, err := c.http().Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxSnapshot))
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, problem(res, body)
	}
	return body, nil
}
