//go:build integration

package service

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestFullDisk fills the disk around a job that runs. It is cancelled all the same, and deleted, which makes room for another.
func TestFullDisk(t *testing.T) {
	bin, dir := build(t), t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64m"); err != nil {
		t.Skip("no right to mount a disk that can be filled: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	s, c := start(t, bin, dir), new(client)
	c.address.Store(&s.address)
	all := lines(600_000) // some 25 MB, and their results another 30
	id := c.uploaded(t, rotated(all, 0))
	c.must(t, http.MethodPost, "/v1/batch/"+id+"/start", "")
	grown(t, filepath.Join(dir, "winnow-data", "work", id, "run0", "results.ndjson.part"), 1)
	fill(t, filepath.Join(dir, "filler"))
	c.must(t, http.MethodPost, "/v1/batch/"+id+"/cancel", "")
	for begun := time.Now(); ; {
		st := c.must(t, http.MethodGet, "/v1/batch/"+id, "")
		if st.State == "cancelled" {
			t.Logf("cancelled after %.1f s: %s", time.Since(begun).Seconds(), *st.Error)
			break
		}
		if time.Since(begun) > time.Minute {
			t.Fatalf("%+v", st)
		}
		time.Sleep(100 * time.Millisecond)
	}
	c.must(t, http.MethodDelete, "/v1/batch/"+id, "")
	next := c.uploaded(t, rotated(all[:1000], 0))
	c.must(t, http.MethodPost, "/v1/batch/"+next+"/start", "")
	c.watch(t, next, 1)
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := bytes.Repeat([]byte{1}, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}
