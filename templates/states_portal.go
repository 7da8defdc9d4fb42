package templates

import (
	"time"

	"github.com/bohoja/bohoja/consent"
)

const fixturePortal = "/my/" + fixtureToken

func (x fixture) portalStates() []State {
	bare := NewFrame(x.book, nil, x.frame.Lang, "")
	faulty := func(pairs ...string) Frame {
		f := bare
		f.Faults = x.faulty(pairs...).Faults
		return f
	}
	knock := PortalKnock{Frame: bare, Action: "/my"}
	wrong := PortalKnock{Frame: faulty("email", FaultMailbox), Action: "/my", Email: "parent@"}
	name := PortalName{Frame: bare, Action: fixturePortal, Until: x.now.Add(consent.VisitLife)}
	unknown, locked := name, name
	unknown.Frame, unknown.Name = faulty("guardian_name", FaultSigned), x.answers("").Name
	locked.Frame = faulty("guardian_name", FaultClosed)
	out := []State{
		x.state("guardian/my-knock", knock), x.state("guardian/my-knock wrong", wrong),
		x.state("guardian/my-sent", PortalSent{Frame: bare, Again: "/my"}), x.state("guardian/my-sent kept", PortalSent{Frame: bare, Again: "/my", Kept: true}),
		x.state("guardian/my-name", name), x.state("guardian/my-name wrong", unknown), x.state("guardian/my-name locked", locked),
		x.state("guardian/my-over", PortalOver{Frame: bare, Action: fixturePortal}),
		x.state("guardian/my-children", x.siblings(bare, "")), x.state("guardian/my-children kept", x.siblings(bare, fixturePortal)),
		x.state("guardian/my-child", x.portalChild()), x.state("guardian/my-child withdrawn", x.portalEnded()),
		x.state("guardian/my-child on hold", x.portalHeld()),
	}
	return append(out, x.portalForms()...)
}

func (x fixture) siblings(f Frame, kept string) PortalChildren {
	first := PortalCard{Path: fixturePortal, App: x.frame.AppName, Child: x.frame.Child, Born: "2015", Status: consent.Granted, Agreed: x.now.AddDate(0, -2, 0)}
	second := first
	second.Born, second.Hold = "2017", true
	gone := first
	gone.Born, gone.Status = "", consent.Withdrawn
	return PortalChildren{Frame: f, Cards: []PortalCard{first, second, gone}, Leave: fixturePortal, Kept: kept}
}

func (x fixture) portalChild() PortalChild {
	p := PortalChild{
		Frame: x.frame, Born: "2015", Status: consent.Granted, Agreed: x.now.AddDate(0, -2, 0), Withdraw: fixturePortal, All: fixturePortal,
		Leave: fixturePortal, Receipt: PortalReceipt{
			Case: fixtureCase, Method: "email_link", Clause: "7", Relation: "mother", Terms: "t_0f3a9c1b", Notice: "n_71c2", Path: "/r/" + fixtureToken, Text: "/terms/shop/t_0f3a9c1b",
		},
		History: []PortalLine{{"granted", x.now.AddDate(0, -2, 0)}, {"asked", x.now.AddDate(0, -2, -1)}},
	}
	for i, one := range x.purposes("yes", "yes", "no") {
		pp := PortalPurpose{Purpose: one, On: i < 2, Was: i < 2}
		if i == 1 {
			pp.Path = fixturePortal
		}
		p.Purposes = append(p.Purposes, pp)
	}
	for _, kind := range consent.RightKinds {
		p.Ask = append(p.Ask, PortalWay{kind, fixturePortal})
	}
	return p
}

func (x fixture) portalEnded() PortalChild {
	p := x.portalChild()
	p.Status, p.Withdraw, p.Done, p.Old = consent.Withdrawn, "", "withdrawn", true
	for i := range p.Purposes {
		p.Purposes[i].On, p.Purposes[i].Path = false, ""
	}
	p.History = append([]PortalLine{{"erased", x.now}, {"withdrawn", x.now.Add(-time.Hour)}}, p.History...)
	return p
}

