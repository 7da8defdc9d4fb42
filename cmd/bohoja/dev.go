package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/cmd/demoshop/shop"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/consent/webhook"
	"github.com/bohoja/bohoja/handlers/api/client"
	"github.com/bohoja/bohoja/handlers/dev"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/templates"
)

// shopPath is where dev shows the demo shop.
const shopPath = "/dev/shop"

func devCommand(w *world) *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Try everything in one process: nothing to install, nothing to set",
		Long: "Runs the service with a Redis and a mail server inside the process, an inbox page, a demo shop and a clock that\n" +
			"can be moved. Everything is gone when it stops.",
		Args: cobra.NoArgs,
		RunE: act(func(cmd *cobra.Command, _ []string) error { return w.dev(cmd.Context(), listen) }),
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "address to listen on")
	return cmd
}

// playground is what dev has beside a house: the parts that serve finds outside.
type playground struct {
	redis   *miniredis.Miniredis
	mail    *catcher.Catcher
	letters net.Listener
	public  net.Listener
	dir     string // keys; removed at the end
	key     string
	secret  consent.Private // of the demo shop's webhook
	url     string
}

// dev runs the playground until ctx ends.
func (w *world) dev(ctx context.Context, listen string) error {
	p, err := newPlayground(ctx, listen)
	if err != nil {
		return err
	}
	defer p.close(context.WithoutCancel(ctx))
	set, err := p.settings(w)
	if err != nil {
		return err
	}
	log := newLog(w.err, set.Log)
	h, err := newHouse(set, log)
	if err != nil {
		return err
	}
	defer h.close()
	sender, err := newMailer(&set, slog.New(slog.DiscardHandler)) // it would warn that letters go to itself without TLS
	if err != nil {
		return err
	}
	defer sender.Close()
	h.inbox = true
	s, err := h.open(ctx, redisstore.Test, sender)
	if err != nil {
		return err
	}
	p.adopt(s)
	return p.run(ctx, w, h, s)
}

// newPlayground opens the listeners first, since their addresses go into the settings.
func newPlayground(ctx context.Context, listen string) (*playground, error) {
	p := &playground{mail: catcher.New(catcher.Options{}), secret: webhook.NewSecret()}
	var lc net.ListenConfig
	var err error
	if p.public, err = lc.Listen(ctx, "tcp", listen); err != nil {
		return nil, fmt.Errorf("--listen: %w; on a free port: ./bohoja dev --listen 127.0.0.1:8090", err)
	}
	if p.letters, err = lc.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, p.public.Close())
	}
	if p.redis, err = miniredis.Run(); err == nil {
		p.dir, err = os.MkdirTemp("", "bohoja-dev-")
	}
	if err != nil {
		return nil, errors.Join(err, p.public.Close(), p.letters.Close())
	}
	p.url = "http://" + visible(p.public.Addr())
	return p, nil
}

