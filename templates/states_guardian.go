package templates

import (
	"time"

	"github.com/bohoja/bohoja/consent"
)

const fixtureAction = "/c/" + fixtureToken

func (x fixture) open() GuardianOpen {
	return GuardianOpen{
		Frame: x.frame, Action: fixtureAction, Case: fixtureCase, Purposes: x.purposes("", ""),
		Deadline: x.until, Adult: 19, Threshold: 14, Proof: fixtureProof,
	}
}

func (x fixture) answers(decision string) Answers {
	name := "이보람"
	if x.frame.Lang == "en" {
		name = "Boram Lee"
	}
	return Answers{
		Decision: decision, Name: name, BirthYear: "1984", BirthMonth: "3", BirthDay: "15", Relation: "mother", Declares: true,
	}
}

func (x fixture) openStates() []State {
	empty := x.open()
	empty.Frame = x.faulty("decision", FaultDecision)
	faults := x.open()
	faults.Frame = x.faulty("purpose.account", FaultRequired, "purpose.delivery", FaultPurpose, "guardian_name", FaultNameEmpty,
		"birth_year", FaultBirth, "relation", FaultRelation, "declares", FaultDeclares)
	faults.Purposes = x.purposes("no", "")
	faults.Answers = Answers{Decision: "grant", BirthYear: "1984", BirthMonth: "13", BirthDay: "1"}
	ways := x.open()
	ways.Frame = x.faulty("guardian_name", FaultName, "pairing_code", FaultPairing)
	ways.WaysOn, ways.Purposes, ways.Answers = true, x.purposes("yes", "no"), x.answers("grant")
	ways.Answers.PairingCode = "K7M2PX"
	young := x.open()
	young.Frame = x.faulty("guardian_name", FaultNameForm, "birth_year", FaultNotAdult)
	young.Purposes, young.Answers = x.purposes("yes", "no"), x.answers("grant")
	young.Answers.Name, young.Answers.BirthYear = "010-1234-5678", "2012"
	bare := x.open()
	bare.Frame, bare.Purposes = x.faulty("birth_year", FaultBirthEmpty, "declares", faultOther), x.purposes("yes", "no")
	bare.Answers = Answers{Decision: "grant", Name: x.answers("grant").Name, Relation: "mother"}
	relative := x.open()
	relative.Frame, relative.Purposes, relative.Answers = x.faulty("relation", FaultOther), x.purposes("yes", "no"), x.answers("grant")
	relative.Answers.Relation = consent.RelationOther
	locked := x.open()
	locked.Frame = x.faulty("decision", FaultLocked)
	locked.LockedUntil, locked.Purposes, locked.Answers = x.now.Add(consent.LockFor), x.purposes("yes", "yes"), x.answers("grant")
	fast := x.open()
	fast.Frame = x.faulty("decision", FaultTooFast)
	fast.Purposes, fast.Answers = x.purposes("yes", "yes"), x.answers("grant")
	decline := x.open()
	decline.Answers = Answers{Decision: "decline"}
	sensitive := x.open()
	sensitive.Purposes, sensitive.Frame.Test = x.purposes("", "", ""), true
	plain := x.open()
	plain.Purposes, plain.Born, plain.Nickname = x.purposes(""), "", consent.MaskName("하늘이")
	return []State{
		x.state("guardian/open", x.open()), x.state("guardian/open undecided", empty), x.state("guardian/open faults", faults),
		x.state("guardian/open ways on", ways), x.state("guardian/open locked", locked), x.state("guardian/open grandparent", relative), x.state("guardian/open too fast", fast),
		x.state("guardian/open not of age", young), x.state("guardian/open no birth date", bare), x.state("guardian/open decline chosen", decline), x.state("guardian/open sensitive, test space", sensitive),
		x.state("guardian/open no recipient", plain),
	}
}

func (x fixture) check(decision string) GuardianCheck {
	return GuardianCheck{
		Frame: x.frame, Action: fixtureAction, Adult: 19, Purposes: x.purposes("yes", "no"), Answers: x.answers(decision),
		Birth: time.Date(1984, 3, 15, 0, 0, 0, 0, time.UTC), Proof: fixtureProof, Hidden: []Hidden{{"decision", decision}},
	}
}

func (x fixture) checkStates() []State {
	unsure := x.check("grant")
	unsure.Frame, unsure.Birth = x.faulty("confirm", FaultConfirm), time.Time{}
	fast := x.check("decline")
	fast.Frame = x.faulty("decision", FaultTooFast)
	both := x.check("grant")
	both.Purposes = x.purposes("yes", "yes")
	return []State{
		x.state("guardian/check grant", both), x.state("guardian/check unconfirmed", unsure), x.state("guardian/check too fast", fast),
		x.state("guardian/check decline", x.check("decline")), x.state("guardian/check not mine", x.check("not_mine")),
	}
}

