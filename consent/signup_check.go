package consent

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// subjectForm is an opaque reference: no mailbox and no name fits in it.
var subjectForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// phoneForm finds a Korean mobile number that is used as a reference.
var phoneForm = regexp.MustCompile(`^(?:\+?82-?|0)1[016789]-?\d{3,4}-?\d{4}$`)

// noticeForm bounds what is recorded as the version of a notice.
var noticeForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// checkSignup finds every fault of in, fills its defaults, and gives the guardian's mailbox.
func (s *Service) checkSignup(ctx context.Context, app *App, in *Signup, now time.Time) (Mailbox, []Warning, error) {
	var f faults
	book := s.Book()
	checkResident(&f, in)
	checkSubject(&f, in.Subject)
	if !noticeForm.MatchString(in.Notice) {
		f.add("/child_notice/version", "notice_missing", "the child must be shown the notice of GET /v1/child-notice, and its version named here")
	}
	checkAge(&f, book.Profile, in, now)
	checkName(&f, "/child/name", in.Child.Name.Reveal(), leastChild)
	s.checkMethod(&f, app, in)
	box := s.checkGuardian(ctx, &f, in)
	s.checkChildContacts(&f, in)
	checkPurposes(&f, app, in)
	checkReturn(&f, app, in.ReturnURL)
	if err := f.err(); err != nil {
		return box, nil, err
	}
	return box, signupWarnings(box, in.Guardian), nil
}

func checkSubject(f *faults, subject string) {
	switch {
	case subject == "":
		f.add("/subject", "required", "your own opaque reference for the child is required")
	case strings.Contains(subject, "@"), phoneForm.MatchString(subject):
		f.add("/subject", "subject_is_personal", "the subject must be an opaque reference, not an address or a telephone number")
	case !subjectForm.MatchString(subject):
		f.add("/subject", "invalid", "1 to 64 characters of A-Z a-z 0-9 _ -")
	}
}

// CheckSubject is the check that a subject in a path gets. Errors: KindInvalid.
func CheckSubject(subject string) error {
	var f faults
	checkSubject(&f, subject)
	return f.err()
}

// checkAge refuses whoever is not a child. A birth date of a child wins over under_age: false.
func checkAge(f *faults, p Profile, in *Signup, now time.Time) {
	claim := AgeClaim{UnderAge: in.UnderAge, Age: in.AgeGiven}
	in.Child.Age = -1
	if in.AgeGiven != nil {
		in.Child.Age = *in.AgeGiven
		if *in.AgeGiven < 0 || *in.AgeGiven > 150 {
			f.add("/child/age", "invalid", "completed years, 0 to 150")
			return
		}
	}
	if !in.Child.BirthDate.Empty() {
		d, err := ParseDate(in.Child.BirthDate.Reveal())
		if err != nil || DateOf(now.In(p.Zone)).Before(d) {
			f.add("/child/birth_date", "invalid", "a day in the past, of the form 2014-03-02")
			return
		}
		claim.BirthDate = &d
	}
	v := p.Judge(claim, now)
	if claim == (AgeClaim{}) {
		f.add("/child", "not_under_age", "say under_age: true, or give a birth_date or an age")
	} else if v.Conflict || !v.UnderAge {
		f.add("/child", "not_under_age", "by what was given this is not a child who needs a guardian's consent")
	}
}

func (s *Service) checkMethod(f *faults, app *App, in *Signup) {
	if in.Method == "" {
		in.Method = MethodEmailLink
		if len(app.Methods) > 0 {
			in.Method = app.Methods[0]
		}
	}
	if !app.Allows(in.Method) {
		f.add("/method", "method_not_accepted", "this app does not accept consents by this method; without one its first is taken")
	}
}

// ByMail reports whether a method begins with a letter.
func (m Method) ByMail() bool { return m == MethodEmailLink || m == MethodEmailReply }

func (s *Service) checkGuardian(ctx context.Context, f *faults, in *Signup) Mailbox {
	name := in.Guardian.Name.Reveal()
	checkName(f, "/guardian/name", name, leastGuardian)
	if isGeneric(name) {
		f.add("/guardian/name", "guardian_name_generic", "the guardian's own name is needed: it is asked again when they decide")
	}
	s.checkPhone(f, "/guardian/phone", &in.Guardian.Phone)
	return s.checkAddress(ctx, f, in.Guardian.Email, in.Child.Email, in.Method.ByMail())
}

// checkAddress checks a guardian's address against its form, the child's own mailbox and its domain.
func (s *Service) checkAddress(ctx context.Context, f *faults, email, child Private, required bool) Mailbox {
	const pointer = "/guardian/email"
	if email.Empty() {
		if required {
			f.add(pointer, "required", "the guardian's address is required")
		}
		return Mailbox{}
	}
	box, ok := ParseMailbox(email.Reveal())
	if !ok {
		f.add(pointer, "invalid", "one mail address of the form name@domain.tld")
		return Mailbox{}
	}
	if own, ok := ParseMailbox(child.Reveal()); ok && own.Canonical.Reveal() == box.Canonical.Reveal() {
		f.add(pointer, "guardian_is_child", "the guardian's mailbox must not be the child's own")
		return box
	}
	if !s.Settings.Test && box.played() {
		f.add(pointer, "undeliverable_domain", "guardians at guardian.test answer only in the test space: use a test key")
		return box
	}
	if s.Domains != nil && !s.Domains.Deliverable(ctx, box.Domain) {
		f.add(pointer, "undeliverable_domain", "the domain takes no mail, as the DNS says")
	}
	return box
}

