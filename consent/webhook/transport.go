package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// transport speaks HTTP/1.1 and HTTP/2, through dialer and nothing else. Proxy stays nil: a proxy would resolve and dial
// for us, past the guard. Compression is off, so an answer is never larger than what was read from the wire.
func transport(dialer *net.Dialer, roots *x509.CertPool) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialer.Timeout,
		Protocols:              protocols,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxAnswer,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        30 * time.Second,
		// A shared connection whose other side has vanished is found out, instead of failing one attempt after the other.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// stage is how far an attempt has come. Hooks of dialling run in goroutines of the transport, even after the attempt has
// taken another connection; GotConn belongs to the attempt itself and so has the last word.
type stage struct {
	dialling  atomic.Value
	connected atomic.Bool
}

// traced returns a context whose request keeps the stage up to date.
func traced(ctx context.Context) (context.Context, *stage) {
	s := new(stage)
	s.dialling.Store("connect")
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { s.dialling.Store("dns") },
		ConnectStart:      func(string, string) { s.dialling.Store("connect") },
		TLSHandshakeStart: func() { s.dialling.Store("tls") },
		GotConn:           func(httptrace.GotConnInfo) { s.connected.Store(true) },
	}), s
}

func (s *stage) name() string {
	if s.connected.Load() {
		return "answer"
	}
	return s.dialling.Load().(string)
}
