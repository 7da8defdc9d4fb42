//go:build bench

package api_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/gate"
	"github.com/bohoja/bohoja/handlers/api"
)

var (
	identities = flag.Int("identities", 1_000_000, "how many identities are flagged")
	listRows   = flag.Int("rows", 1_000_000, "how many rows the list has")
	each       = flag.Duration("each", 3*time.Second, "how long each rate is measured")
)

// TestGateFigures prints what the gate does on this machine: only ratios of one run count (make bench-gate).
func TestGateFigures(t *testing.T) {
	server := consenttest.Redis(t, "appendonly", "no")
	h := openOn(t, consenttest.NewOn(t, server.URL(), t.TempDir()), func(_ *house, o *api.Options) { o.PerMinute = 1 << 30 })
	b := &figures{house: h, T: t, server: h.serve(), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}}
	b.fill()
	b.single()
	b.batch()
	b.file()
	b.snapshot()
}

type figures struct {
	*house
	*testing.T
	server *httptest.Server
	client *http.Client
}

func flaggedAddress(i int) string { return fmt.Sprintf("child.%d@example.com", i) }
func otherAddress(i int) string   { return fmt.Sprintf("Adult.%d@example.com", i) }

// fill flags the identities, a thousand a script, and tells what each costs.
func (b *figures) fill() {
	const at = 1000
	ends := consent.Date{Year: 2036, Month: 3, Day: 31}
	before := b.memory()
	for from := 0; from < *identities; from += at {
		id := consent.NewID(consent.PrefixFlag, time.Now())
		flags := make([]consent.Flag, at)
		for i := range flags {
			text := strings.ToLower(flaggedAddress(from + i))
			flags[i] = consent.Flag{
				Look: b.Vault.Digest(consent.DigestFlagEmail, text), Short: b.Vault.Short(consent.DigestFlagEmail, text), Ends: ends,
				Reason: consent.FlagPolicy, Source: id,
			}
		}
		if err := b.Store.Flag(b.T.Context(), consent.Mutation{App: "shop", ID: id, Actor: consent.Actor{Kind: consent.ActorApp}}, flags); err != nil {
			b.T.Fatal(err)
		}
	}
	b.Clients.Write.Del(b.T.Context(), "bt:{shop}:audit")
	b.Clients.Write.XTrimMaxLen(b.T.Context(), "bt:{shop}:added", 1) // it is kept two days, whatever the number of identities
	records, err := b.Clients.Read.Keys(b.T.Context(), "bt:{shop}:r:min_*").Result()
	if err != nil {
		b.T.Fatal(err)
	}
	for _, key := range records { // the list of what a hand-made flag names is no part of an identity
		b.Clients.Write.Del(b.T.Context(), key)
	}
	b.last()
	began := time.Now()
	if err := b.Service.Sift(b.T.Context()); err != nil {
		b.T.Fatal(err)
	}
	b.T.Logf("the sieve of this process was built in %.1f s", time.Since(began).Seconds())
	b.T.Logf("Redis: %d identities, %.1f B each with end, kind, source and offline digest", *identities, (b.memory()-before)/float64(*identities))
}

// last flags one child as an app does. The sieve asks for the addition that it knows last, and one of a thousand at once is no
// app's: it would be read with every check.
func (b *figures) last() {
	by := consent.Actor{Kind: consent.ActorApp, Ref: "k1"}
	if _, err := b.Service.Flag(b.T.Context(), b.App, by, consent.Minor{Who: consent.Identity{Email: consent.Secret("last@example.com")}}); err != nil {
		b.T.Fatal(err)
	}
	b.Clients.Write.XTrimMaxLen(b.T.Context(), "bt:{shop}:added", 1)
}

func (b *figures) memory() float64 {
	info, err := b.Clients.Read.InfoMap(b.T.Context(), "memory").Result()
	if err != nil {
		b.T.Fatal(err)
	}
	n, _ := strconv.ParseFloat(info["Memory"]["used_memory"], 64)
	return n
}