func (s *Service) checkChildContacts(f *faults, in *Signup) {
	if !in.Child.Email.Empty() {
		if _, ok := ParseMailbox(in.Child.Email.Reveal()); !ok {
			f.add("/child/email", "invalid", "one mail address of the form name@domain.tld")
		}
	}
	s.checkPhone(f, "/child/phone", &in.Child.Phone)
}

// checkPhone replaces a number by its canonical form. A resident registration number is one too, as soon as somebody writes
// +82 before it, so it is looked for in what was typed (KR-24).
func (s *Service) checkPhone(f *faults, pointer string, p *Private) {
	if p.Empty() {
		return
	}
	if hasResidentNumber(p.Reveal()) {
		f.add(pointer, "resident_number", residentDetail)
		return
	}
	e164, err := s.Phones.Canonical(p.Reveal(), s.Book().Profile.Region())
	if err != nil {
		f.add(pointer, "invalid", "a telephone number, best in the form +821012345678")
		return
	}
	*p = Secret(e164)
}

// checkPurposes checks what is asked for, and that the data holds nothing else. Data is held against purposes that are
// right only: a mistyped purpose would make every item of it look like the fault.
func checkPurposes(f *faults, app *App, in *Signup) {
	switch {
	case in.Purposes == nil:
		in.Purposes = purposeIDs(app.Purposes)
	case len(in.Purposes) == 0: // neither all nor some: a program that made it by mistake must not ask for everything
		f.add("/purposes", "invalid", "name purposes, or leave the field out for all of them")
		return
	}
	if checkAsked(f, app, in.Purposes) {
		checkData(f, itemsOf(app.Chosen(in.Purposes)), in.Data)
	}
}

// checkAsked reports whether all purposes are the app's own, named once, with every required one among them.
func checkAsked(f *faults, app *App, ids []string) bool {
	before := len(*f)
	for i, id := range ids {
		if _, ok := app.Purpose(id); !ok || slices.Contains(ids[:i], id) {
			f.add("/purposes/"+itoa(i), "unknown_purpose", "not a purpose of this app, or named twice")
		}
	}
	for _, p := range app.Purposes {
		if p.Required && !slices.Contains(ids, p.ID) {
			f.add("/purposes", "required_purpose", "this purpose is required and must be asked for: "+p.ID)
		}
	}
	return len(*f) == before
}

func checkData(f *faults, declared []string, data map[string]json.RawMessage) {
	for _, name := range sortedKeys(data) {
		if !slices.Contains(declared, name) {
			f.add("/data/"+escapePointer(name), "undeclared_item", "no chosen purpose names this item: leave it out, or declare it among the items of a purpose")
		}
	}
}

// itemsOf lists the items that these purposes name.
func itemsOf(purposes []Purpose) []string {
	var items []string
	for _, p := range purposes {
		items = append(items, p.Items...)
	}
	return items
}

func checkReturn(f *faults, app *App, url string) {
	if url != "" && !slices.Contains(app.ReturnURLs, url) {
		f.add("/return_url", "return_url_not_listed", "only the app's own return_urls, exactly as listed")
	}
}

const residentDetail = "this looks like a resident registration number, which may not be processed"

// checkResident refuses resident registration numbers wherever a text is free (KR-24); checkPhone has its own look.
func checkResident(f *faults, in *Signup) {
	for _, field := range []struct{ pointer, text string }{
		{"/subject", in.Subject}, {"/child_notice/version", in.Notice}, {"/child/name", in.Child.Name.Reveal()}, {"/guardian/name", in.Guardian.Name.Reveal()},
		{"/child/email", in.Child.Email.Reveal()}, {"/guardian/email", in.Guardian.Email.Reveal()},
		{"/child/birth_date", in.Child.BirthDate.Reveal()}, {"/return_url", in.ReturnURL},
	} {
		if hasResidentNumber(field.text) {
			f.add(field.pointer, "resident_number", residentDetail)
		}
	}
	for _, name := range sortedKeys(in.Data) {
		if hasResidentNumber(name) || residentIn(in.Data[name]) {
			f.add("/data/"+escapePointer(name), "resident_number", residentDetail)
		}
	}
}

func signupWarnings(box Mailbox, g Guardian) (all []Warning) {
	if better := SuggestDomain(box.Domain); better != "" {
		all = append(all, Warning{Code: "maybe_typo", Pointer: "/guardian/email", Suggestion: better})
	}
	if inAddress(g.Name.Reveal(), g.Email) {
		all = append(all, Warning{Code: "name_in_address", Pointer: "/guardian/name"})
	}
	return all
}