// visible is an address as a browser on this host can use it.
func visible(a net.Addr) string {
	host, port, _ := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func (p *playground) close(ctx context.Context) {
	_ = p.mail.Close(ctx)
	p.redis.Close()
	_ = os.RemoveAll(p.dir)
}

// settings are the built-in declarations, or those of --config, with everything else inside the process.
func (p *playground) settings(w *world) (config.Settings, error) {
	own := *w
	own.environ = []string{ // and nothing of what is set for serve
		"BOHOJA_PUBLIC_URL=" + p.url, "BOHOJA_REDIS__URL=redis://" + p.redis.Addr(), "BOHOJA_REDIS__ALLOW_UNSAFE=true",
		"BOHOJA_SMTP__URL=smtp://" + p.letters.Addr().String(), "BOHOJA_SMTP__FROM=Haneul Shop <consent@shop.example>",
		"BOHOJA_MAIL__CHECK_DOMAIN=false", "BOHOJA_WEBHOOKS__ALLOW_PRIVATE=true",
		"BOHOJA_KEYS__DIR=" + filepath.Join(p.dir, "keys"), "BOHOJA_AUDIT__DIR=" + filepath.Join(p.dir, "audit"),
		"BOHOJA_LOG__LEVEL=warn", "BOHOJA_LOG__FORMAT=text",
	}
	var l *config.Loaded
	l, p.key = own.loadDemo()
	if faults := l.Check(templates.Languages()); len(faults) > 0 {
		return config.Settings{}, faults
	}
	apps := l.Settings.Apps
	apps[0].Webhooks = append(apps[0].Webhooks, consent.Webhook{URL: p.url + shopPath + "/hooks", Secret: p.secret})
	apps[0].Origins = append(apps[0].Origins, p.url)
	if apps[0].ContinueURL == "" {
		apps[0].ContinueURL = p.url + shopPath + "/account"
	}
	return l.Settings, nil
}

// run serves until ctx ends, then stops: the roles, the door, the mail.
func (p *playground) run(ctx context.Context, w *world, h *house, s *space) error {
	problems := h.problems()
	market := p.shop(h.log)
	var site http.Handler
	site, err := h.site(problems, dev.New(dev.Options{
		Problems: problems, Book: h.book.Load, Inbox: p.mail, Clock: s.clock, Tick: s.pass,
		Site:      http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { site.ServeHTTP(rw, r) }),
		PublicURL: p.url, Key: p.key, Curl: p.firstCall(), Hooks: h.hooks.Log, Calls: market.Calls, Shop: market, Log: h.log,
	}))
	if err != nil {
		return err
	}
	// The roles end first, while the door is open: what they have in flight, as a webhook to the shop, knocks at this very process.
	working, stop := context.WithCancel(ctx)
	defer stop()
	serving, shut := context.WithCancel(context.WithoutCancel(ctx))
	defer shut()
	var roles, post sync.WaitGroup
	post.Go(func() { _ = p.mail.Serve(p.letters) })
	roles.Go(func() { h.roles(working) })
	roles.Go(func() { p.age(working) })
	post.Go(func() { roles.Wait(); shut() })
	p.greet(w)
	quiet := slog.New(slog.DiscardHandler) // browsers keep connections ready, which would be told as requests that were cut
	err = (&web.Server{Name: "dev", Handler: site, Log: quiet, Drain: time.Second}).Run(serving, p.public)
	if ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
		err = nil // a page that was still loading was cut; nobody is owed its answer
	}
	stop()
	roles.Wait()
	_ = p.mail.Close(context.WithoutCancel(ctx)) // or its Serve would go on for ever
	post.Wait()
	return err
}

func (p *playground) shop(log *slog.Logger) *shop.Shop {
	return shop.New(shop.Options{
		API: &client.Client{Base: p.url, Key: p.key}, Secret: p.secret.Reveal(), Base: shopPath, Inbox: "/dev/inbox", Log: log, Playground: true,
	})
}

// age lets the Redis inside grow old: it does not do so by itself.
func (p *playground) age(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			p.redis.FastForward(time.Second)
		}
	}
}

// adopt lets what Redis expires by itself move with the space's clock, whoever moves it.
func (p *playground) adopt(s *space) { s.aged = p.redis.FastForward }

// pass runs the standing roles of a space once, in the order in which one leaves work to the next.
func (s *space) pass(ctx context.Context) error {
	err := s.sweep(ctx)
	_, more := s.relay.RunOnce(ctx)
	return errors.Join(err, more, s.keep(ctx))
}

func (p *playground) firstCall() string {
	return "curl -s " + p.url + "/v1/child-notice -H 'Authorization: Bearer " + p.key + "'"
}

// greet says where everything is and what to try.
func (p *playground) greet(w *world) {
	if a, ok := p.public.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		w.fail("bohoja dev: whoever reaches %s can read every letter and use the key; leave --listen out to stay on this host", a)
	}
	w.say("bohoja dev: everything is inside this process and gone when it stops (Ctrl+C).")
	w.say("")
	w.say("  start here   %s/dev/", p.url)
	w.say("  demo shop    %s%s/   sign up as a child", p.url, shopPath)
	w.say("  inbox        %s/dev/inbox   open the guardian's letter", p.url)
	w.say("  clock        %s/dev/clock   let 24 hours pass", p.url)
	w.say("  API          %s/docs   key %s", p.url, p.key)
	w.say("")
	w.say("  %s", p.firstCall())
}
