package mailer

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// security is how a connection is protected.
type security int

const (
	plain    security = iota // none
	starttls                 // after STARTTLS, which the server must offer
	implicit                 // from the first byte
)

// server is the operator's mail server, as SMTP__URL describes it.
type server struct {
	host     string
	addr     string // host:port
	security security
	user     string
	password string
	hello    string
	timeout  time.Duration
	roots    *x509.CertPool
}

// schemes maps a scheme to its protection and its port.
var schemes = map[string]struct {
	security security
	port     string
}{
	"smtps": {implicit, "465"}, "smtp+starttls": {starttls, "587"}, "smtp": {plain, "25"},
}

var (
	errURL = errors.New("smtp url: not of the form smtps://user:password@host:465, smtp+starttls://user:password@host:587 " +
		"or smtp://localhost:1025 (percent-encode signs such as @ : / in the password)")
	errClearPassword = errors.New("smtp url: a password may cross a network only under TLS: use smtps:// or smtp+starttls://")
)

// parseURL reads the URL. Its errors never hold it: net/url's would quote the password.
func parseURL(raw string) (*server, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errURL
	}
	kind, ok := schemes[u.Scheme]
	host := u.Hostname()
	if !ok || !validDomain(strings.ToLower(host), 1) && !isIP(host) {
		return nil, errURL
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errURL
	}
	port := u.Port()
	if port == "" {
		port = kind.port
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return nil, errURL
	}
	s := &server{host: host, addr: net.JoinHostPort(host, port), security: kind.security}
	if u.User != nil {
		s.user = u.User.Username()
		s.password, _ = u.User.Password()
	}
	if s.user != "" && s.exposed() {
		return nil, errClearPassword
	}
	return s, nil
}

// exposed reports whether what is said to the server can be read on a network.
func (s *server) exposed() bool { return s.security == plain && !isLoopback(s.host) }

func (s *server) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// addressLiteral is an IP address as EHLO takes it (RFC 5321, 4.1.3).
func addressLiteral(ip string) string {
	if strings.Contains(ip, ":") {
		return "[IPv6:" + ip + "]"
	}
	return "[" + ip + "]"
}
