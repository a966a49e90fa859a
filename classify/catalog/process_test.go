package catalog

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// TestMain is a saver where the test that started it says so.
func TestMain(m *testing.M) {
	if dir := os.Getenv("WINNOW_TEST_CATALOG"); dir != "" {
		os.Exit(saver(dir, os.Getenv("WINNOW_TEST_WHO"), os.Getenv("WINNOW_TEST_SAVES")))
	}
	os.Exit(m.Run())
}

// saver saves versions, some of which every other saver saves too, and moves an alias to each.
func saver(dir, who, saves string) int {
	c, err := New(Config{Dir: dir})
	n, numErr := strconv.Atoi(saves)
	if err != nil || numErr != nil {
		return 3
	}
	ctx := context.Background()
	for i := range n {
		note := fmt.Sprintf("%s's %d", who, i)
		if i%3 == 0 {
			note = fmt.Sprintf("everybody's %d", i)
		}
		s, err := c.Save(ctx, draft("x", note, "shared", note))
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Printf("%d %v %s\n", s.Number, s.Existed, note)
		if _, err := c.SetAlias(ctx, "last", Reference{Name: "x", Number: s.Number}); err != nil {
			fmt.Println(err)
			return 1
		}
		if v, err := c.Resolve("x@last"); err != nil || v.CheckWeights() != nil {
			fmt.Println(err)
			return 1
		}
	}
	return 0
}

// told is what a saver says.
type told struct {
	mu   sync.Mutex
	text strings.Builder
	came chan struct{} // something was said; nil: nobody waits
}

func (l *told) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.came <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *told) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func startSaver(ctx context.Context, t *testing.T, dir, who string, saves int, out *told) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "WINNOW_TEST_CATALOG="+dir, "WINNOW_TEST_WHO="+who, "WINNOW_TEST_SAVES="+strconv.Itoa(saves))
	cmd.Stdout, cmd.Stderr = out, out
	must(t, cmd.Start())
	return cmd
}

// TestProcesses lets processes save at once, and prune meanwhile: every save succeeds, no number is given twice, and the
// same content has one version whoever saved it.
func TestProcesses(t *testing.T) {
	const processes, saves = 4, 9
	c := onDisk(t)
	var running sync.WaitGroup
	outs := make([]told, processes)
	for p := range processes {
		cmd := startSaver(t.Context(), t, c.Dir(), fmt.Sprint("process ", p), saves, &outs[p])
		running.Go(func() {
			if err := cmd.Wait(); err != nil {
				t.Errorf("process %d: %v\n%s", p, err, outs[p].String())
			}
		})
	}
	done := make(chan struct{})
	go func() {
		running.Wait()
		close(done)
	}()
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		default:
			if _, err := c.Prune(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}
	given := make(map[string]string) // note → number
	for p := range processes {
		for line := range strings.Lines(outs[p].String()) {
			number, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			existed, note, _ := strings.Cut(rest, " ")
			if was, ok := given[note]; ok && was != number {
				t.Errorf("%q has the versions %s and %s", note, was, number)
			}
			if existed == "true" && !strings.HasPrefix(note, "everybody") {
				t.Errorf("%q existed before", note)
			}
			given[note] = number
		}
	}
	want := saves/3 + processes*(saves-saves/3)
	e, err := c.Entry("x")
	must(t, err)
	if len(given) != want || len(e.Versions) != want || e.Versions[want-1].Number != want {
		t.Errorf("%d contents, %d versions, want %d without a gap", len(given), len(e.Versions), want)
	}
	for _, m := range e.Versions {
		if given[m.Notes] != strconv.Itoa(m.Number) {
			t.Errorf("%s holds %q, and its saver was told v%s", m.Ref(), m.Notes, given[m.Notes])
		}
		must(t, resolve(t, c, m.Ref()).CheckWeights())
	}
}

// TestKilledProcesses kills savers at any moment. What they were told is there, nothing is torn, and others go on.
func TestKilledProcesses(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	c := onDisk(t)
	promised := make(map[int]string)
	for round := range rounds {
		var outs [2]told
		outs[0].came = make(chan struct{}, 1)
		var cmds []*exec.Cmd
		for p := range outs {
			cmds = append(cmds, startSaver(t.Context(), t, c.Dir(), fmt.Sprintf("round %d, process %d", round, p), 1000, &outs[p]))
		}
		for range rand.IntN(5) {
			select {
			case <-outs[0].came:
			case <-time.After(10 * time.Second):
				t.Fatalf("nothing is saved: %s", outs[0].String())
			}
		}
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // any moment will do
		for p, cmd := range cmds {
			must(t, cmd.Process.Kill())
			_ = cmd.Wait() // killed
			for line := range strings.Lines(outs[p].String()) {
				number, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
				n, err := strconv.Atoi(number)
				if _, note, cut := strings.Cut(rest, " "); ok && cut && err == nil && strings.HasSuffix(line, "\n") {
					promised[n] = note
				}
			}
		}
		e, err := c.Entry("x")
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for _, m := range e.Versions {
			if err := resolve(t, c, m.Ref()).CheckWeights(); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		for n, note := range promised {
			if i := slices.IndexFunc(e.Versions, func(m *Manifest) bool { return m.Number == n }); i < 0 || e.Versions[i].Notes != note {
				t.Fatalf("round %d: v%d was told to hold %q", round, n, note)
			}
		}
		if _, err := c.Resolve("x@last"); err != nil && !fault.Is(err, fault.ClassifierUnknown) && !fault.Is(err, fault.ClassifierVersion) {
			t.Fatal(err)
		}
	}
	t.Logf("%d versions were saved", len(promised))
	save(t, c, draft("x", "after all"))
	if _, err := os.Stat(c.path(tmpDir)); !os.IsNotExist(err) {
		t.Errorf("leftovers: %v", err)
	}
}
