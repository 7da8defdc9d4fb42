package gate

import (
	"context"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/gate/rows"
)

// What a column of a list holds.
const (
	AsEmail   = "email"
	AsPhone   = "phone"
	AsSubject = "subject"
)

// Columns lists what a column may hold.
var Columns = []string{AsEmail, AsPhone, AsSubject}

// IdentityOf makes an identity of a cell.
func IdentityOf(as, cell string) consent.Identity {
	switch as {
	case AsPhone:
		return consent.Identity{Phone: consent.Secret(cell)}
	case AsSubject:
		return consent.Identity{Subject: cell}
	}
	return consent.Identity{Email: consent.Secret(cell)}
}

// Asks answers for identities in their order, as consent.Service's Gate does. It keeps nothing of them.
type Asks func(ctx context.Context, who []consent.Identity) ([]consent.GateAnswer, error)

// Judge asks about the cells of a list. An error of ask means no for all that was not written yet. It is for one run.
func Judge(as string, ask Asks) rows.Judge {
	var who []consent.Identity
	return func(ctx context.Context, cells []string) ([]rows.Verdict, error) {
		who = who[:0]
		for _, cell := range cells {
			who = append(who, IdentityOf(as, cell))
		}
		got, err := ask(ctx, who)
		if err != nil {
			return nil, err
		}
		out := make([]rows.Verdict, len(got))
		for i, one := range got {
			out[i] = verdict(one)
		}
		return out, nil
	}
}

func verdict(a consent.GateAnswer) rows.Verdict {
	switch {
	case a.Allowed:
		return rows.Allowed
	case a.Reason == consent.GateUnreadable:
		return rows.Unreadable
	}
	return rows.Blocked
}

// Runs keeps what became of lists. consent.Service is one.
type Runs interface {
	EndRun(ctx context.Context, app *consent.App, r consent.Run) error
}

// endTime is how long noting the end of a run may take.
const endTime = 5 * time.Second

// End notes what became of a run, also when the one who asked has gone; failed is why it did not come to its end.
//
// Errors: consent.ErrUnavailable, consent.ErrOutcomeUnknown.
func End(ctx context.Context, runs Runs, app *consent.App, r consent.Run, c rows.Counts, failed error) error {
	r.Rows, r.Kept, r.Blocked, r.Unreadable = c.Rows, c.Kept, c.Blocked, c.Unreadable
	r.State = consent.RunDone
	if failed != nil {
		r.State = consent.RunBroken
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer stop()
	return runs.EndRun(ctx, app, r)
}
