package seal

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// process is the variable by which a test starts its own binary as a process that seals in a folder.
const process = "SEAL_TEST_PROCESS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(process); dir != "" {
		os.Exit(sealOnce(dir, os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func TestManyVaultsMakeOneKey(t *testing.T) {
	w := newWorld(t)
	vaults := []*Vault{w.open(t), w.open(t), w.open(t), w.open(t)}
	sealed := make([]consent.Sealed, 16)
	var wg sync.WaitGroup
	for i := range sealed {
		wg.Go(func() {
			var err error
			if sealed[i], err = vaults[i%len(vaults)].Seal(t.Context(), consent.ClassHour, start, label, []byte("x")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	fresh := w.open(t)
	for _, s := range sealed {
		opens(t, fresh, s, "x")
	}
}

// sealOnce is the process of the test below: it waits for a line, seals under this hour's key, and says the claim and the value.
func sealOnce(dir string, in io.Reader, out io.Writer) int {
	w := &world{dir: dir, clock: &clock{at: start}, prints: &prints{held: map[string]string{}, clock: time.Now}}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	_, _ = fmt.Fprintln(out, "ready")
	if _, err := bufio.NewReader(in).ReadString('\n'); err != nil {
		return 1
	}
	v, err := Open(ctx, w.options())
	if err != nil {
		return 1
	}
	s, err := v.Seal(ctx, consent.ClassHour, start, label, []byte("x"))
	if err != nil {
		return 1
	}
	_, _ = fmt.Fprintln(out, w.prints.held["h-2026112315"]+w.prints.held["evidence-1"]+w.prints.held["digest-1"], hex.EncodeToString(s))
	return 0
}

type child struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func startProcess(t *testing.T, dir string) child {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), process+"="+dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	c := child{in, bufio.NewReader(out)}
	c.says(t)
	return c
}

func (c child) says(t *testing.T) string {
	t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatalf("a process ended with %v", err)
	}
	return strings.TrimSpace(line)
}

// Real processes open one empty folder at once: they end with the same keys, long and short.
func TestProcessesMakeOneKey(t *testing.T) {
	w := newWorld(t)
	var children []child
	for range 3 {
		children = append(children, startProcess(t, w.dir))
	}
	for _, c := range children {
		if _, err := io.WriteString(c.in, "go\n"); err != nil {
			t.Fatal(err)
		}
	}
	var first string
	for _, c := range children {
		claim, text, _ := strings.Cut(c.says(t), " ")
		if first == "" {
			first = claim
		}
		if claim != first || len(claim) != 3*32 {
			t.Errorf("claims differ: %q and %q", claim, first)
		}
		s, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		opens(t, w.open(t), s, "x")
	}
}

func TestAnotherFoldersKeysAreRefused(t *testing.T) {
	here, there := newWorld(t), newWorld(t)
	here.open(t)
	there.prints = here.prints // one store, two folders
	if _, err := Open(t.Context(), there.options()); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Fatalf("a second folder opened with %v", err)
	}
	if there.has("evidence-1") {
		t.Error("a key that never sealed anything stands where the right one belongs")
	}
	here.open(t) // the first goes on
}

func TestHourKeyConflict(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	w.prints.held["h-2026112315"] = "another"
	for range 2 {
		if _, err := v.Seal(t.Context(), consent.ClassHour, start, label, nil); !errors.Is(err, consent.ErrKeysDiffer) {
			t.Errorf("sealed with %v", err)
		}
	}
	if err := v.RunOnce(t.Context()); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Errorf("the pass says %v", err)
	}
	mustSeal(t, v, consent.ClassEvidence, start, "x")
	if err := v.Agrees(); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Errorf("nobody would be told: %v", err)
	}
	w.clock.set(start.Add(time.Hour))
	if err := errors.Join(v.RunOnce(t.Context()), v.Agrees()); err != nil {
		t.Errorf("with the next hour's key: %v", err)
	}
}

// TestTwoFoldersAtTheTurnOfAnHour: two hosts with the same long-lived keys and a folder of hours' keys each. The folder that was there
// first is the one in use, at every hour; the other host knows it from the start, seals nothing, and takes nothing for lost.
func TestTwoFoldersAtTheTurnOfAnHour(t *testing.T) {
	here := newWorld(t)
	first := here.open(t)
	there := here.twin(t)
	second := there.open(t)
	sealed := mustSeal(t, first, consent.ClassHour, start, "x")
	refuses(t, second, sealed, consent.ErrKeysDiffer)
	ends := start.Truncate(time.Hour).Add(time.Hour)
	for at := start.Add(Quiet / 2); at.Before(ends.Add(Quiet)); at = at.Add(Quiet / 2) {
		here.clock.set(at)
		there.clock.set(at)
		if err := second.RunOnce(t.Context()); !errors.Is(err, consent.ErrKeysDiffer) {
			t.Errorf("%v: the second, before the first, says %v", at, err)
		}
		if err := first.RunOnce(t.Context()); err != nil {
			t.Fatalf("%v: the first says %v", at, err)
		}
		if err := second.RunOnce(t.Context()); !errors.Is(err, consent.ErrKeysDiffer) || second.Agrees() == nil {
			t.Errorf("%v: the second says %v", at, err)
		}
		if _, err := second.Seal(t.Context(), consent.ClassHour, at, label, nil); !errors.Is(err, consent.ErrKeysDiffer) {
			t.Errorf("%v: the second seals, %v", at, err)
		}
		opens(t, first, mustSeal(t, first, consent.ClassHour, at, "y"), "y")
	}
	refuses(t, second, sealed, consent.ErrKeysDiffer)
	if err := first.Agrees(); err != nil {
		t.Error(err)
	}
	there.clock.set(start.Add(pending + 2*time.Hour))
	refuses(t, second, sealed, consent.ErrUnreadable) // dead in every folder
}

// twin is another host with the long-lived keys of w and no key of an hour.
func (w *world) twin(t *testing.T) *world {
	t.Helper()
	there := newWorld(t)
	there.prints = w.prints
	if err := os.CopyFS(filepath.Join(there.dir, longFolder), os.DirFS(filepath.Join(w.dir, longFolder))); err != nil {
		t.Fatal(err)
	}
	return there
}

// TestLostFolder: whether keys are lost is known where they lay, at once; elsewhere only when nobody has worked with them for long.
func TestLostFolder(t *testing.T) {
	w := newWorld(t)
	sealed := mustSeal(t, w.open(t), consent.ClassHour, start, "x")
	elsewhere := w.twin(t)
	other := elsewhere.open(t)
	wait := func(d time.Duration) {
		w.clock.set(start.Add(d))
		elsewhere.clock.set(start.Add(d))
	}
	wait(Quiet - time.Second)
	if err := other.RunOnce(t.Context()); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Errorf("the pass says %v", err)
	}
	refuses(t, other, sealed, consent.ErrKeysDiffer)
	if _, err := other.Seal(t.Context(), consent.ClassHour, start, label, nil); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Errorf("sealed with %v", err)
	}
	if elsewhere.has("h-2026112315") {
		t.Error("a key was made that nobody else has")
	}
	if err := os.RemoveAll(filepath.Join(w.dir, shortFolder)); err != nil {
		t.Fatal(err)
	}
	again := w.open(t)
	refuses(t, again, sealed, consent.ErrUnreadable)
	_ = other.RunOnce(t.Context())
	refuses(t, other, sealed, consent.ErrKeysDiffer)
	wait(2 * Quiet)
	_ = other.RunOnce(t.Context())
	refuses(t, other, sealed, consent.ErrUnreadable)
	if err := again.RunOnce(t.Context()); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Errorf("the one that slept says %v", err)
	}
}

