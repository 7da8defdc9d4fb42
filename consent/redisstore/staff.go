package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
	"github.com/bohoja/bohoja/consent/staff"
)

// People is the staff.Store of a Store's space: it keeps the people who run the service beside what they look after.
type People struct{ s *Store }

var _ staff.Store = People{}

// People gives the store of the staff.
func (s *Store) People() People { return People{s} }

// personJSON is a person as it is kept, with short names. What is sealed or a digest is bytes.
type personJSON struct {
	ID      string     `json:"i"`
	Name    string     `json:"n"`
	Role    staff.Role `json:"r"`
	State   string     `json:"s"`
	Gen     int        `json:"g"`
	Created int64      `json:"c"`
	Invite  []byte     `json:"v,omitempty"`
	Until   int64      `json:"u,omitempty"`
	Hash    string     `json:"h,omitempty"`
	Factor  []byte     `json:"f,omitempty"`
}

func encodePerson(p staff.Person) ([]byte, error) {
	j := personJSON{
		ID: p.ID, Name: p.Name, Role: p.Role, State: string(p.State), Gen: p.Gen, Created: p.Created.UnixMilli(),
		Hash: p.Password, Factor: p.Factor,
	}
	if !p.InviteUntil.IsZero() {
		j.Invite, j.Until = p.Invite[:], p.InviteUntil.UnixMilli()
	}
	return json.Marshal(j)
}

// decodePerson reads "rev json".
func decodePerson(text string) (staff.Person, error) {
	rev, rest, _ := strings.Cut(text, " ")
	var j personJSON
	if err := json.Unmarshal([]byte(rest), &j); err != nil {
		return staff.Person{}, errors.New("a person of the staff cannot be read")
	}
	p := staff.Person{
		ID: j.ID, Name: j.Name, Role: j.Role, State: staff.State(j.State), Gen: j.Gen, Created: at(j.Created),
		InviteUntil: at(j.Until), Password: j.Hash, Factor: j.Factor,
	}
	copy(p.Invite[:], j.Invite)
	var err error
	p.Rev, err = strconv.Atoi(rev)
	return p, err
}

// run executes one of the staff's scripts, which all begin with the offset.
func (p People) run(ctx context.Context, name string, keys []string, args ...any) (any, error) {
	offset, err := p.s.offset(ctx)
	if err != nil {
		return nil, err
	}
	return p.s.scripts[name].Run(ctx, p.s.write, keys, append([]any{strconv.FormatInt(offset, 10)}, args...)...)
}

// noted runs a script that leaves an entry in the staff's own log, whose key comes last. In safe mode there is none: its numbers
// would be given twice.
func (p People) noted(ctx context.Context, name string, keys []string, args ...any) (any, error) {
	if err := p.s.Admits(); err != nil {
		return nil, err
	}
	return p.run(ctx, name, append(keys, p.s.space.AuditKey(consent.StaffLedger)), args...)
}

// Save implements staff.Store.
func (p People) Save(ctx context.Context, person staff.Person, c staff.Change) error {
	body, err := encodePerson(person)
	if err != nil {
		return err
	}
	s := p.s.space
	val, err := p.noted(ctx, "person", []string{s.people(), s.peopleNames(), s.peopleChanges()}, person.ID, person.Name,
		strconv.Itoa(person.Rev), body, c.By, c.What, string(c.Role), string(c.State), ms(staff.ChangesKept))
	if err == nil && val != int64(1) {
		return consent.ErrStale
	}
	return err
}

// Person implements staff.Store.
func (p People) Person(ctx context.Context, id string) (staff.Person, error) {
	text, err := p.s.write.HGet(ctx, p.s.space.people(), id).Result()
	if errors.Is(err, redis.Nil) {
		return staff.Person{}, staff.ErrNobody
	}
	if err != nil {
		return staff.Person{}, script.Fault(err)
	}
	return decodePerson(text)
}

// Named implements staff.Store.
func (p People) Named(ctx context.Context, name string) (staff.Person, error) {
	id, err := p.s.write.HGet(ctx, p.s.space.peopleNames(), name).Result()
	if errors.Is(err, redis.Nil) {
		return staff.Person{}, staff.ErrNobody
	}
	if err != nil {
		return staff.Person{}, script.Fault(err)
	}
	return p.Person(ctx, id)
}

