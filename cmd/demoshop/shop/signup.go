package shop

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/bohoja/bohoja/handlers/api/client"
	"github.com/bohoja/bohoja/templates"
)

// The shop's purposes, as its operator declared them, and the items of each.
const (
	purposeAccount  = "account"
	purposeDelivery = "delivery"
)

var items = map[string][]string{purposeAccount: {"nickname", "birth_date"}, purposeDelivery: {"address"}}

// form is what a child types. It travels in hidden fields and is never kept here.
type form struct {
	Nickname, Year, Month, Day string

	Subject, Notice                         string
	Child, Address, Guardian, GuardianEmail string
}

func read(r *http.Request) (form, error) {
	if err := r.ParseForm(); err != nil {
		return form{}, err
	}
	get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	f := form{
		Nickname: get("nickname"), Year: get("birth_year"), Month: get("birth_month"), Day: get("birth_day"),
		Subject: get("subject"), Notice: get("notice"), Child: get("child_name"), Address: get("address"),
		Guardian: get("guardian_name"), GuardianEmail: get("guardian_email"),
	}
	if parts := strings.FieldsFunc(f.Year, notDigit); len(parts) == 3 && f.Month == "" && f.Day == "" {
		f.Year, f.Month, f.Day = parts[0], parts[1], parts[2] // 2015.03.04 was pasted whole
	}
	return f, nil
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// born is the birth date as the API takes it, "" when the three are no numbers. Whether there is such a day the API knows.
func (f form) born() string {
	var n [3]int
	for i, s := range []string{f.Year, f.Month, f.Day} {
		var err error
		if n[i], err = strconv.Atoi(s); err != nil || n[i] < 0 {
			return ""
		}
	}
	return fmt.Sprintf("%04d-%02d-%02d", n[0], n[1], n[2])
}

func (s *Shop) showSignup(w http.ResponseWriter, r *http.Request) {
	s.show(w, http.StatusOK, s.signupPage(r, form{}, nil))
}

func (s *Shop) signupPage(r *http.Request, f form, faults []templates.Fault) templates.Page {
	p := templates.ShopSignup{
		Frame: s.frame(r), Action: s.link(r, "/"), Element: s.link(r, "/element"), Nickname: f.Nickname,
		BirthYear: f.Year, BirthMonth: f.Month, BirthDay: f.Day,
	}
	p.Faults = faults
	return p
}

// signup asks the API whether the child needs a guardian; if so, it shows what the child must read before naming one.
func (s *Shop) signup(w http.ResponseWriter, r *http.Request) {
	f, err := read(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	faults := missing([]field{{"nickname", f.Nickname}})
	if f.born() == "" {
		faults = append(faults, templates.Fault{Field: "birth_year", Code: templates.FaultBirthEmpty})
	}
	if len(faults) > 0 {
		s.show(w, http.StatusUnprocessableEntity, s.signupPage(r, f, faults))
		return
	}
	age, err := s.opt.API.CheckAge(r.Context(), client.AgeCheck{BirthDate: f.born()})
	switch {
	case client.IsCode(err, "invalid"):
		faults = []templates.Fault{{Field: "birth_year", Code: templates.FaultBorn}}
		s.show(w, http.StatusUnprocessableEntity, s.signupPage(r, f, faults))
	case err != nil:
		s.fail(w, r, err)
	case !age.UnderAge:
		s.show(w, http.StatusOK, templates.ShopAdult{Frame: s.frame(r), Again: s.link(r, "/")})
	default:
		f.Subject = s.accounts.open().subject
		s.showGuardian(w, r, http.StatusOK, f, nil)
	}
}

// showGuardian shows the notice and asks for the guardian's name and address, and for nothing more about them (KR-02).
func (s *Shop) showGuardian(w http.ResponseWriter, r *http.Request, status int, f form, faults []templates.Fault) {
	frame := s.frame(r)
	notice, err := s.opt.API.Notice(r.Context(), frame.Lang)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	frame.Faults = faults
	s.show(w, status, templates.ShopGuardian{
		Frame: frame, Action: s.link(r, "/guardian"), Notice: templates.ReceivedNotice(notice.Version, frame.Lang, notice.HTML, notice.Text),
		ChildName: f.Child, Address: f.Address, GuardianName: f.Guardian, GuardianEmail: f.GuardianEmail,
		Hidden: []templates.Hidden{
			{Name: "nickname", Value: f.Nickname}, {Name: "birth_year", Value: f.Year}, {Name: "birth_month", Value: f.Month},
			{Name: "birth_day", Value: f.Day}, {Name: "subject", Value: f.Subject},
		},
	})
}

// ask makes the consent request. The account's name is also the Idempotency-Key: a button that is pressed twice, or an
// answer that got lost, makes one request.
func (s *Shop) ask(w http.ResponseWriter, r *http.Request) {
	f, err := read(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	a, ok := s.accounts.find(f.Subject)
	if !ok {
		s.restart(w, r) // a form of yesterday's process
		return
	}
	faults := missing([]field{{"child_name", f.Child}, {"guardian_name", f.Guardian}, {"guardian_email", f.GuardianEmail}})
	if len(faults) > 0 {
		s.showGuardian(w, r, http.StatusUnprocessableEntity, f, faults)
		return
	}
	made, err := s.opt.API.Create(r.Context(), f.Subject, f.request(s.lang(r)))
	if faults := faultsOf(err); len(faults) > 0 {
		s.showGuardian(w, r, http.StatusUnprocessableEntity, f, faults)
		return
	}
	if err != nil && !client.IsCode(err, "idempotency_mismatch") { // that one: another answer was sent from the same form before
		s.fail(w, r, err)
		return
	}
	a.change(func(a *account) {
		if a.state == stateNew && err == nil {
			a.state, a.request = stateWaiting, made.ID
		}
	})
	s.redirect(w, r, "/waiting/"+a.subject)
}

// request is what the API is asked. The address is optional, and so is its purpose: without one nobody asks for it.
func (f form) request(lang string) client.Request {
	q := client.Request{
		Subject:  f.Subject,
		Notice:   client.NoticeShown{Version: f.Notice},
		Child:    client.Child{BirthDate: f.born(), Name: f.Child, Locale: lang},
		Guardian: client.Guardian{Name: f.Guardian, Email: f.GuardianEmail, Locale: lang},
		Purposes: []string{purposeAccount},
		Data:     map[string]any{"nickname": f.Nickname, "birth_date": f.born()},
	}
	if f.Address != "" {
		q.Purposes = append(q.Purposes, purposeDelivery)
		q.Data["address"] = f.Address
	}
	return q
}

// field is one answer of a form.
type field struct{ name, value string }

func missing(fields []field) []templates.Fault {
	var out []templates.Fault
	for _, f := range fields {
		if f.value == "" {
			out = append(out, templates.Fault{Field: f.name, Code: templates.FaultField})
		}
	}
	return out
}

// fieldOf maps the pointers of the API's faults to the fields of the form.
var fieldOf = map[string]string{
	"/child/name": "child_name", "/data/address": "address", "/guardian/name": "guardian_name", "/guardian/email": "guardian_email",
}

// wordsOf maps them, with the code where it matters, to the page's words.
var wordsOf = map[string]string{
	"/guardian/email": templates.FaultEmail, "/child/name": templates.FaultNameForm, "/guardian/name": templates.FaultNameForm,
}

// faultsOf makes the form's faults of a refusal; nil when the refusal is about nothing that the child can mend.
func faultsOf(err error) []templates.Fault {
	p, ok := errors.AsType[*client.Problem](err)
	if !ok {
		return nil
	}
	var out []templates.Fault
	for _, e := range p.Errors {
		name, ok := fieldOf[e.Pointer]
		if !ok {
			continue
		}
		code := wordsOf[e.Pointer]
		if e.Code == templates.FaultEmailChild || e.Code == templates.FaultGeneric {
			code = e.Code
		}
		out = append(out, templates.Fault{Field: name, Code: code})
	}
	return out
}
