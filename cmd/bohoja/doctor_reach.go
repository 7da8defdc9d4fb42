package main

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/consent/webhook"
	"github.com/bohoja/bohoja/handlers"
	"github.com/bohoja/bohoja/templates"
)

// examinePublicURL asks the service by the address that stands in letters: a proxy that forgets the path, or a name that
// leads elsewhere, shows here and not on a guardian's telephone.
func examinePublicURL(ctx context.Context, s *config.Settings) []finding {
	if s.PublicURL == "" {
		return []finding{wrong("public_url", "not looked at: public_url (BOHOJA_PUBLIC_URL) is not set")}
	}
	challenge := rand.Text()
	url := strings.TrimRight(s.PublicURL, "/") + handlers.InstancePath
	status, text, err := get(ctx, url+challenge, examinationPatience)
	switch {
	case err != nil:
		return []finding{wrong("public_url", "no answer at %s: is serve running, and does the name lead here?", s.PublicURL)}
	case status != 200 || len(text) != len(proof("", "")):
		return []finding{wrong("public_url", "%s… answers %d, and not as bohoja does: does the proxy pass the path on?", url, status)}
	}
	return withStore(s, func(store *redisstore.Store, _ redisstore.Clients) []finding {
		nonce, err := nonceOf(ctx, store)
		if err != nil {
			return []finding{wrong("public_url", "it answers; whether as this instance cannot be told while Redis is away (%s)", consent.CodeOf(err))}
		}
		if text != proof(nonce, challenge) {
			return []finding{wrong("public_url", "at %s another bohoja answers, with another Redis than redis.url: does the name lead here? After a change of Redis, restart serve", s.PublicURL)}
		}
		return []finding{fine("public_url", "%s answers as this instance", s.PublicURL)}
	})
}

// examineHooks looks whether each webhook's target can be reached, through the guard that stands before events. Nothing is
// asked of it.
func examineHooks(ctx context.Context, s *config.Settings) []finding {
	d := webhook.New(webhook.Options{AllowPrivate: s.Webhooks.AllowPrivate})
	defer d.Close()
	var found []finding
	for _, app := range s.Apps {
		check := "webhooks of " + app.ID
		for i, hook := range app.Webhooks {
			err := d.Reach(ctx, hook.URL)
			if err == nil {
				found = append(found, fine(check, "target %d can be reached", i+1))
				continue
			}
			found = append(found, wrong(check, "target %d cannot be reached: %s", i+1, whyNot(err)))
		}
		if len(app.Webhooks) == 0 {
			found = append(found, fine(check, "none is declared; the app asks for its events itself"))
		}
	}
	return found
}

// stageHelp says what to mend at each stage of reaching a webhook.
var stageHelp = map[string]string{
	"url": "the URL cannot be called", "dns": "its name is not known here; look at the name and at this host's DNS",
	"guard": "its address is not allowed", "connect": "nobody answers at its port; look at the receiver and the firewalls between",
	"tls": "its certificate or its TLS is not accepted; look at its name, its end and its chain",
}

func whyNot(err error) string {
	stage := webhook.Stage(err)
	if hint := webhook.Hint(err); hint != "" {
		return stage + ": " + hint
	}
	return stage + ": " + stageHelp[stage]
}

// examineWords looks whether each language in which an app speaks is there, whole.
func examineWords(_ context.Context, s *config.Settings) []finding {
	var found []finding
	for _, app := range s.Apps {
		for _, lang := range app.Languages {
			if missing := templates.Missing(lang); len(missing) > 0 {
				found = append(found, wrong("languages", "%s of app %s: %d texts are not there, such as %s; take a whole build, or another language", lang, app.ID, len(missing), missing[0]))
			}
		}
	}
	for _, fault := range templates.Unsound() {
		found = append(found, wrong("templates", "%s; this build is damaged: take another", fault))
	}
	if len(found) == 0 {
		found = append(found, fine("templates", "every page can be shown in %s", strings.Join(templates.Languages(), ", ")))
	}
	return found
}
