//go:build integration

package service

import (
	"bytes"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

// TestCrashShared kills a server on PostgreSQL and S3.
func TestCrashShared(t *testing.T) { crashing(t, build(t), shared(t)) }

// TestTakeover kills a server under a job. Another one on the same database and bucket takes the job over when its lease
// has run out, and completes it; what its status says never goes back.
func TestTakeover(t *testing.T) {
	bin, settings := build(t), shared(t).settings
	first, second := start(t, bin, t.TempDir(), settings...), start(t, bin, t.TempDir(), settings...)
	a, b := new(client), new(client)
	a.address.Store(&first.address)
	b.address.Store(&second.address)
	all := lines(400_000)
	undisturbed := b.uploaded(t, rotated(all, 0))
	a.must(t, http.MethodPost, "/v1/batch/"+undisturbed+"/start", "")
	a.watch(t, undisturbed, 400)
	want := a.fetch(t, undisturbed)
	id := a.uploaded(t, rotated(all, 0))
	// Whichever server takes the job, it is the other one that goes on.
	a.must(t, http.MethodPost, "/v1/batch/"+id+"/start", "")
	for begun := time.Now(); a.must(t, http.MethodGet, "/v1/batch/"+id, "").Completed == 0; {
		if time.Since(begun) > time.Minute {
			t.Fatal("the job does not begin")
		}
	}
	survivor := b
	if first.runs(t, id) {
		first.kill()
	} else {
		second.kill()
		survivor = a
	}
	survivor.watch(t, id, 400)
	if got := survivor.fetch(t, id); !bytes.Equal(got, want) {
		t.Errorf("%d bytes that are not those of an undisturbed job", len(got))
	}
}
