package mailer

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

var errNoAuth = errors.New("the server offers no AUTH mechanism that is known here (SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN)")

// auth signs in by the best mechanism offered. parseURL saw to it that a password goes over TLS or stays on this host.
func (c *conn) auth(context.Context) error {
	_, offer := c.smtp.Extension("AUTH")
	mechanism := c.server.mechanism(strings.Fields(strings.ToUpper(offer)))
	if mechanism == nil {
		return errNoAuth
	}
	return c.smtp.Auth(mechanism)
}

func (s *server) mechanism(offered []string) smtp.Auth {
	onThisHost := isLoopback(s.host)
	for _, known := range []struct {
		name string
		auth smtp.Auth
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(s.user, s.password)},
		{"SCRAM-SHA-1", smtp.ScramSHA1Auth(s.user, s.password)},
		{"PLAIN", smtp.PlainAuth("", s.user, s.password, s.host, onThisHost)},
		{"LOGIN", smtp.LoginAuth(s.user, s.password, s.host, onThisHost)},
	} {
		if slices.Contains(offered, known.name) {
			return known.auth
		}
	}
	return nil
}
