package crash

import (
	"math/rand/v2"
	"testing"
	"time"
)

// quick commits often, so that kills fall between many commits.
const quick = "commit: {records: 3000, interval: 20ms}\nbatch: {rows: 500}\n"

// TestKill kills runs at random moments, a few times for each scenario.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the binary many times")
	}
	const n, times = 40_000, 6
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			p := s.prepare(t, t.TempDir(), n, quick)
			want, took := p.undisturbed(t)
			k := &killer{place: p, want: want, rng: rand.New(rand.NewPCG(*seed, 0)), within: took}
			k.run(t, times)
		})
	}
}

// TestTorture kills runs in the first quarter of an undisturbed run's time, over again until it has killed -kills
// times: a fifth of them at the default cadence of commits, the others at a quick one.
func TestTorture(t *testing.T) {
	if !*torture {
		t.Skip("`make torture` runs it")
	}
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			dir := t.TempDir()
			p := s.prepare(t, dir, *rows, "")
			want, took := p.undisturbed(t)
			k := &killer{place: p, want: want, rng: rand.New(rand.NewPCG(*seed, 1)), within: took / 4}
			k.run(t, *kills/5)
			p = s.prepare(t, dir, *rows, "commit: {interval: 50ms}\n")
			want, took = p.undisturbed(t)
			k.place, k.want, k.within = p, want, took/4
			k.run(t, *kills-*kills/5)
			t.Logf("%d kills over %d runs of %d rows, %d of them resumed; undisturbed %v", k.killed, k.runs, *rows, k.resumed,
				took.Round(time.Millisecond))
		})
	}
}

// killer kills runs of one scenario.
type killer struct {
	*place
	want   verdict
	rng    *rand.Rand
	within time.Duration // kills fall between 0 and this after the start

	killed, runs, resumed int
}

// run kills so many times, over as many runs as that takes, and judges each run that comes to its end.
func (k *killer) run(t *testing.T, times int) {
	t.Helper()
	k.clear(t)
	k.runs++
	for target := k.killed + times; k.killed < target; {
		r := k.start(t, binary(t))
		e := r.killAfter(t, time.Duration(k.rng.Int64N(int64(k.within))))
		switch {
		case e.killed:
			k.killed++
		case e.status != 0:
			t.Fatalf("after %d kills, winnow ended with status %d\n%s", k.killed, e.status, r.stderr.Bytes())
		default:
			k.check(t, e.summary)
			k.clear(t)
			k.runs++
		}
	}
	sum, _ := k.complete(t, binary(t))
	k.check(t, sum)
}

// check judges a completed run, and asks that the same command finds it complete.
func (k *killer) check(t *testing.T, sum summary) {
	t.Helper()
	if sum.Resumed {
		k.resumed++
	}
	k.same(t, k.want, sum)
	if again, _ := k.complete(t, binary(t)); !again.AlreadyComplete {
		t.Fatalf("the same command after completion did not find it complete: %+v", again)
	}
}