// rate makes requests from c hands at once and returns how many a second were answered.
func (b *figures) rate(c int, make func(i int) *http.Request) float64 {
	var done atomic.Int64
	ctx, stop := context.WithTimeout(b.T.Context(), *each)
	defer stop()
	var all sync.WaitGroup
	for hand := range c {
		all.Go(func() {
			for i := hand; ctx.Err() == nil; i += c {
				res, err := b.client.Do(make(i))
				if err != nil {
					b.T.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if res.StatusCode != http.StatusOK {
					b.T.Errorf("%d", res.StatusCode)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / each.Seconds()
}

// alternate measures kinds of requests by turns, so that whatever else the machine does meets all, and returns the median of each.
func (b *figures) alternate(c int, kinds ...func(i int) *http.Request) (medians []float64) {
	const turns = 5
	whole := *each
	*each = whole / turns
	defer func() { *each = whole }()
	rates := make([][]float64, len(kinds))
	for range turns {
		for i, kind := range kinds {
			rates[i] = append(rates[i], b.rate(c, kind))
		}
	}
	for _, all := range rates {
		slices.Sort(all)
		medians = append(medians, all[turns/2])
	}
	return medians
}

func (b *figures) post(url, body string) *http.Request {
	req, _ := http.NewRequestWithContext(b.T.Context(), http.MethodPost, url, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+consenttest.ShopKey)
	req.Header.Set("Content-Type", "application/json")
	return req
}

// single compares a check with a bare server that asks Redis SISMEMBER.
func (b *figures) single() {
	bare := b.bare()
	ours := b.checks(b.server.URL + "/v1/marketing/check")
	for _, c := range []int{1, 16, 64} {
		rates := b.alternate(c, b.checks(bare+"/sismember"), ours)
		b.T.Logf("single, c = %d: %.0f checks/s, bare SISMEMBER %.0f/s, ratio %.2f (goal .85)", c, rates[1], rates[0], rates[1]/rates[0])
	}
	rates := b.alternate(1, b.checks(bare+"/nothing"), b.checks(bare+"/sismember"), b.checks(bare+"/news"), b.checks(bare+"/gate"), ours)
	µs := func(i int) float64 { return 1e6 / rates[i] }
	b.T.Logf("single, c = 1, in µs: bare server %.0f, with SISMEMBER %.0f, with the sieve's news in its place %.0f, with the gate as a whole %.0f, the service's check %.0f",
		µs(0), µs(1), µs(2), µs(3), µs(4))
}

// bare serves what a check is made of, each alone: no key, no body read as JSON, no log.
func (b *figures) bare() (url string) {
	ctx := b.T.Context()
	b.Clients.Write.SAdd(ctx, "bare", "x")
	apps := []string{"game", "shop"}
	at, err := b.Store.End(ctx, apps)
	if err != nil {
		b.T.Fatal(err)
	}
	q := consent.GateQuery{Kind: consent.SendAdMail, Who: []consent.Identity{{Email: consent.Secret(otherAddress(1))}}}
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	for path, ask := range map[string]func(ctx context.Context) error{
		"/nothing":   func(context.Context) error { return nil },
		"/sismember": func(ctx context.Context) error { return b.Clients.Read.SIsMember(ctx, "bare", "y").Err() },
		"/news":      func(ctx context.Context) error { _, err := b.Store.News(ctx, apps, at); return err },
		"/gate":      func(ctx context.Context) error { _, err := b.Service.Gate(ctx, b.App, q); return err },
	} {
		e.POST(path, func(c *gin.Context) {
			_, _ = io.Copy(io.Discard, c.Request.Body)
			c.JSON(http.StatusOK, gin.H{"allowed": ask(c.Request.Context()) == nil})
		})
	}
	s := httptest.NewServer(e)
	b.T.Cleanup(s.Close)
	return s.URL
}

// checks makes questions about one address each.
func (b *figures) checks(url string) func(i int) *http.Request {
	return func(i int) *http.Request {
		return b.post(url, fmt.Sprintf(`{"email":%q,"kind":"ad_mail"}`, otherAddress(i)))
	}
}

func (b *figures) batch() {
	var body strings.Builder
	body.WriteString(`{"kind":"ad_mail","identities":[`)
	for i := range 1000 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"email":%q}`, otherAddress(i))
	}
	body.WriteString("]}")
	calls := b.rate(1, func(int) *http.Request { return b.post(b.server.URL+"/v1/marketing/check-batch", body.String()) })
	b.T.Logf("batch of 1,000, c = 1: %.0f calls/s, %.0f checks/s (goal 1,000,000)", calls, 1000*calls)
}

// file streams a list, made on the fly, and watches the memory of this process, which is the service's and the client's.
func (b *figures) file() {
	in, out := io.Pipe()
	go func() {
		var block bytes.Buffer
		block.WriteString("id,email,name\n")
		for i := range *listRows {
			who := otherAddress(i)
			if i%100 == 0 {
				who = flaggedAddress(i % *identities)
			}
			fmt.Fprintf(&block, "%d,%s,\"Kim, Haneul\"\n", i, who)
			if block.Len() > 64<<10 {
				_, _ = out.Write(block.Bytes())
				block.Reset()
			}
		}
		_, _ = out.Write(block.Bytes())
		_ = out.Close()
	}()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	req := b.post(b.server.URL+"/v1/marketing/filter?kind=ad_mail&column=email", "")
	req.Body, req.ContentLength = in, -1
	req.Header.Set("Content-Type", "text/csv")
	res, err := b.client.Do(req)
	if err != nil {
		b.T.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	peak, bytesOut := b.drain(res.Body)
	took := time.Since(began)
	if want := strconv.Itoa((*listRows + 99) / 100); res.Trailer.Get("Bohoja-Blocked") != want {
		b.T.Errorf("blocked %q, want %s", res.Trailer.Get("Bohoja-Blocked"), want)
	}
	b.T.Logf("file: %d rows in %.1f s, %.0f rows/s, %d MB back; heap %d MB before, at most %d MB during",
		*listRows, took.Seconds(), float64(*listRows)/took.Seconds(), bytesOut>>20, before.HeapInuse>>20, peak>>20)
}

// drain reads to the end and tells the largest heap that it saw.
func (b *figures) drain(r io.Reader) (peak uint64, n int64) {
	buf := make([]byte, 64<<10)
	next := int64(0)
	for {
		got, err := r.Read(buf)
		n += int64(got)
		if n >= next {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak, next = max(peak, m.HeapInuse), n+(4<<20)
		}
		if err == io.EOF { //nolint:errorlint // the reader's own
			return peak, n
		}
		if err != nil {
			b.T.Fatal(err)
		}
	}
}

// snapshot builds the offline filter and asks it in this process, on one core.
func (b *figures) snapshot() {
	began := time.Now()
	snap, err := b.Service.Snapshot(b.T.Context(), b.App)
	if err != nil {
		b.T.Fatal(err)
	}
	body := gate.Encode(snap)
	b.T.Logf("snapshot: %d identities, %.2f B each, built in %.1f s", snap.Count, float64(len(body))/float64(snap.Count), time.Since(began).Seconds())
	local, err := gate.Decode(body)
	if err != nil {
		b.T.Fatal(err)
	}
	addresses := make([]string, 100_000)
	for i := range addresses {
		addresses[i] = otherAddress(i)
	}
	asked, perhaps := 0, 0
	began = time.Now()
	worked := processor()
	for time.Since(began) < *each {
		for _, a := range addresses {
			if p, _ := local.PerhapsEmail(a); p {
				perhaps++
			}
		}
		asked += len(addresses)
	}
	took := processor() - worked
	for i := range min(*identities, 1_000_000) {
		if p, _ := local.PerhapsEmail(flaggedAddress(i)); !p {
			b.T.Fatalf("identity %d is not in the snapshot", i)
		}
	}
	b.T.Logf("in process: %.1f M checks/s of processor time (goal 10 M a core), %.2f %% of others are asked of the server", float64(asked)/took.Seconds()/1e6, 100*float64(perhaps)/float64(asked))
	b.wholeList(local)
}

// wholeList asks about every row of a list that lies in memory as a file does, each another address, on one core.
func (b *figures) wholeList(local *gate.Offline) {
	var list strings.Builder
	for i := range *listRows {
		list.WriteString(otherAddress(i))
		list.WriteByte('\n')
	}
	kept, began, worked := 0, time.Now(), processor()
	for row := range strings.Lines(list.String()) {
		if perhaps, readable := local.PerhapsEmail(row[:len(row)-1]); readable && !perhaps {
			kept++
		}
	}
	took, by := processor()-worked, time.Since(began)
	b.T.Logf("whole list in process: %d rows in %.2f s of processor time (%.2f s by the clock), %.1f M addresses/s (goal 10 M a core), %d surely clear",
		*listRows, took.Seconds(), by.Seconds(), float64(*listRows)/took.Seconds()/1e6, kept)
}

// processor is the time that this process has had of a processor: on a machine that others use, the clock says less about a core.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
