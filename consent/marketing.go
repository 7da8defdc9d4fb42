package consent

import (
	"context"
	"slices"
)

// Reasons why the gate says no. Values are part of the API; keys without the scope that sees reasons get GateBlocked
// for all but GateUnreadable.
const (
	FlagPending   = "minor_pending"   // a guardian is being asked
	FlagPolicy    = "minor_policy"    // a child by policy 9-3-라, whatever the guardian said
	FlagWithdrawn = "minor_withdrawn" // a consent was withdrawn
	GuardianOnly  = "guardian_only"   // an address known only from a living request or consent

	GateNone       = "none"
	GateBlocked    = "blocked"
	GateUnreadable = "unreadable" // not an identity: nobody can know, so the answer is no
)

// Kinds of what is to be sent.
const (
	SendAdMail        = "ad_mail"
	SendOffer         = "offer"
	SendGame          = "game"
	SendPrize         = "prize"
	SendEvent         = "event"
	SendServiceNotice = "service_notice"
)

// SendKinds lists every kind. A service notice is no advertising (policy 9-3-라), so flags of children do not stop it;
// a guardian's address, which was given for asking a consent, is no place for it either.
var SendKinds = []string{SendAdMail, SendOffer, SendGame, SendPrize, SendEvent, SendServiceNotice}

// BasisOwnOptIn vouches that the adult gave this address to the one who asks, elsewhere and for this.
const BasisOwnOptIn = "own_optin"

// maxIdentities bounds one question to the gate.
const maxIdentities = 10_000

// Identity is one person as a list has them. Several members name the same person; one that is flagged suffices.
type Identity struct {
	Email   Private
	Phone   Private
	Subject string // of the app that asks
}

// GateQuery asks whether these may get something of a kind.
type GateQuery struct {
	Kind    string
	Basis   string // BasisOwnOptIn or ""
	Who     []Identity
	Reasons bool // the asker may see which reason it is
}

// GateAnswer is the answer for one identity. Allowed is true only when it is known.
type GateAnswer struct {
	Allowed bool
	Reason  string
}

// Gate answers for each identity in its order. It changes nothing.
//
// Errors: KindInvalid (kind, basis, too many), ErrUnavailable. There is no answer then, and none means no.
func (s *Service) Gate(ctx context.Context, app *App, q GateQuery) ([]GateAnswer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	answers := make([]GateAnswer, len(q.Who))
	open, all, err := s.sift(ctx, app, q.Who, answers)
	switch {
	case err != nil:
		return nil, err
	case all:
		if err := s.look(ctx, app, q, answers); err != nil {
			return nil, err
		}
		return answers, nil
	case len(open) == 0:
		return answers, nil
	}
	rest := q
	rest.Who = make([]Identity, len(open))
	for i, at := range open {
		rest.Who[i] = q.Who[at]
	}
	got := make([]GateAnswer, len(open))
	if err := s.look(ctx, app, rest, got); err != nil {
		return nil, err
	}
	for i, at := range open {
		answers[at] = got[i]
	}
	return answers, nil
}

// look asks the store about everybody.
func (s *Service) look(ctx context.Context, app *App, q GateQuery, answers []GateAnswer) error {
	asked := s.gateDigests(app, q, answers)
	blocks, err := s.Store.Blocks(ctx, s.gateApps(app), asked.look, s.today())
	if err != nil {
		return err
	}
	worst := make([]Block, len(q.Who))
	for i, b := range blocks {
		if who := asked.whose[i]; outweighs(b, worst[who]) {
			worst[who] = b
		}
	}
	s.blocked(app, worst, answers)
	if q.Reasons {
		if err := s.present(ctx, worst); err != nil {
			return err
		}
	}
	for i := range answers {
		answers[i].settle(worst[i], q.Reasons)
	}
	return nil
}

func (q GateQuery) check() error {
	var f faults
	if !slices.Contains(SendKinds, q.Kind) {
		f.add("/kind", "invalid", "one of ad_mail, offer, game, prize, event and service_notice")
	}
	if q.Basis != "" && q.Basis != BasisOwnOptIn {
		f.add("/basis", "invalid", "own_optin, or nothing")
	}
	if len(q.Who) > maxIdentities {
		f.add("/identities", "too_many", "at most 10,000")
	}
	return f.err()
}