// TestCopiedFolder: a copy of all keys opens what it has, and makes no key of an hour to come: two folders would go ways of their own. It takes the
// place of the first when that is silent for a minute and a half, and the first then has the keys that it had.
func TestCopiedFolder(t *testing.T) {
	w := newWorld(t)
	first := w.open(t)
	sealed := mustSeal(t, first, consent.ClassHour, start, "x")
	there := newWorld(t)
	there.prints = w.prints
	if err := os.CopyFS(there.dir, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	copied := there.open(t)
	opens(t, copied, sealed, "x")
	if _, err := copied.Seal(t.Context(), consent.ClassHour, start, label, nil); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Errorf("the copy seals: %v", err)
	}
	at := start
	step := func(d time.Duration) {
		at = at.Add(d)
		w.clock.set(at)
		there.clock.set(at)
	}
	for range 60 {
		step(time.Minute)
		if err := copied.RunOnce(t.Context()); !errors.Is(err, consent.ErrKeysDiffer) {
			t.Fatalf("%v: the copy says %v", at, err)
		}
		if err := first.RunOnce(t.Context()); err != nil {
			t.Fatalf("%v: the first says %v", at, err)
		}
	}
	later := mustSeal(t, first, consent.ClassHour, at, "y")
	refuses(t, copied, later, consent.ErrKeysDiffer)
	if lost, err := copied.Lost(t.Context()); !errors.Is(err, consent.ErrKeysDiffer) || len(lost) != 0 {
		t.Errorf("the copy mourns %v, %v", lost, err)
	}
	key := filepath.Join(shortFolder, "h-"+at.UTC().Format("2006010215"))
	text, err := os.ReadFile(filepath.Join(w.dir, key))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(there.dir, key), text, 0o600); err != nil {
		t.Fatal(err)
	}
	step(QuietWhole)
	if err := copied.RunOnce(t.Context()); err != nil {
		t.Errorf("the copy, whole, with the first silent: %v", err)
	}
	opens(t, copied, later, "y")
	if err := first.RunOnce(t.Context()); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Errorf("the first, back again: %v", err)
	}
	opens(t, first, later, "y")
}

