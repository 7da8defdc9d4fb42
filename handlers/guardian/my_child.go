package guardian

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// detailFrame is the frame of a page about one child.
func (p *Pages) detailFrame(c *gin.Context, d consent.PortalDetail) templates.Frame {
	f := p.frame(d.App, lang(c, d.Visit.Locale))
	f.Child, f.Born, f.Test = d.Name, d.Born, d.Visit.Test
	return f
}

func (p *Pages) myChild(c *gin.Context, door Door) (answer, error) {
	d, err := door.PortalDetail(c, c.Param("token"), c.Param("id"))
	if err != nil {
		return answer{}, err
	}
	return show(p.childPage(c, d)), nil
}

func (p *Pages) childPage(c *gin.Context, d consent.PortalDetail) templates.Page {
	token, id, zone := c.Param("token"), d.Record.ID, d.Book.Profile.Zone
	f := p.detailFrame(c, d)
	page := templates.PortalChild{
		Frame: f, Born: d.Born, Status: d.Record.Status, Agreed: d.Agreed.In(zone), Hold: d.Record.Hold && d.Record.Status == consent.Granted,
		Purposes: p.portalPurposes(c, d, f.Lang), Old: d.Evidence.Terms != d.App.Terms(), History: history(d), Disclosures: disclosed(d, f.Lang),
		All: p.my(c, token, "children"), Leave: p.my(c, token, "children"),
		Receipt: templates.PortalReceipt{
			Case: id, Method: string(d.Record.Method), Clause: d.Evidence.Clause, Relation: d.Evidence.Relation, Terms: d.Evidence.Terms,
			Notice: d.Evidence.Notice, Path: d.Receipt, Text: p.opt.Base + consent.TermsPath(d.App.ID, d.Evidence.Terms) + "?lang=" + f.Lang,
		},
	}
	if done := c.Query("done"); slices.Contains([]string{"asked", "withdrawn"}, done) {
		page.Done = done
	}
	for _, r := range d.Rights {
		page.Rights = append(page.Rights, rightOf(d, r, f.Lang))
	}
	for _, kind := range consent.RightKinds {
		page.Ask = append(page.Ask, templates.PortalWay{Kind: kind, Path: p.my(c, token, "children", id, "ask", string(kind))})
	}
	if page.InForce() {
		page.Withdraw = p.my(c, token, "children", id, "withdraw")
	}
	return page
}

// portalPurposes are the purposes as they read at the grant, on and off.
func (p *Pages) portalPurposes(c *gin.Context, d consent.PortalDetail, lang string) []templates.PortalPurpose {
	asked := append(slices.Clone(d.Evidence.Granted), d.Evidence.Refused...)
	var out []templates.PortalPurpose
	for _, one := range templates.PurposesOf(d.Terms, asked, lang) {
		pp := templates.PortalPurpose{
			Purpose: one, On: slices.Contains(d.Record.InForce(), one.ID), Was: slices.Contains(d.Evidence.Granted, one.ID),
		}
		if now, ok := d.App.Purpose(one.ID); ok && pp.On && !now.Required {
			pp.Path = p.my(c, c.Param("token"), "children", d.Record.ID, "withdraw", one.ID)
		}
		out = append(out, pp)
	}
	return out
}

// history tells what happened, the newest first.
func history(d consent.PortalDetail) []templates.PortalLine {
	lines := []templates.PortalLine{{Key: "asked", At: d.Record.CreatedAt}, {Key: "granted", At: d.Record.DecidedAt}}
	for _, one := range d.Disclosures {
		lines = append(lines, templates.PortalLine{Key: "disclosed", At: one.At})
	}
	for _, r := range d.Rights {
		lines = append(lines, templates.PortalLine{Key: "right_" + string(r.Kind), At: r.CreatedAt}, templates.PortalLine{Key: "answered", At: r.AnsweredAt})
	}
	if d.Record.Status == consent.Withdrawn {
		lines = append(lines, templates.PortalLine{Key: "withdrawn", At: d.Record.EndedAt})
	}
	lines = append(lines, templates.PortalLine{Key: "erased", At: d.Record.ErasedAt})
	lines = slices.DeleteFunc(lines, func(l templates.PortalLine) bool { return l.At.IsZero() })
	slices.SortStableFunc(lines, func(a, b templates.PortalLine) int { return b.At.Compare(a.At) })
	for i := range lines {
		lines[i].At = lines[i].At.In(d.Book.Profile.Zone)
	}
	return lines
}

func disclosed(d consent.PortalDetail, lang string) []templates.PortalDisclosure {
	var out []templates.PortalDisclosure
	for _, one := range d.Disclosures {
		out = append(out, templates.PortalDisclosure{
			Recipient: one.Recipient, Why: one.Why, Items: consent.ItemLabels(d.App, one.Items, lang), At: one.At.In(d.Book.Profile.Zone),
		})
	}
	return out
}

func rightOf(d consent.PortalDetail, r consent.RightView, lang string) templates.PortalRight {
	in := func(t time.Time) time.Time { return t.In(d.Book.Profile.Zone) }
	out := templates.PortalRight{
		ID: r.ID, Kind: r.Kind, Status: r.Status, At: in(r.CreatedAt), Due: in(r.DueAt), Answered: in(r.AnsweredAt),
		Late: r.Late && r.Status == consent.RightOpen, Reason: r.Reply.Reason, Objection: r.Reply.Objection, Until: in(r.Until), Told: r.Told,
	}
	if r.Channel == consent.ChannelPortal { // what the app wrote down of a call are the app's words
		out.Text = r.Text.Reveal()
	}
	names := make([]string, 0, len(r.Data))
	for name := range r.Data {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		out.Items = append(out.Items, templates.PortalItem{Label: consent.ItemLabel(d.App, name, lang), Value: plain(r.Data[name])})
	}
	return out
}

