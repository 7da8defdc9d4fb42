package outbox

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
)

// workerEnv makes the test binary a worker process on the server of this address.
const workerEnv = "BOHOJA_OUTBOX_TEST_WORKER"

// delivered counts deliveries by job, as a receiver would: hash, job id -> times.
const delivered = "receiver"

// room is how many jobs the receiver takes; unset: all.
const room = "room"

// deliver tells the receiver, and takes as long as a quick one, or as the receiver has room.
func deliver(c *redis.Client) Worker {
	return func(ctx context.Context, j Job) error {
		for most, err := c.Get(ctx, room).Int64(); err == nil && c.HLen(ctx, delivered).Val() >= most; most, err = c.Get(ctx, room).Int64() {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Millisecond)
		return c.HIncrBy(ctx, delivered, j.ID, 1).Err()
	}
}

// workerProcess is what the re-executed binary does until SIGTERM.
func workerProcess(addr string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	c := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	defer func() { _ = c.Close() }()
	relay := NewRelay(Setup{
		Queue: NewQueue(Config{Client: c, Keys: testKeys}), Apps: func() []string { return []string{app} },
		Workers: letters(deliver(c)),
	})
	if relay.Run(ctx) != nil {
		return 1
	}
	return 0
}

func startWorker(t *testing.T, addr string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+addr)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

// end stops a worker gracefully and demands that it ends well.
func end(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("worker process: %v", err)
	}
}

// times reads the receiver's count: how many jobs it got, and how many it got more than once.
func (r *rig) times() (jobs, repeated int) {
	for _, n := range r.client.HGetAll(r.t.Context(), delivered).Val() {
		if jobs++; n != "1" {
			repeated++
		}
	}
	return jobs, repeated
}

func (r *rig) received() int { return int(r.client.HLen(r.t.Context(), delivered).Val()) }

// idle reports whether nothing is due just now: what is left is held.
func (r *rig) idle() bool {
	s, err := r.Stats(r.t.Context(), app, consent.JobLetter)
	return err == nil && s.Oldest == 0
}

func TestProcessesDeliverEachJobOnce(t *testing.T) {
	r := newRig(t, startServer(t).addr)
	workers := []*exec.Cmd{startWorker(t, r.client.Options().Addr), startWorker(t, r.client.Options().Addr), startWorker(t, r.client.Options().Addr)}
	r.leaveMany(app, "j", consent.JobLetter, 1000)
	until(t, "all delivered", func() bool { return r.received() == 1000 })
	for _, w := range workers {
		end(t, w)
	}
	jobs, repeated := r.times()
	t.Logf("%d acknowledged, %d lost, %d repeated, three processes", 1000, 1000-jobs, repeated)
	if jobs != 1000 || repeated != 0 {
		t.Errorf("%d delivered, %d more than once", jobs, repeated)
	}
	r.empty(app)
}

// Workers are killed in the middle: what they held comes back when its lease ends, and nothing else is repeated.
func TestKilledWorkersLoseNothing(t *testing.T) {
	r := newRig(t, startServer(t).addr)
	addr, hands, kills := r.client.Options().Addr, letter.Hands, 4
	r.leaveMany(app, "j", consent.JobLetter, 1000)
	for i := range kills {
		r.client.Set(t.Context(), room, 200*(i+1), 0) // or a quick worker is done before it is killed
		w := startWorker(t, addr)
		until(t, "some are delivered", func() bool { return r.received() >= 200*(i+1) })
		_ = w.Process.Kill()
		_ = w.Wait()
	}
	if n := r.received(); n == 1000 {
		t.Fatal("the kills came too late to show anything")
	}
	r.client.Del(t.Context(), room)
	last := startWorker(t, addr)
	until(t, "nothing is due", r.idle)
	end(t, last)
	before := r.received()
	r.move(time.Hour) // the leases end
	r.drain(NewRelay(r.setup(letters(deliver(r.client)))))
	jobs, repeated := r.times()
	t.Logf("%d acknowledged, %d lost, %d repeated, %d came back by their lease, %d kills", 1000, 1000-jobs, repeated, jobs-before, kills)
	if jobs != 1000 {
		t.Errorf("%d of 1000 delivered", jobs)
	}
	if repeated > kills*hands {
		t.Errorf("%d repeated, although only %d were in work", repeated, kills*hands)
	}
	r.empty(app)
}

// The store is killed and started anew while a relay works: nothing is lost, and nothing is delivered twice, since a
// worker that is done insists on saying so.
func TestRestartedRedisLosesNothing(t *testing.T) {
	s := startServer(t)
	r := newRig(t, s.addr)
	r.leaveMany(app, "j", consent.JobLetter, 1000)
	done := newTally()
	stop := r.background(NewRelay(r.setup(letters(func(ctx context.Context, j Job) error {
		time.Sleep(time.Millisecond)
		return done.work(ctx, j)
	}))))
	for i := range 3 {
		until(t, "some are delivered", func() bool { return done.jobs() >= 200*(i+1) })
		s.kill()
		s.start()
	}
	until(t, "nothing is due", r.idle)
	until(t, "the hands are empty", func() bool { return r.idle() && r.settled(done) })
	stop()
	r.move(time.Hour) // claims whose answer was cut off come back
	r.drain(NewRelay(r.setup(letters(done.work))))
	t.Logf("%d acknowledged, %d lost, 3 restarts", 1000, 1000-done.jobs())
	done.check(t, 1000)
	r.empty(app)
}

// settled reports whether what is left are only jobs that were never handed out.
func (r *rig) settled(done *tally) bool {
	s, err := r.Stats(r.t.Context(), app, consent.JobLetter)
	return err == nil && s.Depth+done.jobs() == 1000
}
