//go:build integration

package stream

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/test/broker"
)

// TestKill kills one of two processes by SIGKILL, over and over.
func TestKill(t *testing.T) {
	s := newScene(t, broker.Start(t), toKafka{}, "")
	s.killed(size(3, 30))
}

func (s *scene) killed(times int) {
	a, b := s.run(), s.run()
	s.feed.begin(*rate)
	for range times {
		time.Sleep(time.Duration(size(2, 5))*time.Second + rand.N(time.Duration(size(2, 10))*time.Second))
		if rand.N(2) == 0 {
			a, b = b, a
		}
		a.kill()
		b.alive()
		a = s.run()
	}
	s.settle(size(60_000, 1_000_000))
	a.end()
	b.end()
}

// settle produces what is still wanted, waits until it is read, and judges.
func (s *scene) settle(want int) {
	s.t.Helper()
	s.feed.atLeast(int64(want))
	n := s.feed.end()
	s.drained(3 * time.Minute)
	s.judge(n)
}

// TestZombie stops a process for longer than its session lasts; it wakes up when others have its partitions.
func TestZombie(t *testing.T) {
	s := newScene(t, broker.Start(t), toKafka{}, "")
	a, b := s.run(), s.run()
	s.feed.begin(*rate)
	for range size(1, 5) {
		time.Sleep(time.Duration(size(3, 5)) * time.Second)
		a.signal(syscall.SIGSTOP)
		time.Sleep(time.Duration(size(16, 25)) * time.Second)
		a.signal(syscall.SIGCONT)
		a, b = b, a
	}
	s.settle(size(60_000, 1_000_000))
	a.end()
	b.end()
}

// TestRebalance lets processes join and leave.
func TestRebalance(t *testing.T) {
	for _, protocol := range []string{"cooperative", "broker"} {
		t.Run(protocol, func(t *testing.T) {
			s := newScene(t, broker.Start(t), toKafka{}, "rebalance: "+protocol+"\n")
			s.rebalanced(size(4, 20))
		})
	}
}

func (s *scene) rebalanced(times int) {
	all := []*process{s.run()}
	s.feed.begin(*rate)
	for i := range times {
		time.Sleep(time.Duration(size(2, 5)) * time.Second)
		if len(all) > 1 && (i%2 == 1 || len(all) == 4) {
			leaving := rand.N(len(all))
			all[leaving].end()
			all = append(all[:leaving], all[leaving+1:]...)
		} else {
			all = append(all, s.run())
		}
	}
	s.settle(size(60_000, 1_000_000))
	for _, p := range all {
		p.end()
	}
}
