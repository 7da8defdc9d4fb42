// Command demoshop runs the demo shop as a program of its own, against any Bohoja that knows its key:
//
//	BOHOJA_PUBLIC_URL=http://127.0.0.1:8080 BOHOJA_API_KEY=bhj_test_sk_… DEMOSHOP_SECRET=whsec_… demoshop
//
// The app must have the purposes account (nickname, birth_date) and delivery (address), and a webhook to /hooks here.
// `bohoja dev` has the same shop inside. It keeps everything in memory and is no shop.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/bohoja/bohoja/cmd/demoshop/shop"
	"github.com/bohoja/bohoja/handlers/api/client"
	"github.com/bohoja/bohoja/handlers/web"
)

// Exit codes.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// settings come from flags, and the secret ones from the environment alone: arguments can be read by every user of a host.
type settings struct {
	url, key, secret string
	listen, base     string
	poll             time.Duration
}

func read(args []string, getenv func(string) string, stderr io.Writer) (settings, error) {
	s := settings{key: getenv("BOHOJA_API_KEY"), secret: getenv("DEMOSHOP_SECRET")}
	flags := flag.NewFlagSet("demoshop", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.url, "url", getenv("BOHOJA_PUBLIC_URL"), "public URL of the service (BOHOJA_PUBLIC_URL)")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8090", "address to listen on")
	flags.StringVar(&s.base, "base", "", "path at which a proxy shows the shop, such as /shop")
	flags.DurationVar(&s.poll, "poll", 15*time.Second, "how often to ask for news that no webhook brought")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	s.url, s.base = strings.TrimRight(s.url, "/"), strings.TrimRight(s.base, "/")
	var missing []string
	if s.url == "" {
		missing = append(missing, "BOHOJA_PUBLIC_URL or -url")
	}
	if s.key == "" {
		missing = append(missing, "BOHOJA_API_KEY")
	}
	if s.poll <= 0 {
		missing = append(missing, "a -poll above 0")
	}
	if len(missing) > 0 {
		return s, fmt.Errorf("needed: %s", strings.Join(missing, ", "))
	}
	return s, nil
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	s, err := read(args, getenv, stderr)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "demoshop:", err)
		return exitUsage
	}
	if err := serve(ctx, s, stdout, slog.New(slog.NewTextHandler(stderr, nil))); err != nil {
		_, _ = fmt.Fprintln(stderr, "demoshop:", err)
		return exitFailed
	}
	return exitFine
}

// serve ends with ctx: the listener first, then the polling, which uses nothing of it.
func serve(ctx context.Context, s settings, stdout io.Writer, log *slog.Logger) error {
	if s.secret == "" {
		log.Warn("DEMOSHOP_SECRET is not set: webhooks are refused, and news comes by polling alone")
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stdout, "demoshop: http://%s%s/\n", l.Addr(), s.base)
	it := shop.New(shop.Options{
		API: &client.Client{Base: s.url, Key: s.key}, Secret: s.secret, Base: s.base, Log: log,
	})
	ctx, stop := context.WithCancel(ctx)
	polled := make(chan struct{})
	go func() { defer close(polled); it.Run(ctx, s.poll) }()
	err = (&web.Server{Name: "demoshop", Handler: web.Base(s.base, it), Log: log}).Run(ctx, l)
	stop()
	<-polled
	return err
}
