package templates

import (
	"net/url"
	"time"

	"github.com/bohoja/bohoja/consent"
)

func (x fixture) filed() *StaffFiled {
	return &StaffFiled{
		No: 1, By: "jun", At: x.now, Method: "paper", Clause: "4", Name: consent.MaskName("이보람"), Relation: "mother",
		Granted: []string{x.app.Purposes[0].Why.In(x.frame.Lang)}, Refused: []string{x.app.Purposes[1].Why.In(x.frame.Lang)}, Ref: "box-7", Scan: true, May: true,
	}
}

func (x fixture) amending() *StaffAmending {
	return &StaffAmending{
		No: 1, Rev: 2, By: "minji", At: x.now, Guardian: consent.MaskName("이보람"), Name: consent.MaskName("이새로"),
		Email: consent.MaskEmail("new@example.com"), Proof: "id_document", Ref: "T-1042", May: true, MayRetract: true,
	}
}

func (x fixture) amendStates() []State {
	masked := x.requestPage().Guardians
	p := StaffAmend{
		StaffFrame: x.staff("board"), ID: fixtureCase, Back: "/ops/request/shop/" + fixtureCase, AppTitle: "하늘상점", Rev: 2,
		Wait: 48 * time.Hour, Guardians: masked,
	}
	two := p
	two.Guardians = append(masked[:1:1], consent.MaskedGuardian{Name: consent.MaskName("김두리"), Email: consent.MaskEmail("second@example.com")})
	wrong := two
	wrong.Was = url.Values{"guardian": {"1"}, "proof": {"call_back"}, "name": {"엄마"}}
	wrong.Faults = x.faulty("guardian", FaultAmendWhose, "name", FaultGeneric, "email", FaultAmendKnown, "proof", FaultAmendProof, "ref", FaultAmendRef).Faults
	same, quiet := p, p
	same.Faults = x.faulty("name", FaultAmendSame).Faults
	quiet.Faults = x.faulty("email", FaultAmendQuiet).Faults
	return []State{
		x.state("ops/amend", p), x.state("ops/amend two", two), x.state("ops/amend wrong", wrong), x.state("ops/amend same", same),
		x.state("ops/amend no letters", quiet),
	}
}

func (x fixture) fileStates() []State {
	p := StaffFile{StaffFrame: x.staff("board"), ID: fixtureCase, Back: "/ops/request/shop/" + fixtureCase, AppTitle: "하늘상점", Rev: 1, Deadline: x.until, Ways: []string{"paper", "phone"}}
	for _, one := range x.app.Purposes {
		p.Purposes = append(p.Purposes, StaffPurpose{one.ID, one.Why.In(x.frame.Lang), one.Required})
	}
	wrong := p
	wrong.Was = url.Values{"method": {"paper"}, "guardian_name": {"이보람"}}
	first := "purpose." + p.Purposes[0].ID
	wrong.Faults = x.faulty("method", FaultMethod, first, FaultPaperRequired, "guardian_name", FaultNameEmpty, "birth_year", FaultPaperBirth, "relation", FaultPaperRelation, "declares", FaultPaperDeclares, "ref", FaultPaperRef, "scan", FaultScan).Faults
	other := p
	other.Faults = x.faulty("birth_year", FaultPaperAdult, "scan", FaultScanType).Faults
	large := p
	large.Ways, large.Faults = p.Ways[:1], x.faulty("scan", FaultScanSize).Faults
	return []State{x.state("ops/paper", p), x.state("ops/paper wrong", wrong), x.state("ops/paper type", other), x.state("ops/paper large", large)}
}
