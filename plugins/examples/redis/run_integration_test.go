//go:build integration && linux

package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/winnow-stream/winnow/test/backing"
)

// torture makes TestRun longer: as in test/stream.
var torture = flag.Bool("torture", false, "20 kills over 200,000 entries at least")

// run is `winnow run` of a pipeline from a stream to others.
type run struct {
	t      *testing.T
	dir    string
	spec   string
	client *redis.Client
	cmd    *exec.Cmd
	done   chan struct{} // closed when cmd has ended
}

// newRun builds winnow and the plugin.
func newRun(t *testing.T, s *backing.RedisServer, client *redis.Client) *run {
	t.Helper()
	r := &run{t: t, dir: t.TempDir(), client: client}
	for _, b := range [][2]string{{"winnow", "../../../cmd/winnow"}, {"bin/redis", "."}} {
		build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(r.dir, b[0]), b[1])
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	manifest, err := os.ReadFile("plugin.yaml")
	r.must(err)
	r.must(os.WriteFile(filepath.Join(r.dir, "plugin.yaml"), manifest, 0o600))
	r.spec = filepath.Join(r.dir, "spec.yaml")
	r.must(os.WriteFile(r.spec, fmt.Appendf(nil, `
name: tickets
source: {plugin: {path: %[1]s, config: {url: %[2]q, streams: [one, two], fields: [id, text], group: winnow, id_column: entry}}}
text: text
classify: {labels: [spam, personal message]}
sinks: {default: {plugin: {path: %[1]s, config: {url: %[2]q, stream: labelled}}}}
dead_letters: {plugin: {path: %[1]s, config: {url: %[2]q, stream: dead}}}
max_error_rate: 1
guarantee: exactly_once
`, r.dir, s.URL()), 0o600))
	t.Cleanup(func() {
		r.kill()
		if data, _ := os.ReadFile(filepath.Join(r.dir, "log")); t.Failed() {
			t.Logf("%s", data[max(len(data)-5000, 0):])
		}
	})
	return r
}

func (r *run) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// start starts winnow.
func (r *run) start() {
	r.t.Helper()
	log, err := os.OpenFile(filepath.Join(r.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	r.must(err)
	r.cmd, r.done = exec.Command(filepath.Join(r.dir, "winnow"), "run", r.spec, "--allow-unpinned"), make(chan struct{})
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = r.dir, log, log
	r.must(r.cmd.Start())
	go func() {
		_ = r.cmd.Wait() // its state is looked at where it matters
		_ = log.Close()
		close(r.done)
	}()
}

// alive fails the test where winnow has ended by itself.
func (r *run) alive() {
	r.t.Helper()
	select {
	case <-r.done:
		r.t.Fatalf("it ended: %s", r.cmd.ProcessState)
	default:
	}
}

// kill ends winnow by SIGKILL.
func (r *run) kill() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill() // it may be gone
		<-r.done
	}
}

// killPlugin ends one of its plugins' processes by SIGKILL.
func (r *run) killPlugin() {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		r.alive()
		var all []string
		lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", r.cmd.Process.Pid))
		r.must(err)
		for _, path := range lists {
			data, _ := os.ReadFile(path) // the thread may have ended
			all = append(all, strings.Fields(string(data))...)
		}
		if len(all) == 0 {
			continue
		}
		pid, err := strconv.Atoi(all[rand.N(len(all))])
		r.must(err)
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone
		return
	}
	r.t.Fatal("no plugin runs")
}

// feed adds entries to both streams until there are enough of them, at so many a second, and over crashes of Redis. One of 50 has a
// text that is none.
func (r *run) feed(ctx context.Context, entries, rate int) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for id := 0; id < entries; <-tick.C {
		if ctx.Err() != nil {
			return
		}
		_, _ = r.client.Pipelined(ctx, func(p redis.Pipeliner) error { // what is there is asked for at the end
			for range max(rate/50, 1) {
				text := fmt.Sprint("you have won prize number ", id)
				if id%50 == 0 {
					text = "\xff"
				}
				p.XAdd(ctx, &redis.XAddArgs{Stream: []string{"one", "two"}[id%2], Values: []any{"id", id, "text", text}})
				id++
			}
			return nil
		})
	}
}