// outweighs: a child's flag says more than a guardian's address, which says more than nothing.
func outweighs(a, b Block) bool {
	return a.Reason != "" && (b.Reason == "" || b.Reason == GuardianOnly)
}

// settle writes the answer, unless the identity could not be read.
func (a *GateAnswer) settle(b Block, reasons bool) {
	switch {
	case a.Reason == GateUnreadable:
	case b.Reason == "":
		*a = GateAnswer{true, GateNone}
	case reasons:
		a.Reason = b.Reason
	default:
		a.Reason = GateBlocked
	}
}

// present brings the reasons up to date: what a request flagged may have been granted or withdrawn since.
func (s *Service) present(ctx context.Context, blocks []Block) error {
	status, err := s.Store.Statuses(ctx, blocks)
	if err != nil {
		return err
	}
	for i := range blocks {
		if blocks[i].Reason != FlagPending {
			continue
		}
		switch status[i] {
		case Pending:
		case Withdrawn:
			blocks[i].Reason = FlagWithdrawn
		default:
			blocks[i].Reason = FlagPolicy
		}
	}
	return nil
}

// asked are the digests of a question, and whose each is.
type asked struct {
	look  []Digest
	whose []int
}

func (a *asked) add(who int, digests []Digest) {
	for _, d := range digests {
		a.look, a.whose = append(a.look, d), append(a.whose, who)
	}
}

// gateDigests digests every identity, and marks those that cannot be read.
func (s *Service) gateDigests(app *App, q GateQuery, answers []GateAnswer) *asked {
	a := &asked{look: make([]Digest, 0, 2*len(q.Who)), whose: make([]int, 0, 2*len(q.Who))}
	for i, one := range q.Who {
		texts, ok := s.Canonical(app, one)
		if !ok {
			answers[i].Reason = GateUnreadable
			continue
		}
		for _, t := range texts {
			if q.Kind != SendServiceNotice {
				a.add(i, s.Vault.Digests(t.Kind, t.Text.Reveal()))
			}
			if t.Kind == DigestFlagEmail && q.Basis != BasisOwnOptIn {
				a.add(i, s.Vault.Digests(DigestEmail, t.Text.Reveal()))
			}
		}
	}
	return a
}

// CanonicalText is an identity in the one form that all its spellings share.
type CanonicalText struct {
	Kind DigestKind // DigestFlagEmail, DigestFlagPhone or DigestFlagSubject
	Text Private
}

// Canonical brings the members of an identity into their one form. ok is false when there is none, or when one cannot be read.
func (s *Service) Canonical(app *App, one Identity) (texts []CanonicalText, ok bool) {
	return CanonicalOf(s.Phones, s.Book().Profile.Region(), app.ID, one)
}

// CanonicalOf is Canonical for those who ask without a Service: offline filters.
func CanonicalOf(phones Phones, region, app string, one Identity) (texts []CanonicalText, ok bool) {
	if !one.Email.Empty() {
		var room [maxAddress]byte
		text, ok := AppendCanonical(room[:0], one.Email.Reveal())
		if !ok {
			return nil, false
		}
		texts = append(texts, CanonicalText{DigestFlagEmail, Secret(string(text))})
	}
	if !one.Phone.Empty() {
		e164, err := phones.Canonical(one.Phone.Reveal(), region)
		if err != nil {
			return nil, false
		}
		texts = append(texts, CanonicalText{DigestFlagPhone, Secret(e164)})
	}
	if one.Subject != "" {
		if CheckSubject(one.Subject) != nil {
			return nil, false
		}
		texts = append(texts, CanonicalText{DigestFlagSubject, Secret(app + "\x00" + one.Subject)})
	}
	return texts, len(texts) > 0
}

// gateApps are the apps whose flags count for this app.
func (s *Service) gateApps(app *App) []string {
	if s.Book().Gate.Scope == GateApp {
		return []string{app.ID}
	}
	return s.appIDs()
}

func (s *Service) today() Date { return DateOf(s.Clock().In(s.Book().Profile.Zone)) }
