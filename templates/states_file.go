package templates

import (
	"net/url"

	"github.com/bohoja/bohoja/consent"
)

func (x fixture) filed() *StaffFiled {
	return &StaffFiled{
		No: 1, By: "jun", At: x.now, Method: "paper", Clause: "4", Name: consent.MaskName("이보람"), Relation: "mother", Granted: []string{"account"},
		Refused: []string{"delivery"}, Ref: "box-7", Scan: true, May: true,
	}
}

func (x fixture) fileStates() []State {
	p := StaffFile{StaffFrame: x.staff("board"), ID: fixtureCase, Back: "/ops/request/shop/" + fixtureCase, AppTitle: "하늘상점", Deadline: x.until, Ways: []string{"paper", "phone"}}
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
