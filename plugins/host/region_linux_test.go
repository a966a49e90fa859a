package host_test

import (
	"os"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// shared is what this process has of memory that it shares with plugins: mappings and descriptors.
func shared(t *testing.T) (all []string) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, "memfd:winnow") {
			all = append(all, line)
		}
	}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		// One that was just listed may be closed.
		if name, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && strings.Contains(name, "memfd:winnow") {
			all = append(all, name)
		}
	}
	return all
}

// TestShares has batches cross in shared memory, where the plugin can, and nothing of it stay otherwise.
func TestShares(t *testing.T) {
	for how, want := range map[string]int{"texts": 2, "honest": 0} { // a mapping and a descriptor
		before := len(shared(t))
		h := plugintest.Host(t)
		c, err := start(t, h, how)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Classify(t.Context(), column("a", "b"), new(classify.Results)); err != nil {
			t.Fatal(err)
		}
		if got := shared(t); len(got)-before != want {
			t.Errorf("%s: %d beside %d: %q", how, len(got), before, got)
		}
		h.Close()
	}
}

// TestSharedLies has one case for each way to lie about a batch in shared memory: the run ends, and the same run goes on with a plugin
// that does not lie.
func TestSharedLies(t *testing.T) {
	for how, want := range map[string]string{
		"shared, slot":   `it can't answer: .*slot 32 of shared memory, which has 32 slots of 4194304 bytes`,
		"shared, long":   `it can't answer: .*4294967295 bytes in slot \d+ of shared memory, which has 32 slots of 4194304 bytes`,
		"shared, cut":    `\d+ bytes are no stream of Arrow batches: it claims a body of .*`,
		"shared, word":   `it can't answer: .*slot \d+ of shared memory, where it is not`,
		"shared, twice":  `it can't answer: .*slot \d+ of shared memory, where it is not`,
		"shared, beside": `it can't answer: .*a batch is in the message, and said to lie in shared memory`,
		"refers":         `it can't answer: .*a batch is said to lie in shared memory, and there is none`,
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			r := newLedgered(t)
			holds(t, r.run(r.classified(how)), "plugin.bad_reply: plugin evil: "+want)
			if err := r.run(r.classified("texts")); err != nil {
				t.Fatal(err)
			}
			r.check()
		})
	}
}