// plain writes an item's value for people: a text without its quotes, anything else as it is.
func plain(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	return string(v)
}

func (p *Pages) myWithdraw(c *gin.Context, door Door) (answer, error) {
	w, err := door.PortalWithdraw(c, c.Param("token"), c.Param("id"), c.Param("purpose"))
	if errors.Is(err, consent.ErrEnded) || consent.KindOf(err) == consent.KindInvalid && err != nil {
		return seeOther(p.my(c, c.Param("token"), "children", c.Param("id"))), nil //nolint:nilerr // it has ended meanwhile
	}
	if err != nil {
		return answer{}, err
	}
	return show(p.endPage(c, w, nil)), nil
}

func (p *Pages) endPage(c *gin.Context, w consent.PortalEnd, faults []templates.Fault) templates.Page {
	f := p.detailFrame(c, w.PortalDetail)
	f.Faults = faults
	back := p.my(c, c.Param("token"), "children", w.Record.ID)
	page := templates.PortalWithdraw{
		Frame: f, Action: p.my(c, c.Param("token"), "children", w.Record.ID, "withdraw"), Back: back, Scope: templates.WithdrawAll,
		Ended: templates.PurposesOf(w.App, w.Record.Granted, f.Lang), Days: templates.GuardianWithdraw{EraseBy: w.EraseDue}.Days(), Proof: w.Proof,
	}
	if w.Purpose != "" {
		page.Action = p.my(c, c.Param("token"), "children", w.Record.ID, "withdraw", w.Purpose)
		page.Scope = templates.WithdrawSome
		page.Ended, page.Stays = split(page.Ended, w.App.Chosen([]string{w.Purpose}))
	}
	return page
}

// myEnd withdraws. Pressed twice, it leads to the same page.
func (p *Pages) myEnd(c *gin.Context, door Door) (answer, error) {
	token, id := c.Param("token"), c.Param("id")
	home := p.my(c, token, "children", id)
	w, err := door.EndInPortal(c, token, id, c.Param("purpose"), c.PostForm("proof"), c.PostForm("confirm"))
	switch {
	case err == nil:
		return seeOther(withQuery(home, "done=withdrawn")), nil
	case errors.Is(err, consent.ErrEnded), errors.Is(err, consent.ErrBack), w.Proof == "" && consent.KindOf(err) == consent.KindInvalid:
		return seeOther(home), nil
	}
	faults := faultsOf(err)
	if faults == nil {
		return answer{}, err
	}
	return again(p.endPage(c, w, faults)), nil
}

func (p *Pages) myAsk(c *gin.Context, door Door) (answer, error) {
	w, err := door.PortalAsk(c, c.Param("token"), c.Param("id"), consent.RightKind(c.Param("kind")))
	if err != nil {
		return answer{}, err
	}
	return show(p.askPage(c, w, nil)), nil
}

func (p *Pages) askPage(c *gin.Context, w consent.PortalWish, faults []templates.Fault) templates.Page {
	f := p.detailFrame(c, w.PortalDetail)
	f.Faults = faults
	back := p.my(c, c.Param("token"), "children", w.Record.ID)
	return templates.PortalAsk{
		Frame: f, Action: p.my(c, c.Param("token"), "children", w.Record.ID, "ask", string(w.Kind)), Back: back,
		Kind: w.Kind, Text: w.Text, Proof: w.Proof,
	}
}

// wishFaults maps what is wrong with a wish to its words.
var wishFaults = map[string]string{"required": templates.FaultText, "too_long": templates.FaultTextLong, "resident_number": templates.FaultResident}

// myWish opens the rights request. When the visit is over, what was typed is kept and a new link is mailed.
func (p *Pages) myWish(c *gin.Context, door Door) (answer, error) {
	token, id, kind := c.Param("token"), c.Param("id"), consent.RightKind(c.Param("kind"))
	text := strings.ReplaceAll(c.PostForm("text"), "\r\n", "\n")
	_, err := door.AskInPortal(c, token, id, kind, c.PostForm("proof"), consent.Secret(text))
	switch {
	case err == nil:
		return seeOther(withQuery(p.my(c, token, "children", id), "done=asked")), nil
	case errors.Is(err, consent.ErrVisitOver) && !isDown(err):
		return show(p.sent(c, true)), nil
	}
	faults := wishFaultsOf(err)
	if faults == nil {
		return answer{}, err
	}
	w, opened := door.PortalAsk(c, token, id, kind)
	if opened != nil {
		return answer{}, opened
	}
	w.Text = text
	return again(p.askPage(c, w, faults)), nil
}

func wishFaultsOf(err error) []templates.Fault {
	e, ok := errors.AsType[*consent.Error](err)
	switch {
	case !ok:
		return nil
	case e.Code == "rights_limit":
		return []templates.Fault{{Field: "text", Code: templates.FaultOpenRights}}
	case errors.Is(err, consent.ErrStale):
		return []templates.Fault{{Field: "text", Code: templates.FaultStale}}
	case e.Kind != consent.KindInvalid:
		return nil
	}
	var out []templates.Fault
	for _, f := range e.Fields {
		out = append(out, templates.Fault{Field: "text", Code: wishFaults[f.Code]})
	}
	return out
}