func (x fixture) portalHeld() PortalChild {
	p := x.portalChild()
	p.Hold, p.Done = true, "asked"
	p.Disclosures = []PortalDisclosure{{
		Recipient: p.Purposes[1].Recipients[0].Name, Why: p.Purposes[1].Recipients[0].Why, Items: p.Purposes[1].Items, At: x.now.AddDate(0, -1, 0),
	}}
	words := map[string][3]string{
		"ko": {"별명이 틀렸습니다. ‘하늘별’이 맞습니다.", "다른 사람이 쓴 글이 들어 있어 보여 드릴 수 없습니다.", "개인정보보호팀 02-000-0000, 개인정보 침해신고센터 118"},
		"en": {"The nickname is wrong. It should read Haneulbyeol.", "It holds what somebody else wrote, so it cannot be shown.", "Privacy team 02-000-0000, or the Privacy Centre on 118"},
	}[x.frame.Lang]
	open := PortalRight{
		ID: "rr_06d4n1x9k2v8q7m3t5w0z4r6y8", Kind: consent.RightCorrection, Status: consent.RightOpen, At: x.now, Due: x.now.Add(consent.RightDue), Text: words[0],
	}
	late := open
	late.Kind, late.Late, late.At, late.Due, late.Text = consent.RightDeletion, true, x.now.AddDate(0, 0, -12), x.now.AddDate(0, 0, -2), ""
	no := PortalRight{
		ID: open.ID, Kind: consent.RightAccess, Status: consent.RightRefused, At: x.now.AddDate(0, 0, -9), Answered: x.now.AddDate(0, 0, -4), Reason: words[1], Objection: words[2],
	}
	yes := PortalRight{
		ID: open.ID, Kind: consent.RightCorrection, Status: consent.RightDone, At: x.now.AddDate(0, 0, -9), Answered: x.now.AddDate(0, 0, -2),
		Until: x.now.AddDate(0, 0, 5), Told: true,
		Items: []PortalItem{{p.Purposes[0].Items[0], "haneulbyeol"}, {p.Purposes[0].Items[1], "2015-03-02"}},
	}
	p.Rights = []PortalRight{open, late, no, yes}
	p.History = append([]PortalLine{{"right_correction", x.now}, {"answered", x.now.AddDate(0, 0, -2)}, {"disclosed", x.now.AddDate(0, -1, 0)}}, p.History...)
	return p
}

func (x fixture) portalForms() []State {
	all := x.purposes("", "", "")
	end := PortalWithdraw{Frame: x.frame, Action: fixturePortal, Back: fixturePortal, Scope: WithdrawAll, Ended: all[:2], Days: 3, Proof: fixtureProof}
	one := end
	one.Scope, one.Ended, one.Stays, one.Frame = WithdrawSome, all[1:2], all[:1], x.faulty("confirm", FaultConfirm)
	stale := end
	stale.Frame = x.faulty("decision", FaultStale)
	out := []State{
		x.state("guardian/my-withdraw all", end), x.state("guardian/my-withdraw one", one), x.state("guardian/my-withdraw stale", stale),
	}
	for _, kind := range consent.RightKinds {
		ask := PortalAsk{Frame: x.frame, Action: fixturePortal, Back: fixturePortal, Kind: kind, Proof: fixtureProof}
		out = append(out, x.state("guardian/my-ask "+string(kind), ask))
	}
	for _, fault := range []string{FaultText, FaultTextLong, FaultResident, FaultOpenRights} {
		ask := PortalAsk{Frame: x.faulty("text", fault), Action: fixturePortal, Back: fixturePortal, Kind: consent.RightCorrection, Proof: fixtureProof}
		if fault != FaultText {
			ask.Text = x.portalHeld().Rights[0].Text
		}
		out = append(out, x.state("guardian/my-ask "+fault, ask))
	}
	return out
}
