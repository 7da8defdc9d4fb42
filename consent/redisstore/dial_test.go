package redisstore

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestDialURLs(t *testing.T) {
	for text, want := range map[string]string{
		"redis://localhost":                          "[localhost:6379] cluster=false master= db=0 user= password= tls=false",
		"redis://u:p%40ss@10.0.0.1:7000/3":           "[10.0.0.1:7000] cluster=false master= db=3 user=u password=p@ss tls=false",
		"redis://:secret@[::1]:7000":                 "[[::1]:7000] cluster=false master= db=0 user= password=secret tls=false",
		"rediss://redis.example":                     "[redis.example:6379] cluster=false master= db=0 user= password= tls=true",
		"redis://a:1,b:2,c":                          "[a:1 b:2 c:6379] cluster=true master= db=0 user= password= tls=false",
		"redis://u:p@a:1,b:2":                        "[a:1 b:2] cluster=true master= db=0 user=u password=p tls=false",
		"redis://a:1, redis://b:2":                   "[a:1 b:2] cluster=true master= db=0 user= password= tls=false",
		"redis://a:1?cluster=true":                   "[a:1] cluster=true master= db=0 user= password= tls=false",
		"redis+sentinel://s1,s2:26380/2?master=main": "[s1:26379 s2:26380] cluster=false master=main db=2 user= password= tls=false",
		"rediss+sentinel://u:p@s1/?master=main":      "[s1:26379] cluster=false master=main db=0 user=u password=p tls=true",
	} {
		o, err := options(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := fmt.Sprintf("%v cluster=%v master=%s db=%d user=%s password=%s tls=%v",
			o.Addrs, o.IsClusterMode, o.MasterName, o.DB, o.Username, o.Password, o.TLSConfig != nil)
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

// A refusal never repeats the URL: it may hold a password.
func TestDialRefusals(t *testing.T) {
	for _, text := range []string{
		"", "canary", "http://canary", "redis://", "redis://user:canary@", "redis://u:canary@host:port%zz", "redis://u:canary@host/x",
		"redis://u:canary@host/-1", "redis://u:canary@a,b/1", "redis://u:canary@a,,b", "redis+sentinel://u:canary@s1", "unix://canary",
	} {
		_, err := Dial(text)
		if err == nil {
			t.Errorf("%q was taken", text)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDialClients(t *testing.T) {
	c, err := Dial("redis://localhost:1")
	if err != nil {
		t.Fatal(err)
	}
	if n := c.Write.(*redis.Client).Options().MaxRetries; n != 0 {
		t.Errorf("the writing client repeats %d times", n)
	}
	if n := c.Read.(*redis.Client).Options().MaxRetries; n < 1 {
		t.Error("the reading client gives up at once")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// A Redis whose certificate nobody vouches for, that goes by another name, or that speaks no newer TLS than 1.1, is not spoken to.
func TestDialTLS(t *testing.T) {
	serve := func(newest uint16) *httptest.Server {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: newest}
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	s := serve(0)
	c, err := Dial("rediss://" + s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for _, one := range []redis.UniversalClient{c.Write, c.Read} {
		if _, ok := errors.AsType[*tls.CertificateVerificationError](one.Ping(t.Context()).Err()); !ok {
			t.Errorf("an unknown authority: %v", one.Ping(t.Context()).Err())
		}
	}
	for _, one := range []struct {
		newest uint16
		host   string
		good   bool
	}{{0, "127.0.0.1", true}, {tls.VersionTLS12, "127.0.0.1", true}, {0, "other.example", false}, {tls.VersionTLS11, "127.0.0.1", false}} {
		s := serve(one.newest)
		o, err := options("rediss://" + one.host + ":6379")
		if err != nil {
			t.Fatal(err)
		}
		o.TLSConfig.RootCAs = x509.NewCertPool()
		o.TLSConfig.RootCAs.AddCert(s.Certificate())
		conn, err := tls.Dial("tcp", s.Listener.Addr().String(), o.TLSConfig)
		if (err == nil) != one.good {
			t.Errorf("%+v: %v", one, err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
}

// certified is a server with a certificate for these names alone, and whoever vouches for it.
func certified(t *testing.T, roots *x509.CertPool, names ...string) (port string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			form.IPAddresses = append(form.IPAddresses, ip)
		} else {
			form.DNSNames = append(form.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: secret}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	roots.AddCert(s.Certificate())
	_, port, _ = net.SplitHostPort(s.Listener.Addr().String())
	return port
}

// Each node of a cluster has a certificate of its own, or all have that of the first host. Another name, and another authority, are refused.
func TestDialNodes(t *testing.T) {
	for _, url := range []string{"rediss://redis.example,127.0.0.1", "rediss://redis.example?cluster=true", "rediss+sentinel://redis.example?master=main"} {
		for name, good := range map[string]bool{"127.0.0.1": true, "redis.example": true, "other.example": false} {
			o, err := options(url)
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			port := certified(t, roots, name)
			for _, known := range []bool{true, false} {
				o.TLSConfig.RootCAs = x509.NewCertPool()
				if known {
					o.TLSConfig.RootCAs = roots
				}
				conn, err := o.Dialer(t.Context(), "tcp", "127.0.0.1:"+port)
				if (err == nil) != (good && known) {
					t.Errorf("%s, a node with the certificate of %s, its authority known %v: %v", url, name, known, err)
				}
				if err == nil {
					_ = conn.Close()
				}
			}
		}
	}
	if o, err := options("rediss://redis.example"); err != nil || o.Dialer != nil {
		t.Errorf("one server has one name: %v", err)
	}
}
