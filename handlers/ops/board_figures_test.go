//go:build bench

package ops

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
)

var (
	pending = flag.Int("pending", 1_000_000, "how many requests wait")
	looks   = flag.Int("looks", 40, "how often each page is asked for")
	filling = flag.Duration("filling", 20*time.Minute, "how long filling may take; what was signed up by then is what is measured")
)

// What a page may take at the server, by its median.
const (
	boardGoal = 50 * time.Millisecond
	listGoal  = 20 * time.Millisecond
)

// TestBoardFigures prints how long the staff pages take at the server with very many requests waiting, rendering and the
// session's own look at Redis included, and what a waiting request costs there (make bench-board).
func TestBoardFigures(t *testing.T) {
	server := consenttest.Redis(t, "appendonly", "no")
	b := newBureauOn(t, consenttest.NewOn(t, server.URL(), t.TempDir()))
	f := &boardFigures{bureau: b}
	f.fill()
	f.fold()
	f.measure("with their deadlines days away")
	b.must(b.kit.Store.Advance(t.Context(), 100*time.Hour))
	f.measure("with all their deadlines near")
}

type boardFigures struct {
	*bureau
	engine http.Handler
	cookie *http.Cookie
	n      int
}

// fill signs up by the real steps, many at once, and sees what each costs in Redis: record, sealed values, indexes, flags,
// outbox, events and audit entry.
func (f *boardFigures) fill() {
	empty, begin := f.memory(), time.Now()
	var next, done atomic.Int64
	var all sync.WaitGroup
	const hands = 32
	for range hands {
		all.Go(func() {
			for i := next.Add(1); i <= int64(*pending) && time.Since(begin) < *filling && !f.Failed(); i = next.Add(1) {
				if _, err := f.kit.Service.Signup(f.Context(), f.kit.App, consent.Actor{Kind: consent.ActorApp, Ref: "k1"}, f.child(int(i))); err != nil {
					f.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	f.n = int(done.Load())
	took := time.Since(begin)
	f.Logf("%d pending, signed up in %v (%.0f a second); Redis holds %.0f B for each, all told", f.n, took.Round(time.Second), float64(f.n)/took.Seconds(), (f.memory()-empty)/float64(f.n))
}

func (f *boardFigures) child(i int) consent.Signup {
	n := strconv.Itoa(i)
	return consent.Signup{
		Subject: "user-" + n, Notice: "n1", UnderAge: new(true),
		Child:    consent.Child{BirthDate: consent.Secret(consenttest.Born()), Name: consent.Secret("김하늘"), Email: consent.Secret("kid." + n + "@example.com"), Locale: "ko"},
		Guardian: consent.Guardian{Name: consent.Secret("이보람"), Email: consent.Secret("parent." + n + "@example.org"), Locale: "ko"},
		Data:     map[string]json.RawMessage{"nickname": json.RawMessage(`"하늘이"`), "birth_date": json.RawMessage(`"` + consenttest.Born() + `"`)},
	}
}

func (f *boardFigures) memory() float64 {
	info, err := f.kit.Clients.Read.InfoMap(f.Context(), "memory").Result()
	f.must(err)
	n, err := strconv.ParseFloat(info["Memory"]["used_memory"], 64)
	f.must(err)
	return n
}

// fold brings the lists up to date, as the standing role does.
func (f *boardFigures) fold() {
	begin, done := time.Now(), 0
	for {
		n, err := consent.Folder{Service: f.kit.Service}.RunOnce(f.Context())
		f.must(err)
		if done += n; n == 0 {
			break
		}
	}
	f.Logf("%d entries folded in %v (%.0f a second)", done, time.Since(begin).Round(time.Millisecond), float64(done)/time.Since(begin).Seconds())
}

// measure asks for the overview and for pages of every list, at the beginning and as deep as they go.
func (f *boardFigures) measure(when string) {
	f.signIn()
	f.Logf("%d pending, %s; median and slowest of %d:", f.n, when, *looks)
	f.page("overview", "/ops?app=shop", boardGoal)
	for _, w := range consent.Works {
		path := "/ops/list?app=shop&list=" + string(w)
		f.page("list "+string(w), path, listGoal)
		for name, rank := range map[string]int{"middle": f.n / 2, "end": f.n - listSize - 1} {
			if after, ok := f.place(w, rank); ok {
				f.page("list "+string(w)+", "+name, path+"&after="+after, listGoal)
			}
		}
	}
	for _, stage := range consent.Stages {
		f.page("list stage_"+string(stage), "/ops/list?app=shop&list=stage_"+string(stage), listGoal)
	}
	for _, path := range []string{"/ops/hooks?app=shop", "/ops/dead?app=shop", "/ops/rights?app=shop"} {
		f.page(path, path, listGoal)
	}
}

// place is the cursor behind the request of this rank, where the list is so long.
func (f *boardFigures) place(w consent.Work, rank int) (string, bool) {
	after := ""
	for at := 0; at < rank; {
		p, err := f.kit.Service.Worklist(f.Context(), f.kit.App, w, after, min(exportPage, rank-at))
		f.must(err)
		if p.Next == "" {
			return "", false
		}
		after = p.Next
		at += len(p.Records)
	}
	return after, true
}

func (f *boardFigures) signIn() {
	w := f.as(staff.Viewer)
	for _, c := range w.client.Jar.Cookies(w.address()) {
		f.cookie = c
	}
	e := web.NewEngine(web.Options{Log: f.desk.opt.Problems.Log, Problems: f.desk.opt.Problems})
	f.desk.Routes(e)
	f.engine = e
}

func (f *boardFigures) page(name, path string, goal time.Duration) {
	f.Helper()
	took := make([]time.Duration, *looks)
	size := 0
	for i := range took {
		req := httptest.NewRequestWithContext(f.Context(), http.MethodGet, path, http.NoBody)
		req.AddCookie(f.cookie)
		res := httptest.NewRecorder()
		begin := time.Now()
		f.engine.ServeHTTP(res, req)
		took[i] = time.Since(begin)
		if size = res.Body.Len(); res.Code != http.StatusOK || strings.Contains(res.Body.String(), "/ops/enter\"") {
			f.Fatalf("%s: %d", path, res.Code)
		}
	}
	slices.Sort(took)
	median := took[len(took)/2]
	f.Logf("  %-28s %9v %9v  %6d B of HTML", name, median.Round(10*time.Microsecond), took[len(took)-1].Round(10*time.Microsecond), size)
	if median > goal {
		f.Error(fmt.Sprintf("%s: %v, the goal is %v", name, median, goal))
	}
}

// address is where the pages are.
func (w *browser) address() *url.URL {
	w.Helper()
	at, err := url.Parse(w.server.URL)
	w.must(err)
	return at
}
