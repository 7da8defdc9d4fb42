package milter

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
)

// ServePolicy answers as a policy service of Postfix (SMTPD_POLICY_README) for ports that carry nothing but marketing, until
// ctx ends: each recipient who must get none is refused. It belongs into smtpd_recipient_restrictions. It closes l. Error:
// the listener's.
func (g *Gate) ServePolicy(ctx context.Context, l net.Listener) error {
	var all sync.WaitGroup
	defer all.Wait()
	return g.until(ctx, l, func(l net.Listener) error {
		for {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			all.Go(func() { g.converse(ctx, c) })
		}
	})
}

// misplaced is the answer where no single recipient is known, such as at DATA: nothing is let through unasked.
const misplaced = "451 4.3.5 The gate must be asked in smtpd_recipient_restrictions"

// Bounds of a request.
const (
	longestLine = 64 << 10
	mostLines   = 200
)

// converse answers one connection, request after request. A request is lines of name=value, ended by an empty one.
func (g *Gate) converse(ctx context.Context, c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewScanner(c)
	in.Buffer(nil, longestLine)
	asked := map[string]string{}
	for in.Scan() {
		if name, value, ok := strings.Cut(in.Text(), "="); ok && len(asked) < mostLines {
			asked[name] = value
			continue
		} else if in.Text() != "" {
			return // this is no Postfix
		}
		if _, err := fmt.Fprintf(c, "action=%s\n\n", g.action(ctx, asked)); err != nil {
			return
		}
		clear(asked)
	}
}

// action is an action of access(5). DUNNO leaves the recipient to the other restrictions.
func (g *Gate) action(ctx context.Context, asked map[string]string) string {
	if asked["request"] != "smtpd_access_policy" || asked["protocol_state"] != "RCPT" || asked["recipient"] == "" {
		return misplaced
	}
	if text := g.reply(ctx, asked["recipient"]); text != "" {
		return text
	}
	return "DUNNO"
}
