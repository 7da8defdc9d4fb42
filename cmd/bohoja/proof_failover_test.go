//go:build proof

package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// TestClusterFailover kills a primary for good while three processes sign children up on it, waits until its replica has taken
// over, and counts what was acknowledged and is gone: replication is asynchronous, so this is printed and not judged. What is
// there must be whole, and no request may be there twice. The words that only this story needs:
//
//	many           children sign up at every process without end
//	node dies      the primary of their app is killed, and does not come back
//	goes on        children are signed up again
//	counted        what is there
func TestClusterFailover(t *testing.T) {
	f := &failover{}
	p := params("testdata/cluster", "")
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		err := setup(env)
		f.story = env.Values[storyKey{}].(*story)
		f.cluster = newCluster(f.t, 2*time.Second)
		f.stage.redis = func(s *story, ts *testscript.TestScript, _ []string) {
			s.redis = f.cluster.nodes[0]
			ts.Setenv("BOHOJA_REDIS__URL", f.cluster.urls())
		}
		return err
	}
	for name, do := range map[string]func(ts *testscript.TestScript){"many": f.many, "node": f.node, "goes": f.goes, "counted": f.counted} {
		p.Cmds[name] = func(ts *testscript.TestScript, _ bool, _ []string) { do(ts) }
	}
	t.Run("story", func(t *testing.T) { testscript.Run(t, p) })
	told := consenttest.Figures{
		Suite: "P7 fail-over, Cluster 3+3",
		More: fmt.Sprintf("not in the sum: %d acknowledged by %d processes, %d lost, %d there twice, the replica took over after %.1f s, the next were signed up after %.1f s",
			f.acked, len(processNames), f.lost, f.twice, f.over.Seconds(), f.after.Seconds()),
	}
	told.Tell(t)
	if f.acked == 0 || f.twice > 0 {
		t.Errorf("%d acknowledged, %d there twice", f.acked, f.twice)
	}
}

var processNames = []string{"", "second", "third"}

// failover is the story of a primary that does not come back.
type failover struct {
	*story
	cluster            *cluster
	acked, lost, twice int
	over, after        time.Duration // until the replica took over, and until the first were signed up
}

func (f *failover) many(ts *testscript.TestScript) {
	f.crowd = &crowd{stop: make(chan struct{}), ids: map[string]string{}}
	for n, name := range processNames {
		for hand := range 4 {
			f.crowd.all.Go(func() { f.sign("http://"+f.processes[name].public, 4*n+hand) })
		}
	}
	f.grows(ts)
}

// grows waits until as many again are signed up.
func (f *failover) grows(ts *testscript.TestScript) {
	from := f.crowd.count()
	for late := time.Now().Add(4 * patience); f.crowd.count() < from+100; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			ts.Fatalf("nobody is signed up any more")
		}
	}
}

func (f *failover) node(*testscript.TestScript) { f.cluster.nodes[0].Kill() }

func (f *failover) goes(ts *testscript.TestScript) {
	began, from := time.Now(), f.crowd.count()
	f.cluster.until("a replica that takes over", func() bool { return f.cluster.nodes[3].Command("DEL", "{shop}") == ":0" })
	f.over = time.Since(began)
	for late := began.Add(4 * patience); f.crowd.count() < from+len(processNames)*4; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			ts.Fatalf("nobody has taken over")
		}
	}
	f.after = time.Since(began)
	f.redis = f.cluster.nodes[3] // its replica
	f.grows(ts)
}

// counted asks for each request that was acknowledged, and for each subject's.
func (f *failover) counted(ts *testscript.TestScript) {
	f.patient = true
	bySubject := map[string]int{}
	for id, subject := range f.crowd.ids {
		f.acked++
		bySubject[subject]++
		if a := f.ask(ts, f.keys[f.key], http.MethodGet, "/v1/consent-requests/"+id, ""); a.status == http.StatusNotFound {
			f.lost++
			bySubject[subject]--
		} else {
			a.want(ts, http.StatusOK)
		}
	}
	for _, n := range bySubject {
		f.twice += max(0, n-1)
	}
}
