package mailer_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/wneessen/go-mail"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/mailer"
)

// Run both: the goal is 0.90 of the letters that go-mail itself sends over reused connections, four at once.

func BenchmarkDeliver(b *testing.B) {
	addr := kind(nil).run(b)
	m, err := mailer.New(mailer.Options{URL: "smtp://" + addr, From: sender, Render: rendered, Concurrency: 4})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	spread(b, func() error { return m.Deliver(b.Context(), letter(guardian, 0)) })
}

func BenchmarkBareGoMail(b *testing.B) {
	host, port, _ := strings.Cut(kind(nil).run(b), ":")
	n, err := strconv.Atoi(port)
	if err != nil {
		b.Fatal(err)
	}
	clients := make(chan *mail.Client, 4)
	for range cap(clients) {
		c, err := mail.NewClient(host, mail.WithPort(n), mail.WithTLSPolicy(mail.NoTLS))
		if err != nil {
			b.Fatal(err)
		}
		if err := c.DialWithContext(b.Context()); err != nil {
			b.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		clients <- c
	}
	spread(b, func() error {
		c := <-clients
		defer func() { clients <- c }()
		r, _ := rendered(consent.Letter{})
		msg := mail.NewMsg(mail.WithEncoding(mail.EncodingB64))
		if err := msg.From("consent@shop.example"); err != nil {
			return err
		}
		if err := msg.To(guardian); err != nil {
			return err
		}
		msg.Subject(r.Subject)
		msg.SetBodyString(mail.TypeTextPlain, r.Text)
		msg.AddAlternativeString(mail.TypeTextHTML, r.HTML)
		return c.Send(msg)
	})
}

// spread sends b.N letters, four at once.
func spread(b *testing.B, send func() error) {
	work := make(chan struct{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range work {
				if err := send(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.ResetTimer()
	for range b.N {
		work <- struct{}{}
	}
	close(work)
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "letters/s")
}
