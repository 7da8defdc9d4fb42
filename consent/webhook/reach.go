package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"

	"github.com/bohoja/bohoja/consent"
)

// Reach looks whether a target can be reached, by the way of an attempt: the same names, guard, time and certificates. It
// asks nothing of the target: the connection is closed before a request, so nothing can happen there.
//
// Error: a *consent.DeliveryError, as of Try, with the stages "url", "dns", "guard", "connect" and "tls".
func (d *Deliverer) Reach(ctx context.Context, target string) error {
	if err := CheckURL(target); err != nil {
		return &consent.DeliveryError{Class: consent.Never, Stage: "url", Err: err}
	}
	u, err := url.Parse(target)
	if err != nil {
		return &consent.DeliveryError{Class: consent.Never, Stage: "url", Err: ErrURL}
	}
	ctx, stop := context.WithTimeout(ctx, d.timeout)
	defer stop()
	conn, err := d.dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), portOf(u)))
	if err != nil {
		return failed(dialled(err), err)
	}
	defer func() { _ = conn.Close() }()
	if u.Scheme == "http" {
		return nil
	}
	if err := d.shake(ctx, conn, u.Hostname()); err != nil {
		return failed("tls", err)
	}
	return nil
}

// shake makes the handshake of an attempt.
func (d *Deliverer) shake(ctx context.Context, conn net.Conn, host string) error {
	set := d.transport.TLSClientConfig.Clone()
	set.ServerName = host
	return tls.Client(conn, set).HandshakeContext(ctx)
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

// Hint says what would mend a failure of Try or Reach, "" where that is not known. It holds nothing that came from the target.
func Hint(err error) string { return hintOf(err) }

// dialled names the stage at which dialling failed.
func dialled(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "dns"
	}
	return "connect"
}

// Stage names the stage at which Try or Reach failed, "" for no error.
func Stage(err error) string { return stageOf(err) }
