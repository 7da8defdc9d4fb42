package mailer

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"

	"github.com/bohoja/bohoja/consent"
)

// Stages of a delivery, in order. They name where it failed, in errors, metrics and `bohoja doctor`.
const (
	StageRender  = "render"  // the letter could not be written
	StageAddress = "address" // the address is refused by our own grammar
	StageQueue   = "queue"   // the caller's time ran out before a slot was free
	StageConnect = "connect" // name look-up, TCP, the server's greeting
	StageHello   = "hello"   // EHLO
	StageTLS     = "tls"     // STARTTLS, or the handshake
	StageAuth    = "auth"
	StageReset   = "reset" // RSET on a connection that has rested
	StageMail    = "mail"  // MAIL FROM
	StageRcpt    = "rcpt"  // RCPT TO
	StageData    = "data"  // DATA and the body
	StageDot     = "dot"   // the answer to the final dot
)

// codeMailbox is our own refusal of an address, by the code a server would give: mailbox name not allowed (RFC 5321, 4.2.3).
const codeMailbox = 553

// failure is an error and the stage at which it came. Its cause may quote an address: it goes to no log. deliveryError
// makes of it what may.
type failure struct {
	stage string
	err   error
	own   int // code of a refusal of our own, 0 for none
}

// refused is an address that goes to no server: our own grammar refuses it, in the server's stead.
func refused(why error) *failure { return &failure{stage: StageAddress, err: why, own: codeMailbox} }

// Error implements error.
func (f *failure) Error() string { return f.stage + ": " + f.err.Error() }

// Unwrap returns the cause.
func (f *failure) Unwrap() error { return f.err }

// code is the reply's code, 0 when there was no reply.
func (f *failure) code() int {
	if reply, ok := errors.AsType[*textproto.Error](f.err); ok {
		return reply.Code
	}
	return f.own
}

// lost reports whether the connection, and not the letter, is at fault, before anything of the letter was given over.
func (f *failure) lost() bool {
	early := f.stage == StageReset || f.stage == StageMail || f.stage == StageRcpt || f.stage == StageData
	return early && (f.code() == 0 || f.code() == 421)
}

// class says what the failure means for the letter.
//
//   - Never: a 5xx was answered about the recipient or the content, at RCPT, DATA or after the dot, or by our own grammar.
//   - Unknown: after the dot no reply came that can be read, so the letter may have arrived.
//   - Again: all else. A 5xx at the greeting, at TLS, AUTH or MAIL FROM is about us, the operator's account or sender: it
//     is the same for every letter and goes away when the operator mends it, so it must not end a single one.
func (f *failure) class() consent.DeliveryClass {
	switch code := f.code(); {
	case f.stage == StageDot && code == 0:
		return consent.Unknown
	case code/100 == 5 && aboutLetter(f.stage) && !aboutSession(code):
		return consent.Never
	}
	return consent.Again
}

func aboutLetter(stage string) bool {
	return stage == StageAddress || stage == StageRcpt || stage == StageData || stage == StageDot
}

// aboutSession are the 5xx codes that speak of the conversation, not of the letter: unknown command, bad sequence, missing
// or failed authentication (RFC 5321, 4.2.3; RFC 4954, 6). 501 is not one of them: at RCPT it refuses the address.
func aboutSession(code int) bool {
	switch code {
	case 500, 502, 503, 504, 530, 534, 535, 538:
		return true
	}
	return false
}

// enhanced finds a status such as 5.1.1 (RFC 3463) at the start of a reply.
var enhanced = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// deliveryError is the failure as the outside may see it. A reply's text is left out, since servers quote addresses in it;
// its codes stay.
func (f *failure) deliveryError() *consent.DeliveryError {
	e := &consent.DeliveryError{Class: f.class(), Code: f.code(), Stage: f.stage, Err: f.err}
	if reply, ok := errors.AsType[*textproto.Error](f.err); ok {
		e.Err = fmt.Errorf("server replied %d %s", reply.Code, enhanced.FindString(reply.Msg))
	}
	return e
}

// given makes a deadline that ran out because the caller gave up say so.
func given(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && err != nil {
		return fmt.Errorf("%w (%w)", cause, err)
	}
	return err
}