func (x fixture) resultStates() []State {
	var out []State
	for _, status := range consent.Statuses {
		if status == consent.Pending {
			continue
		}
		p := GuardianResult{Frame: x.frame, Status: status, At: x.now, Case: fixtureCase}
		p.Frame.Child = ""
		if status == consent.Granted {
			p.Withdraw = "/w/" + fixtureToken
		}
		if status == consent.Granted || status == consent.Withdrawn {
			p.Receipt = "/r/" + fixtureToken
		}
		if status == consent.Declined {
			p.Reason, p.Action, p.Undo, p.Hidden = consent.ReasonRefused, fixtureAction, fixtureProof, []Hidden{{"step", "undo"}}
		}
		out = append(out, x.state("guardian/result "+string(status), p))
	}
	mine := GuardianResult{
		Frame: x.frame, Status: consent.Declined, Reason: consent.ReasonNotMine, At: x.now, Case: fixtureCase, Blocked: true,
		Action: fixtureAction, Undo: fixtureProof, Hidden: []Hidden{{"step", "undo"}},
	}
	mine.Frame.Child = ""
	lifted := mine
	lifted.Reason, lifted.Blocked, lifted.Undo, lifted.Lifted = consent.ReasonRefused, false, "", true
	return append(append(out, x.state("guardian/result not mine", mine), x.state("guardian/result lifted", lifted)), x.undoStates()...)
}

func (x fixture) undoStates() []State {
	p := GuardianUndo{
		Frame: x.frame, Action: fixtureAction, Reason: consent.ReasonNotMine, Blocked: true, Proof: fixtureProof,
		Hidden: []Hidden{{"step", "undo-check"}},
	}
	p.Frame.Child = ""
	unsure := p
	unsure.Blocked, unsure.Faults = false, []Fault{{"confirm", FaultConfirm}}
	return []State{x.state("guardian/undo", p), x.state("guardian/undo unconfirmed", unsure)}
}

func (x fixture) wayStates() []State {
	bare := NewFrame(x.book, nil, x.frame.Lang, "")
	wrong := GuardianCode{Frame: bare, Action: "/code", Code: "ABCD-2345"}
	wrong.Faults = []Fault{{"code", FaultCode}}
	short := GuardianCode{Frame: bare, Action: "/code", Code: "ABCD"}
	short.Faults = []Fault{{"code", FaultCodeForm}}
	return []State{
		x.state("guardian/dead forged", GuardianDead{Frame: bare, Why: DeadForged}),
		x.state("guardian/dead away", GuardianDead{Frame: bare, Why: DeadAway}),
		x.state("guardian/dead expired", GuardianDead{Frame: bare, Why: DeadExpired}),
		x.state("guardian/dead replaced", GuardianDead{Frame: x.frame, Why: DeadReplaced, Stop: fixtureAction + "/stop"}),
		x.state("guardian/paused", GuardianPaused{Frame: x.frame, Action: fixtureAction, Until: x.now.Add(10 * time.Minute)}),
		x.state("guardian/misnamed", GuardianMisnamed{Frame: x.frame, Action: fixtureAction, Deadline: x.until}),
		x.state("guardian/code", GuardianCode{Frame: bare, Action: "/code"}),
		x.state("guardian/code wrong", wrong), x.state("guardian/code no code", short),
	}
}

func (x fixture) withdrawStates() []State {
	p := GuardianWithdraw{
		Frame: x.frame, Action: "/w/" + fixtureToken, Since: x.now.AddDate(0, -2, 0), EraseBy: 72 * time.Hour,
		Purposes: x.purposes("", "", ""), Proof: fixtureProof,
	}
	only := p
	only.Purposes = x.purposes("")
	faults := p
	faults.Frame = x.faulty("purpose", FaultNothing, "guardian_name", FaultSigned)
	faults.Scope, faults.Name = WithdrawSome, x.answers("").Name
	unsaid := p
	unsaid.Frame, unsaid.Name = x.faulty("withdraw", FaultScope), x.answers("").Name
	ways, shut, sent := p, p, p
	ways.WaysOn, ways.Frame, ways.Scope, ways.Name = true, x.faulty("guardian_name", FaultSigned), WithdrawAll, faults.Name
	shut.WaysOn, shut.Frame, shut.Scope, shut.LockedUntil = true, x.faulty("guardian_name", FaultShut), WithdrawAll, x.now.Add(consent.LockFor)
	sent.WaysOn, sent.CodeSent, sent.Frame, sent.Scope, sent.MailCode = true, true, x.faulty("mail_code", FaultMailCode), WithdrawAll, "ABCD-2345"
	spent, enough := sent, ways
	spent.Frame, enough.Frame = x.faulty("mail_code", FaultCodeSpent), x.faulty("mail_code", FaultCodeLimit)
	all := x.purposes("", "", "")
	check := GuardianWithdrawCheck{
		Frame: x.frame, Action: p.Action, Scope: WithdrawAll, Ended: all, Proof: fixtureProof,
		Hidden: []Hidden{{"withdraw", WithdrawAll}},
	}
	some := check
	some.Scope, some.Ended, some.Stays, some.Frame = WithdrawSome, all[1:2], all[:1], x.faulty("confirm", FaultConfirm)
	late := check
	late.Frame = x.faulty("guardian_name", FaultStale)
	done := GuardianWithdrawn{Frame: x.frame, At: x.now, Ended: all, Days: p.Days(), Case: fixtureCase}
	part := done
	part.Ended, part.Stays = all[1:2], all[:1]
	return []State{
		x.state("guardian/withdraw", p), x.state("guardian/withdraw only required", only), x.state("guardian/withdraw faults", faults), x.state("guardian/withdraw nothing chosen", unsaid),
		x.state("guardian/withdraw ways on", ways), x.state("guardian/withdraw shut", shut), x.state("guardian/withdraw code sent", sent),
		x.state("guardian/withdraw code spent", spent), x.state("guardian/withdraw no more codes", enough),
		x.state("guardian/withdraw-check all", check), x.state("guardian/withdraw-check some", some),
		x.state("guardian/withdraw-check stale", late),
		x.state("guardian/withdrawn all", done), x.state("guardian/withdrawn some", part),
	}
}