// ledger are the ids that have to come out, and those that are to be set aside: by what the streams hold.
func (r *run) ledger() (good, bad map[string]int) {
	r.t.Helper()
	good, bad = make(map[string]int), make(map[string]int)
	for _, stream := range []string{"one", "two"} {
		entries, err := r.client.XRange(r.t.Context(), stream, "-", "+").Result()
		r.must(err)
		for _, e := range entries {
			if e.Values["text"] == "\xff" {
				offset, err := offsetOf(e.ID)
				r.must(err)
				bad[fmt.Sprint(stream, " ", offset)]++
			} else {
				good[e.ID+" "+e.Values["id"].(string)]++
			}
		}
	}
	return good, bad
}

// came are the entries that came out, and those that were set aside.
func (r *run) came() (good, bad map[string]int) {
	r.t.Helper()
	good, bad = make(map[string]int), make(map[string]int)
	entries, err := r.client.XRange(r.t.Context(), "labelled", "-", "+").Result()
	r.must(err)
	for _, e := range entries {
		if e.Values["label"] == nil {
			r.t.Errorf("without a label: %v", e.Values)
		}
		good[fmt.Sprint(e.Values["entry"], " ", e.Values["id"])]++
	}
	entries, err = r.client.XRange(r.t.Context(), "dead", "-", "+").Result()
	r.must(err)
	for _, e := range entries {
		bad[fmt.Sprint(e.Values["split"], " ", e.Values["offset"])]++
	}
	return good, bad
}

// TestRun labels two streams into a third, while winnow, its plugins and Redis are killed in turn. Each entry is in the output once, or
// among the dead letters; those of a stream stand in their order, and the group ends up where the streams do.
func TestRun(t *testing.T) {
	s, client := server(t)
	r := newRun(t, s, client)
	entries, kills := 20_000, 6
	if *torture {
		entries, kills = 200_000, 20
	}
	r.start()
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		r.feed(t.Context(), entries, entries/(3*kills))
	}()
	for kill := range kills {
		time.Sleep(2*time.Second + rand.N(2*time.Second))
		r.alive()
		switch kill % 3 {
		case 0:
			r.killPlugin()
		case 1:
			s.Kill()
			time.Sleep(rand.N(2 * time.Second))
			s.Start()
		case 2:
			r.kill()
			r.start()
		}
	}
	<-fed
	good, bad := r.ledger()
	for deadline := time.Now().Add(5 * time.Minute); client.XLen(t.Context(), "labelled").Val() < int64(len(good)) ||
		client.XLen(t.Context(), "dead").Val() < int64(len(bad)); time.Sleep(100 * time.Millisecond) {
		if r.alive(); time.Now().After(deadline) {
			break
		}
	}
	time.Sleep(2 * time.Second) // whatever comes twice may come now
	r.alive()
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	if <-r.done; r.cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("it ended: %s", r.cmd.ProcessState)
	}
	delivered, dead := r.came()
	if diff := cmp.Diff(good, delivered); diff != "" {
		t.Errorf("%d entries, and %d came out: %.2000s", len(good), len(delivered), diff)
	}
	if diff := cmp.Diff(bad, dead); diff != "" {
		t.Errorf("%d entries with texts that are none, and %d are dead letters: %.2000s", len(bad), len(dead), diff)
	}
	for _, stream := range []string{"one", "two"} {
		if groups := client.XInfoGroups(t.Context(), stream).Val(); len(groups) != 1 || groups[0].Lag != 0 || groups[0].Pending != 0 {
			t.Errorf("groups of %s: %+v", stream, groups)
		}
	}
	t.Logf("%d entries came out once, and %d are dead letters, over %d kills", len(delivered), len(dead), kills)
}