// People implements staff.Store.
func (p People) People(ctx context.Context) ([]staff.Person, error) {
	all, err := p.s.read.HVals(ctx, p.s.space.people()).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	out := make([]staff.Person, len(all))
	for i, text := range all {
		if out[i], err = decodePerson(text); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b staff.Person) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Changes implements staff.Store.
func (p People) Changes(ctx context.Context, n int) ([]staff.Change, error) {
	all, err := p.s.read.XRevRangeN(ctx, p.s.space.peopleChanges(), "+", "-", int64(n)).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	out := make([]staff.Change, len(all))
	for i, m := range all {
		f := values{}
		for name, v := range m.Values {
			f[name], _ = v.(string)
		}
		out[i] = staff.Change{
			At: f.time("at"), By: f["by"], ID: f["id"], Name: f["name"], What: f["what"], Role: staff.Role(f["role"]), State: staff.State(f["state"]),
		}
	}
	return out, nil
}

// Charge implements staff.Store.
func (p People) Charge(ctx context.Context, key consent.Digest, most int, within time.Duration) (time.Duration, error) {
	val, err := p.run(ctx, "charge", []string{p.s.space.tries(key)}, strconv.Itoa(most), ms(within))
	if err != nil {
		return 0, err
	}
	text, _ := val.(string)
	wait, err := strconv.ParseInt(text, 10, 64)
	return time.Duration(wait) * time.Millisecond, err
}

// Clear implements staff.Store.
func (p People) Clear(ctx context.Context, key consent.Digest) error {
	return script.Fault(p.s.write.Del(ctx, p.s.space.tries(key)).Err())
}

// Begin implements staff.Store.
func (p People) Begin(ctx context.Context, session staff.Session, step int64) error {
	s := p.s.space
	val, err := p.noted(ctx, "enter", []string{s.session(session.Key), s.peopleSteps(), s.seats(session.Person)}, session.Person, strconv.Itoa(session.Gen),
		strconv.FormatInt(step, 10), ms(staff.WholeFor), session.Key[:], orDash(session.Device))
	if err == nil && val != int64(1) {
		return staff.ErrRefused
	}
	return err
}

// Visit implements staff.Store.
func (p People) Visit(ctx context.Context, key [32]byte, idle, whole time.Duration) (staff.Session, error) {
	val, err := p.run(ctx, "visit", []string{p.s.space.session(key)}, ms(idle), ms(whole))
	if err != nil {
		return staff.Session{}, err
	}
	text, _ := val.(string)
	session, ok := decodeSession(key, text)
	if !ok {
		return staff.Session{}, staff.ErrNoSession
	}
	return session, nil
}

// decodeSession reads "person gen began seen". ok is false for what is no session.
func decodeSession(key [32]byte, text string) (session staff.Session, ok bool) {
	f := strings.Fields(text)
	if len(f) != 4 {
		return staff.Session{}, false
	}
	v := values{"gen": f[1], "began": f[2], "seen": f[3]}
	return staff.Session{Key: key, Person: f[0], Gen: v.int("gen"), Began: v.time("began"), Seen: v.time("seen")}, true
}

// Sessions implements staff.Store.
func (p People) Sessions(ctx context.Context, id string) ([]staff.Session, error) {
	seats, err := p.s.write.HGetAll(ctx, p.s.space.seats(id)).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	var out []staff.Session
	for raw, line := range seats {
		one, ok, err := p.seat(ctx, raw, line)
		if err != nil {
			return nil, err
		}
		if ok && one.Person == id {
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b staff.Session) int { return b.Began.Compare(a.Began) })
	return out, nil
}

// seat reads the session of a line among the seats. ok is false when it is over.
func (p People) seat(ctx context.Context, raw, line string) (staff.Session, bool, error) {
	var key [32]byte
	copy(key[:], raw)
	text, err := p.s.write.Get(ctx, p.s.space.session(key)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return staff.Session{}, false, script.Fault(err)
	}
	session, ok := decodeSession(key, text)
	if _, device, _ := strings.Cut(line, " "); device != "-" {
		session.Device = device
	}
	return session, ok, nil
}

// End implements staff.Store. Whoever leaves in safe mode is let go, without an entry.
func (p People) End(ctx context.Context, key [32]byte) error {
	one := p.s.space.session(key)
	if p.s.Admits() != nil {
		return script.Fault(p.s.write.Del(ctx, one).Err())
	}
	text, err := p.s.write.Get(ctx, one).Result()
	session, ok := decodeSession(key, text)
	if errors.Is(err, redis.Nil) || err == nil && !ok {
		return nil
	}
	if err != nil {
		return script.Fault(err)
	}
	_, err = p.noted(ctx, "signout", []string{one, p.s.space.seats(session.Person)}, key[:])
	return err
}

// Sign implements staff.Store.
func (p People) Sign(ctx context.Context, r staff.Review) error {
	val, err := p.noted(ctx, "review", []string{p.s.space.reviews()}, string(r.Month), r.By, strconv.Itoa(r.Entries), string(r.Outcome), orDash(r.Ticket))
	if err == nil && val != int64(1) {
		return staff.ErrReviewed
	}
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Reviews implements staff.Store.
func (p People) Reviews(ctx context.Context) (map[staff.Month]staff.Review, error) {
	all, err := p.s.read.HGetAll(ctx, p.s.space.reviews()).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	out := make(map[staff.Month]staff.Review, len(all))
	for month, line := range all {
		f := strings.Fields(line)
		if len(f) != 5 {
			return nil, errors.New("a review cannot be read")
		}
		v := values{"at": f[0], "entries": f[2]}
		r := staff.Review{Month: staff.Month(month), At: v.time("at"), By: f[1], Entries: v.int("entries"), Outcome: staff.Outcome(f[3])}
		if f[4] != "-" {
			r.Ticket = f[4]
		}
		out[r.Month] = r
	}
	return out, nil
}
