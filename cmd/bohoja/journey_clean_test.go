package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/rogpeppe/go-internal/testscript"
)

// wordClean looks for everything that was hidden in this story: in logs, in metrics, in every value of Redis, in its
// files, and in the folders of the service.
func (s *story) wordClean(ts *testscript.TestScript, _ bool, _ []string) {
	if len(s.secrets) < 8 {
		ts.Fatalf("nothing was hidden")
	}
	for _, p := range s.processes {
		s.spotless(ts, "the log", p.said.String())
	}
	s.spotless(ts, "the metrics", s.metrics(ts))
	dump := s.dump(ts)
	if !strings.Contains(dump, ts.Getenv("ID")) {
		ts.Fatalf("the dump does not know the request")
	}
	s.spotless(ts, "Redis", dump)
	s.spotless(ts, "Redis' files", files(ts, s.redis.Dir))
	s.spotless(ts, "the keys", files(ts, filepath.Join(s.dir, "keys")))
}

func (s *story) metrics(ts *testscript.TestScript) string {
	a, err := s.doOnce(getting(ts, "http://"+s.processes[s.at].ops+"/metrics"))
	if err != nil && s.patient { // it is being killed and started anew
		return ""
	}
	ts.Check(err)
	if !strings.Contains(a.body, "bohoja_build_info") {
		ts.Fatalf("these are no metrics: %d", a.status)
	}
	return a.body
}

// tries is how many tries of the outbox ended so. The process counts them once their outcome is settled.
func (s *story) tries(ts *testscript.TestScript, kind, outcome string) int {
	_, after, _ := strings.Cut(s.metrics(ts), `bohoja_outbox_tries_total{kind="`+kind+`",outcome="`+outcome+`"} `)
	count, _, _ := strings.Cut(after, "\n")
	n, _ := strconv.Atoi(count)
	return n
}

func (s *story) wordOutbox(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	wait(ts, func() bool { return s.tries(ts, args[0], args[1]) >= want }, "%s tries of a %s", args[2], args[0])
}

// spotless fails when a text holds a secret, as it is, in base64 or escaped as in JSON.
func (s *story) spotless(ts *testscript.TestScript, where, text string) {
	if text == "" {
		ts.Fatalf("%s is empty", where)
	}
	for _, secret := range s.secrets {
		escaped := strings.Trim(strconv.QuoteToASCII(secret), `"`)
		for _, form := range []string{secret, escaped, base64.StdEncoding.EncodeToString([]byte(secret))} {
			if heldAt(text, strings.TrimRight(form, "=")) >= 0 {
				ts.Fatalf("%s holds %q", where, secret)
			}
		}
	}
}

// heldAt is where a text holds a secret, below 0 for nowhere. One as short as a pairing code counts as a word: among the digits of the times of a
// log it stands by chance.
func heldAt(text, secret string) int {
	if len(secret) > len("ABC234") {
		return strings.Index(text, secret)
	}
	const plain = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	inside := func(i int) bool { return i >= 0 && i < len(text) && strings.IndexByte(plain, text[i]) >= 0 }
	for from := 0; ; from++ {
		at := strings.Index(text[from:], secret)
		if at < 0 {
			return at
		}
		if from += at; !inside(from-1) && !inside(from+len(secret)) {
			return from
		}
	}
}

// dump reads every key and value of Redis.
func (s *story) dump(ts *testscript.TestScript) string {
	c := redis.NewClient(&redis.Options{Addr: s.redis.Addr})
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	var b strings.Builder
	keys, err := c.Keys(ctx, "*").Result()
	ts.Check(err)
	slices.Sort(keys)
	for _, key := range keys {
		b.WriteString(key + "\n" + value(ctx, ts, c, key) + "\n")
	}
	return b.String()
}

func value(ctx context.Context, ts *testscript.TestScript, c *redis.Client, key string) string {
	kind, err := c.Type(ctx, key).Result()
	ts.Check(err)
	var out []string
	switch kind {
	case "none": // gone meanwhile
	case "string":
		var one string
		one, err = c.Get(ctx, key).Result()
		out = []string{one}
	case "hash":
		var all map[string]string
		all, err = c.HGetAll(ctx, key).Result()
		for name, v := range all {
			out = append(out, name+"\n"+v)
		}
	case "set":
		out, err = c.SMembers(ctx, key).Result()
		slices.Sort(out)
	case "zset":
		out, err = c.ZRange(ctx, key, 0, -1).Result()
	case "stream":
		var all []redis.XMessage
		all, err = c.XRange(ctx, key, "-", "+").Result()
		for _, m := range all {
			for name, v := range m.Values {
				text, _ := v.(string)
				out = append(out, name+"\n"+text)
			}
		}
	default:
		ts.Fatalf("%s is a %s, which nobody looks into", key, kind)
	}
	ts.Check(err)
	if kind == "hash" || kind == "set" || kind == "stream" { // their fields come in no order
		slices.Sort(out)
	}
	return strings.Join(out, "\n")
}

func (s *story) wordSnapshot(ts *testscript.TestScript, _ bool, args []string) {
	s.idle(ts)
	wait(ts, s.folded, "staff's figures to hold every entry")
	ts.Check(os.WriteFile(ts.MkAbs(one(ts, args)), []byte(s.dump(ts)), 0o600))
}

