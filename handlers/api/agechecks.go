package api

import (
	"context"
	"net/http"

	"github.com/bohoja/bohoja/consent"
)

type ages interface {
	AgeCheck(ctx context.Context, app *consent.App, q consent.AgeCheck) (consent.AgeAnswer, error)
}

type ageBody struct {
	BirthDate consent.Private `json:"birth_date"`
	Age       *int            `json:"age"`
	Country   string          `json:"country"`
	Email     consent.Private `json:"email"`
	Phone     consent.Private `json:"phone"`
	Subject   string          `json:"subject"`
}

type ageAnswer struct {
	UnderAge    bool    `json:"under_age"`
	Threshold   int     `json:"threshold"`
	OfAgeOn     *string `json:"of_age_on"` // "2028-03-02"; null without a birth date
	Contradicts bool    `json:"contradicts"`
}

// checkAge is POST /v1/age-checks. It stores nothing.
func (a *API) checkAge(q *ask) error {
	var in ageBody
	if _, err := read(q.c, &in); err != nil {
		return err
	}
	question := consent.AgeCheck{
		Claim: consent.AgeClaim{Age: in.Age}, Country: in.Country, Email: in.Email, Phone: in.Phone, Subject: in.Subject,
	}
	if !in.BirthDate.Empty() {
		born, err := consent.ParseDate(in.BirthDate.Reveal())
		if err != nil {
			return invalid("invalid", "/birth_date", "a day in the past, of the form 2014-03-02")
		}
		question.Claim.BirthDate = &born
	}
	got, err := q.space.Service.AgeCheck(q.ctx(), q.app, question)
	if err != nil {
		return err
	}
	out := ageAnswer{UnderAge: got.UnderAge, Threshold: got.Threshold, Contradicts: got.Contradicts}
	if got.OfAgeOn != (consent.Date{}) {
		out.OfAgeOn = new(got.OfAgeOn.String())
	}
	return answer(q.c, http.StatusOK, out)
}
