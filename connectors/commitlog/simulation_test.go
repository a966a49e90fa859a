package commitlog_test

import (
	"flag"
	"fmt"
	"testing"
)

var (
	seeds = flag.Int("seeds", 400, "worlds to simulate")
	only  = flag.Int("seed", -1, "the one world to simulate")
)

// Processes come and go, pause anywhere and wake as zombies, splits move with and without their holder hearing of it, and
// the power goes. Whatever the order, every offset is in one visible part, and the next owner leaves nothing hidden.
func TestSimulation(t *testing.T) {
	n := *seeds
	if testing.Short() {
		n = min(n, 60)
	}
	for _, transactional := range []bool{false, true} {
		for _, power := range []bool{false, true} {
			t.Run(fmt.Sprintf("transactional %v, power loss %v", transactional, power), func(t *testing.T) {
				for seed := range uint64(n) {
					if *only >= 0 && uint64(*only) != seed {
						continue
					}
					simulate(t, seed, transactional, power)
					if t.Failed() {
						t.Fatalf("seed %d", seed)
					}
				}
			})
		}
	}
}

func simulate(t *testing.T, seed uint64, transactional, power bool) {
	t.Helper()
	w := newWorld(t, seed, transactional)
	var slow *process // a zombie that is drawn rarely
	for range 600 + w.rng.IntN(1500) {
		switch n := w.rng.IntN(300); {
		case len(w.procs) < 2 || n == 0 && len(w.procs) < 4:
			w.spawn()
		case n == 1:
			w.kill(w.procs[w.rng.IntN(len(w.procs))])
		case n < 12:
			w.rebalance()
		case n == 12:
			slow = w.procs[w.rng.IntN(len(w.procs))]
		case n == 13 && power && w.rng.IntN(3) == 0:
			for len(w.procs) > 0 {
				w.kill(w.procs[0])
			}
			w.disk = w.disk.Crash(w.rng.Uint64())
		default:
			p := w.procs[w.rng.IntN(len(w.procs))]
			if p != slow || w.rng.IntN(100) == 0 {
				w.advance(p, true)
			}
		}
	}
	w.finish()
	if err := w.judge(); err != nil {
		t.Errorf("%v\nfiles: %v", err, w.disk.Files())
	}
}