// folded reports whether what staff are shown has been counted up to the last entry of the audit log.
func (s *story) folded() bool {
	base := map[bool]string{true: "b:{shop}:", false: "bt:{shop}:"}[s.key == "live"]
	last := s.redis.Command("EVAL", "return redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][1]", "1", base+"audit")
	return last == s.redis.Command("EVAL", "return redis.call('HGET', KEYS[1], 'seq') .. '-0'", "1", base+"board")
}

// wordGone sees that the record holds nothing sealed any more.
func (s *story) wordGone(ts *testscript.TestScript, _ bool, _ []string) {
	base := map[bool]string{true: "b:{shop}:", false: "bt:{shop}:"}[s.key == "live"]
	id := ts.Getenv("ID")
	if s.redis.Command("EXISTS", base+"r:"+id) != ":1" {
		ts.Fatalf("there is no record")
	}
	if got := s.redis.Command("EXISTS", base+"p:"+id, base+"d:"+id, base+"e:"+id); got != ":0" {
		ts.Fatalf("something is left: %s", got)
	}
}

func (s *story) wordForgotten(ts *testscript.TestScript, _ bool, _ []string) {
	wait(ts, func() bool { return s.own(ts, http.MethodGet, "", "").status == http.StatusNotFound }, "the record to be forgotten")
}

// wordShredded looks for the file of the key of the hour in which the request of the test space came, or of the one before if that had just
// ended: it is sealed before it is written.
func (s *story) wordShredded(ts *testscript.TestScript, neg bool, _ []string) {
	expires, err := time.Parse(time.RFC3339, ts.Getenv("EXPIRES"))
	ts.Check(err)
	came := expires.Add(-119 * time.Hour).UTC()
	wait(ts, func() bool {
		found := 0
		for _, at := range []time.Time{came, came.Add(-time.Minute)} {
			names, err := filepath.Glob(filepath.Join(s.dir, "keys", "test", "short", "*"+at.Format("2006010215")+"*"))
			ts.Check(err)
			found += len(names)
		}
		return (found > 0) == neg
	}, "the key of the hour of %s", came)
}

// files is the content of all files of a folder.
func files(ts *testscript.TestScript, dir string) string {
	var all bytes.Buffer
	ts.Check(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	}))
	return all.String()
}

// crowd signs children up without end and remembers what was answered.
type crowd struct {
	stop chan struct{}
	all  sync.WaitGroup
	once sync.Once

	mu   sync.Mutex
	ids  map[string]string // id → Idempotency-Key of every 201
	lost []string          // keys of signups that were not answered
}

func (c *crowd) leave() { c.once.Do(func() { close(c.stop) }); c.all.Wait() }

const crowdSize = 6

// wordCrowd begins, ends and checks a crowd.
func (s *story) wordCrowd(ts *testscript.TestScript, _ bool, args []string) {
	switch strings.Join(args, " ") {
	case "":
		s.crowd = &crowd{stop: make(chan struct{}), ids: map[string]string{}}
		for n := range crowdSize {
			s.crowd.all.Go(func() { s.sign(ts.Getenv("URL"), n) })
		}
		wait(ts, func() bool { return s.crowd.count() > 3*crowdSize }, "a crowd")
	case "leaves":
		s.crowd.leave()
	case "was kept":
		s.kept(ts)
	default:
		ts.Fatalf("the crowd cannot %q", args)
	}
}

func (c *crowd) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ids)
}

// sign signs up until the crowd leaves, going on after whatever is not answered.
func (s *story) sign(url string, n int) {
	for i := 0; ; i++ {
		select {
		case <-s.crowd.stop:
			return
		default:
		}
		key := "crowd-" + strconv.Itoa(n) + "-" + strconv.Itoa(i)
		body := signupBody(key, map[string]string{"email": key + "@example.com"})
		a, err := s.tryAsk(url, s.keys[s.key], http.MethodPost, "/v1/consent-requests", body, "Idempotency-Key", key)
		s.crowd.note(key, a, err)
		if err != nil || a.status != http.StatusCreated {
			time.Sleep(10 * time.Millisecond) // nobody is there, or nobody takes it
		}
	}
}

func (c *crowd) note(key string, a answer, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && a.status == http.StatusCreated {
		c.ids[field(a.body, "id")] = key
	} else {
		c.lost = append(c.lost, key)
	}
}

// kept asks for every request that was accepted, repeats it with its key, and waits for its letter.
func (s *story) kept(ts *testscript.TestScript) {
	for id, key := range s.crowd.ids {
		a := s.ask(ts, s.keys[s.key], http.MethodGet, "/v1/consent-requests/"+id, "")
		if a.status != http.StatusOK || field(a.body, "status") != "pending" {
			ts.Fatalf("%s was accepted and is lost: %d", id, a.status)
		}
		again := signupBody(key, map[string]string{"email": key + "@example.com"})
		a = s.ask(ts, s.keys[s.key], http.MethodPost, "/v1/consent-requests", again, "Idempotency-Key", key)
		if field(a.body, "id") != id {
			ts.Fatalf("the same key was answered with another request")
		}
		wait(ts, func() bool { return len(s.smtp.LettersTo(key+"@example.com")) > 0 }, "the letter of %s", id)
	}
	ts.Logf("%d acknowledged, 0 lost, %d not answered", len(s.crowd.ids), len(s.crowd.lost))
}
