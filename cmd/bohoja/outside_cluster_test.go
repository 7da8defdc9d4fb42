//go:build outside

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// The apps of the cluster, each on a primary of its own.
var clusterApps = []string{"one", "two", "three"}

// wordCluster starts the primaries, joins them with redis-cli, and declares an app on each. A slot whose primary is away
// takes none of the others with it (cluster-require-full-coverage no).
func (o *outside) wordCluster(ts *testscript.TestScript, _ bool, _ []string) {
	create := []string{"--cluster", "create"}
	var urls []string
	o.nodes = map[string]*consenttest.RedisServer{}
	for _, app := range clusterApps {
		s := consenttest.Redis(o.t, "cluster-enabled", "yes", "cluster-port", consenttest.FreePort(o.t),
			"cluster-node-timeout", "1000", "cluster-require-full-coverage", "no")
		o.nodes[app], urls, create = s, append(urls, s.URL()), append(create, s.Addr)
	}
	out, err := exec.Command("redis-cli", append(create, "--cluster-replicas", "0", "--cluster-yes")...).CombinedOutput()
	if err != nil {
		ts.Fatalf("%v\n%s", err, out)
	}
	ts.Setenv("BOHOJA_REDIS__URL", strings.Join(urls, ","))
	o.declareOnNodes(ts)
}

// declareOnNodes declares an app on each node in place of the one that was declared.
func (o *outside) declareOnNodes(ts *testscript.TestScript) {
	name := filepath.Join(o.dir, "bohoja.yaml")
	head, app, _ := strings.Cut(ts.ReadFile(name), "apps:\n")
	before, rest, _ := strings.Cut(app, "    keys:\n")
	_, after, ok := strings.Cut(rest, "    webhooks:")
	if !ok {
		ts.Fatalf("the declarations have another form")
	}
	all := head + "apps:\n"
	for _, app := range clusterApps {
		o.keys[app] = newKey(liveKey)
		o.hide(o.keys[app])
		sum := sha256.Sum256([]byte(o.keys[app]))
		id := idOn(ts, o.nodes[app], app)
		all += replaced(ts, before, "id: shop", "id: "+id) +
			"    keys:\n      - {id: k, sha256: \"" + hex.EncodeToString(sum[:]) + "\", scopes: [requests, release, events]}\n    webhooks:" + after
		ts.Setenv("APP_"+strings.ToUpper(app), id)
	}
	ts.Check(os.WriteFile(name, []byte(all), 0o600))
}

// idOn finds an app's id whose slot the node has.
func idOn(ts *testscript.TestScript, s *consenttest.RedisServer, begin string) (id string) {
	wait(ts, func() bool {
		for n := range 50 {
			id = begin + strconv.Itoa(n)
			if s.Command("EXISTS", "{"+id+"}") == ":0" { // another node's: MOVED
				return true
			}
		}
		return false
	}, "a slot of %s", begin)
	return id
}

// wordNode makes the primary of an app the one that redis speaks of.
func (o *outside) wordNode(ts *testscript.TestScript, _ bool, args []string) {
	if o.redis = o.nodes[one(ts, args)]; o.redis == nil {
		ts.Fatalf("there is no app %s", args[0])
	}
}

// wordMany signs many children up, each of whom must be answered so.
func (o *outside) wordMany(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for i := range n {
		subject := args[1] + "-" + strconv.Itoa(i)
		body := signupBody(subject, map[string]string{"email": subject + "@example.com"})
		a := o.ask(ts, o.keys[o.key], http.MethodPost, "/v1/consent-requests", body, "Idempotency-Key", subject)
		if got := strconv.Itoa(a.status) + a.code(); got != strings.Join(args[2:], "") {
			ts.Fatalf("number %d was answered %s\n%s", i, got, a.body)
		}
	}
	o.count(n, "× "+strings.Join(args[2:], " ")+" at "+o.key)
}

// leaseAndMore is how long a letter may be late whose claim was carried out and never answered.
const leaseAndMore = 2 * time.Minute

// wordDelivered waits for a letter to everybody of the crowd who was accepted, and sees that nobody has two. One that was
// sent when nobody could note it any more comes again under its Message-ID.
func (o *outside) wordDelivered(ts *testscript.TestScript, _ bool, _ []string) {
	missing := func() (n int) {
		for _, key := range o.crowd.ids {
			letters := o.smtp.LettersTo(key + "@example.com")
			if len(letters) == 0 {
				n++
			}
			for _, l := range letters {
				if l.MessageID != letters[0].MessageID {
					ts.Fatalf("%s has two letters", key)
				}
			}
		}
		return n
	}
	began := time.Now()
	for late := began.Add(leaseAndMore); missing() > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(late) {
			ts.Fatalf("%d of %d letters are missing", missing(), len(o.crowd.ids))
		}
	}
	o.fact("%d acknowledged around the kill, 0 lost, %d not answered, letters there after %s",
		len(o.crowd.ids), len(o.crowd.lost), time.Since(began).Round(time.Second))
}

// wordTidy sees that in no app anything is half done.
func (o *outside) wordTidy(ts *testscript.TestScript, _ bool, _ []string) {
	o.wordExits(ts, false, []string{"0", "doctor", "--fsck"})
	if got := strings.Count(ts.ReadFile("said"), "everything fits together"); got != len(clusterApps) {
		ts.Fatalf("%s", ts.ReadFile("said"))
	}
	o.count(len(clusterApps), "apps without a fault in fsck")
}
