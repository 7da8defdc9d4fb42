package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/handlers"
	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/mailer/mailertest"
)

// ward is a host on which everything is well: a real Redis, a mail server, a DNS server and a public URL that answers.
type ward struct {
	redis *consenttest.RedisServer
	mail  *mailertest.Server
	names *nameServer
	nonce atomic.Pointer[string] // of whoever answers at the public URL
	dir   string
	env   []string
}

func newWard(t *testing.T, redis ...string) *ward {
	t.Helper()
	w := &ward{redis: consenttest.Redis(t, redis...), mail: mailertest.New(t, mailertest.Options{}), names: newNameServer(t), dir: t.TempDir()}
	w.nonce.Store(new(nonceAt(t, w.redis.URL())))
	public := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		challenge, ok := strings.CutPrefix(r.URL.Path, "/consent"+handlers.InstancePath)
		answer, err := (&house{nonce: *w.nonce.Load()}).prove(challenge)
		if !ok || err != nil {
			rw.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = rw.Write([]byte(answer))
	}))
	t.Cleanup(public.Close)
	w.env = []string{
		"BOHOJA_REDIS__URL=" + w.redis.URL(), "BOHOJA_SMTP__URL=" + w.mail.URL(), "BOHOJA_PUBLIC_URL=" + public.URL + "/consent/",
		"BOHOJA_KEYS__DIR=" + filepath.Join(w.dir, "keys"), "BOHOJA_AUDIT__DIR=" + filepath.Join(w.dir, "audit"), "BOHOJA_CONFIG=" + example(t),
		"BOHOJA_SMTP__FROM=consent@mail.haneul.kr",
	}
	w.names.say("mail.haneul.kr. TXT \"v=spf1 a:smtp.haneul.kr -all\"", "_dmarc.haneul.kr. TXT \"v=DMARC1; p=reject\"")
	return w
}

// nonceAt is the nonce of the instance on a Redis.
func nonceAt(t *testing.T, url string) string {
	t.Helper()
	clients, err := redisstore.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = clients.Close() }()
	nonce, err := nonceOf(t.Context(), redisstore.New(redisstore.Options{Write: clients.Write, Read: clients.Read}))
	if err != nil {
		t.Fatal(err)
	}
	return nonce
}

// found runs the doctor and returns its findings that are not fine, as "check: detail".
func (w *ward) found(t *testing.T, code int, env ...string) []string {
	t.Helper()
	o := call(t, append(slices.Clone(w.env), env...), "doctor", "--json", "--dns", w.names.addr)
	if o.code != code {
		t.Errorf("exit code %d, want %d\n%s", o.code, code, o.out)
	}
	var out []string
	for _, f := range read[[]finding](t, o) {
		if f.State == stateAmiss || f.State == stateAdvice && f.Check != "settings" {
			out = append(out, f.State+" "+f.Check+": "+f.Detail)
		}
	}
	return out
}

// holds fails unless one of the findings begins and goes on like this.
func holds(t *testing.T, findings []string, beginning, text string) {
	t.Helper()
	if !slices.ContainsFunc(findings, func(f string) bool { return strings.HasPrefix(f, beginning) && strings.Contains(f, text) }) {
		t.Errorf("%s … %s is not in\n%s", beginning, text, strings.Join(findings, "\n"))
	}
}

// TestDoctorWell: where everything is well, nothing is amiss and each thing has its line.
func TestDoctorWell(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	for _, f := range w.found(t, exitFine) {
		if !strings.Contains(f, "one file system") && !strings.HasPrefix(f, "advice dkim: letters are not signed here") { // keys and Redis lie in one temporary folder here
			t.Error(f)
		}
	}
	o := call(t, w.env, "doctor", "--dns", w.names.addr)
	o.want(t, exitFine, "fine    settings:", "fine    redis: version 7", "appendfsync always", "fine    keys: leave "+w.dir, "fine    audit:", "fine    mail: connect: fine", "fine    public_url:", "answers as this instance",
		"fine    clock:", "fine    redis: nobody but", "fine    spf:", "fine    dmarc: _dmarc.haneul.kr says", "fine    ptr:", "fine    webhooks of shop: none", "fine    templates: every page can be shown in ko, en")
	if n := len(w.mail.Letters()); n != 0 {
		t.Errorf("%d letters were sent", n)
	}
	if entries, _ := os.ReadDir(w.dir); len(entries) != 0 {
		t.Errorf("something was left behind: %v", entries)
	}
	call(t, w.env, "doctor", "--fsck").want(t, exitFine, "records of shop: everything fits together")
}