// TestLostWhileOthersHaveIt: one of two hosts that share a folder begins without it, as when its mount is missing. The other works on, and nothing is
// lost until that is silent as well.
func TestLostWhileOthersHaveIt(t *testing.T) {
	w := newWorld(t)
	sealed := mustSeal(t, w.open(t), consent.ClassHour, start, "x")
	shared, err := w.prints.Occupy(t.Context(), Folder{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := func() {
		t.Helper()
		if used, err := w.prints.Occupy(t.Context(), Folder{Is: shared, Was: shared, Place: "elsewhere"}, QuietWhole); err != nil || used != shared {
			t.Fatalf("the other host's folder is not in use: %v", err)
		}
	}
	elsewhere()
	if err := os.RemoveAll(filepath.Join(w.dir, shortFolder)); err != nil {
		t.Fatal(err)
	}
	again := w.open(t)
	refuses(t, again, sealed, consent.ErrKeysDiffer)
	w.clock.set(start.Add(Quiet - time.Second))
	_ = again.RunOnce(t.Context())
	refuses(t, again, sealed, consent.ErrKeysDiffer)
	elsewhere()
	w.clock.set(start.Add(2*Quiet - time.Second))
	_ = again.RunOnce(t.Context())
	refuses(t, w.open(t), sealed, consent.ErrUnreadable)
}

// TestSleeperJudgesNothing: who has not learnt lately which folder is in use takes nothing for lost, and finds out before it mourns.
func TestSleeperJudgesNothing(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	sealed := mustSeal(t, v, consent.ClassHour, start, "x")
	if err := os.Remove(filepath.Join(w.dir, shortFolder, "h-2026112315")); err != nil {
		t.Fatal(err)
	}
	_ = v.RunOnce(t.Context()) // another key of this hour is made; it is not the one in use
	refuses(t, v, sealed, consent.ErrUnreadable)
	if text := v.occupied.known.Load().String(); strings.Contains(text, "m=") {
		t.Errorf("%s is by a clock that stands while a host sleeps", text)
	}
	long := time.Now().Add(-QuietWhole)
	v.occupied.known.Store(&long)
	refuses(t, v, sealed, consent.ErrUnavailable)
	w.prints.fail(errors.New("connection refused"))
	if lost, err := v.Lost(t.Context()); !errors.Is(err, consent.ErrUnavailable) || len(lost) != 0 {
		t.Errorf("lost is %v, %v", lost, err)
	}
	w.prints.fail(nil)
	if lost, err := v.Lost(t.Context()); err != nil || len(lost) != 1 {
		t.Errorf("lost is %v, %v", lost, err)
	}
	refuses(t, v, sealed, consent.ErrUnreadable)
}

// TestMountGone: a folder on another file system than at the beginning is not this process' folder: nothing is made, forgotten or lost.
func TestMountGone(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	sealed := mustSeal(t, v, consent.ClassHour, start, "x")
	v.occupied.disk = "another"
	if err := os.Remove(filepath.Join(w.dir, shortFolder, "h-2026112315")); err != nil {
		t.Fatal(err)
	}
	if err := v.RunOnce(t.Context()); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("the pass says %v", err)
	}
	opens(t, v, sealed, "x") // by the key in memory
	if w.has("h-2026112315") {
		t.Error("a key was made on the wrong file system")
	}
	if lost, err := v.Lost(t.Context()); !errors.Is(err, consent.ErrUnavailable) || len(lost) != 0 {
		t.Errorf("lost is %v, %v", lost, err)
	}
}

// TestTouchedFolder: what changes the file's stamp under a process, as a change of owner, changes nothing.
func TestTouchedFolder(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	before := w.prints.folder
	name := filepath.Join(w.dir, shortFolder, folderID)
	time.Sleep(20 * time.Millisecond) // the clock of files may tick that seldom
	if err := errors.Join(os.Chmod(name, 0o640), os.Chmod(name, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := v.RunOnce(t.Context()); err != nil || w.prints.folder == before {
		t.Errorf("%v; its identity is still %s", err, before)
	}
	second := w.open(t)
	if err := errors.Join(v.RunOnce(t.Context()), second.RunOnce(t.Context()), v.RunOnce(t.Context())); err != nil {
		t.Error(err)
	}
}

// TestLookingOccupiesNothing: a command beside the service neither becomes the one in use nor takes keys for lost.
func TestLookingOccupiesNothing(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	sealed := mustSeal(t, v, consent.ClassHour, start, "x")
	beside := w.twin(t)
	o := beside.options()
	o.Looks = true
	look, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	refuses(t, look, sealed, consent.ErrKeysDiffer)
	w.clock.set(start.Add(2 * Quiet))
	mine := v.occupied.was
	if _, err := Open(t.Context(), o); err != nil || w.prints.folder != mine {
		t.Errorf("%v; the folder in use is now that of a command", err)
	}
	opens(t, v, sealed, "x")
}

// TestFolderKeepsItsID: what was emptied under a process stays the folder in use, with its keys lost; a damaged id stops the pass.
func TestFolderKeepsItsID(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	sealed := mustSeal(t, v, consent.ClassHour, start, "x")
	name := filepath.Join(w.dir, shortFolder, folderID)
	first, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{name, filepath.Join(w.dir, shortFolder, "h-2026112315")} {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	_ = v.RunOnce(t.Context()) // another key of this hour is claimed
	if again, err := os.ReadFile(name); err != nil || string(again) != string(first) {
		t.Errorf("%q, %v, not %q", again, err, first)
	}
	refuses(t, v, sealed, consent.ErrUnreadable)
	for _, bad := range []string{"", "short", strings.Repeat("A", 25) + " "} {
		if err := os.WriteFile(name, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := v.RunOnce(t.Context()); !errors.Is(err, consent.ErrUnavailable) {
			t.Errorf("%q: the pass says %v", bad, err)
		}
	}
}

func TestStoreOutOfReach(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	w.prints.fail(errors.New("connection refused"))
	if _, err := v.Seal(t.Context(), consent.ClassHour, start, label, nil); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("sealed with %v", err)
	}
	if _, err := Open(t.Context(), w.options()); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("opened with %v", err)
	}
	w.prints.fail(nil)
	mustSeal(t, v, consent.ClassHour, start, "x")
}

// A claim is asked once per key and process, not once per request.
func TestClaimIsAskedOnce(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	mustSeal(t, v, consent.ClassHour, start, "x")
	before := w.prints.asked()
	for range 10 {
		mustSeal(t, v, consent.ClassHour, start, "x")
		mustSeal(t, v, consent.ClassEvidence, start, "x")
	}
	if n := w.prints.asked() - before; n > 1 { // the evidence key's first sealing
		t.Errorf("%d more claims", n)
	}
}

// A process that was asleep when the key was made finds it in the folder.
func TestKeyOfAnotherProcessIsFound(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	s := mustSeal(t, a, consent.ClassRelease, start, "x")
	opens(t, b, s, "x")
	w.clock.set(start.Add(50 * time.Hour))
	again := mustSeal(t, b, consent.ClassRelease, start, "y") // re-sealing under its own hour
	opens(t, a, again, "y")
}
