package templates

import "github.com/bohoja/bohoja/consent"

func (x fixture) receiptStates() []State {
	p := GuardianReceipt{
		Frame: x.frame, Status: consent.Granted, Agreed: x.now.AddDate(0, -2, 0), Method: consent.MethodEmailLink, Case: fixtureCase,
		Purposes: x.portalChild().Purposes, Terms: x.app.Terms(), Text: consent.TermsPath("shop", x.app.Terms()),
		Portal: "https://consent.example/my", Signed: "/r/" + fixtureToken + "/signed", Keys: "https://consent.example/.well-known/jwks.json",
	}
	ended := p
	ended.Status, ended.Ended, ended.Frame.Child = consent.Withdrawn, x.now, ""
	ended.Purposes = x.portalEnded().Purposes
	corrected := p
	corrected.Amended = []ReceiptAmended{{consent.AmendBoth, x.now.AddDate(0, -1, 0)}, {consent.AmendAddress, x.now}}
	now := TermsOf(x.book, x.app, x.app, x.frame.Lang, "")
	old := now
	old.Version, old.Current, old.Today, old.Purposes = "t_0f3a9c1b22d4e6f8", false, consent.TermsPath("shop", x.app.Terms()), now.Purposes[:2]
	return []State{
		x.state("guardian/receipt", p), x.state("guardian/receipt withdrawn", ended),
		x.state("guardian/receipt corrected", corrected),
		x.state("guardian/terms", now), x.state("guardian/terms old", old),
	}
}