// TestDoctorRedis: each unsafe setting is named, and a server that is away.
func TestDoctorRedis(t *testing.T) {
	t.Parallel()
	w := newWard(t, "appendonly", "no", "maxmemory-policy", "allkeys-lru", "appendfsync", "everysec")
	got := w.found(t, exitAmiss)
	holds(t, got, "amiss redis:", "set appendonly yes")
	holds(t, got, "amiss redis:", "set maxmemory-policy noeviction")
	holds(t, got, "advice redis:", "everysec")
	got = w.found(t, exitFine, "BOHOJA_REDIS__ALLOW_UNSAFE=true")
	holds(t, got, "advice redis:", "allowed by redis.allow_unsafe")
	const nobody = "BOHOJA_REDIS__URL=redis://127.0.0.1:1"
	holds(t, w.found(t, exitAmiss, nobody), "amiss redis:", "no answer")
	call(t, append(w.env, nobody), "doctor", "--fsck").want(t, exitAmiss, "records of shop: Redis does not answer")
	call(t, append(w.env, "BOHOJA_REDIS__URL=redis://x/y"), "doctor", "--fsck").want(t, exitAmiss, "settings: BOHOJA_REDIS__URL: not a Redis URL")
}

// TestDoctorFolders: open, unwritable and impossible folders.
func TestDoctorFolders(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	keys := filepath.Join(w.dir, "keys")
	for _, dir := range []string{keys, filepath.Join(keys, "short"), filepath.Join(keys, "long")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	holds(t, w.found(t, exitFine), "advice keys:", "leave "+keys+"/short out of every backup")
	if err := os.Chmod(filepath.Join(keys, "short"), 0o750); err != nil {
		t.Fatal(err)
	}
	holds(t, w.found(t, exitAmiss), "amiss keys:", "chmod 700 "+keys+"/short")
	if err := os.Chmod(keys, 0o755); err != nil {
		t.Fatal(err)
	}
	holds(t, w.found(t, exitAmiss), "amiss keys:", "others may enter")
	file := filepath.Join(w.dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	holds(t, w.found(t, exitAmiss, "BOHOJA_AUDIT__DIR="+file), "amiss audit:", "cannot be written")
	holds(t, w.found(t, exitAmiss, "BOHOJA_AUDIT__DIR="+w.dir+"/no/audit"), "amiss audit:", "cannot be made")
}

// TestDoctorMail: the stage that failed is named, with what the server said.
func TestDoctorMail(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	call(t, w.env, "doctor", "mail", "--to", "me@shop.example").want(t, exitFine, "mail: rcpt: fine")
	w.mail.Fail(mailertest.Fault{Stage: catcher.StageRcpt, Code: 550})
	call(t, w.env, "doctor", "mail", "--to", "me@shop.example").want(t, exitAmiss, "amiss   mail: rcpt: failed", "550")
	w.mail.Mend()
	w.mail.Fail(mailertest.Fault{Stage: catcher.StageMail, Code: 553})
	holds(t, w.found(t, exitAmiss), "amiss mail: mail: failed", "553")
	if n := len(w.mail.Letters()); n != 0 {
		t.Errorf("%d letters were sent", n)
	}
	call(t, append(w.env, "BOHOJA_LISTN=x"), "doctor", "mail", "--to", "me@shop.example").want(t, exitUsage, "did you mean BOHOJA_LISTEN?")
}

// TestDoctorPublicURL: a proxy that forgets the path, and nobody at home.
func TestDoctorPublicURL(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	public := strings.TrimPrefix(w.env[2], "BOHOJA_PUBLIC_URL=")
	holds(t, w.found(t, exitAmiss, "BOHOJA_PUBLIC_URL="+public+"other"), "amiss public_url:", "answers 404")
	holds(t, w.found(t, exitAmiss, "BOHOJA_PUBLIC_URL=http://127.0.0.1:1"), "amiss public_url:", "no answer")
	w.nonce.Store(new(nonceAt(t, consenttest.Redis(t).URL())))
	holds(t, w.found(t, exitAmiss), "amiss public_url:", "another bohoja answers")
	holds(t, w.found(t, exitAmiss, "BOHOJA_REDIS__URL=redis://127.0.0.1:1"), "amiss public_url:", "while Redis is away")
}

func TestDoctorACL(t *testing.T) {
	call(t, nil, "doctor", "acl").want(t, exitFine, "user bohoja on >PASSWORD resetchannels resetkeys ~b:* ~bt:* -@all +time ")
	cluster := read[struct{ ACL string }](t, call(t, nil, "doctor", "acl", "--cluster", "--json"))
	if !strings.Contains(cluster.ACL, " +cluster|slots") {
		t.Errorf("%q", cluster.ACL)
	}
}
