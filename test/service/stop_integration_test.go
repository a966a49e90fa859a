//go:build integration

package service

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// halved is a body whose second half comes when it is told to.
func halved(text []byte) (body io.Reader, half <-chan struct{}, rest func()) {
	r, w := io.Pipe()
	sent := make(chan struct{})
	go func() {
		_, _ = w.Write(text[:len(text)/2]) // whoever reads may be gone
		close(sent)
	}()
	return r, sent, func() {
		_, err := w.Write(text[len(text)/2:])
		_ = w.CloseWithError(err)
	}
}

// stopped tells a server to end while uploads and requests are half sent, a stream of events is read, and a job runs. What
// has begun is answered, the process ends with 0, and the next one goes on with the jobs where their counts stood.
func stopped(t *testing.T, at place) {
	// By the encoder a job takes seconds on any machine.
	bin, dir, c := build(t), t.TempDir(), &client{jobs: `{"labels":["billing","technical","sales"],"backend":"encoder"}`}
	s := start(t, bin, dir, at.settings...)
	c.address.Store(&s.address)
	const n, times = 1000, 12
	input := rotated(lines(n), 0)
	undisturbed := c.uploaded(t, input)
	c.must(t, http.MethodPost, "/v1/batch/"+undisturbed+"/start", "")
	c.watch(t, undisturbed, n/1000)
	want := c.fetch(t, undisturbed)
	id := c.uploaded(t, bytes.Repeat(input, times))

	var asking, begun sync.WaitGroup
	var rest []func()
	ask := func(what string, want int, url, kind string, body []byte) {
		half, sent, more := halved(body)
		rest = append(rest, more)
		asking.Go(func() {
			if code, data, err := c.send(t, http.MethodPost, url, kind, half); err != nil || code != want {
				t.Errorf("%s: %v, status %d: %s", what, err, code, data)
			}
		})
		begun.Go(func() { <-sent })
	}
	var uploads []string
	for range 4 {
		j := c.must(t, http.MethodPost, "/v1/batch", c.jobs)
		kind, body := form(j.UploadFields["key"], bytes.NewReader(input))
		whole, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		ask("upload", http.StatusNoContent, j.UploadURL, kind, whole)
		uploads = append(uploads, j.JobID)
		ask("classify", http.StatusOK, "/v1/classify", "application/json", []byte(`{"text":"`+strings.Repeat("refund ", 20_000)+`","labels":["billing","technical"]}`))
	}
	begun.Wait()
	c.must(t, http.MethodPost, "/v1/batch/"+id+"/start", "")
	asking.Go(func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address+"/v1/batch/"+id+"/events", nil)
		if err != nil {
			t.Error(err)
			return
		}
		r.Header.Set("Accept", "text/event-stream")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		if events, err := io.ReadAll(answer.Body); err != nil || !bytes.Contains(events, []byte("event: running")) {
			t.Errorf("the stream of events: %v: %s", err, events)
		}
	})
	var before status
	for before.Completed == 0 {
		before = c.must(t, http.MethodGet, "/v1/batch/"+id, "")
	}
	if before.Status != "processing" {
		t.Fatalf("the job is too small: %+v", before)
	}
	told := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- s.stop() }()
	for { // until it does not listen any more
		if _, _, err := c.send(t, http.MethodGet, "/healthz", "", http.NoBody); err != nil {
			break
		}
		if time.Since(told) > 10*time.Second {
			t.Fatal("the server goes on to listen")
		}
	}
	for _, more := range rest {
		asking.Go(more)
	}
	asking.Wait()
	if err := <-ended; err != nil {
		t.Errorf("the server ends with %v", err)
	}
	took := time.Since(told)
	s = start(t, bin, dir, at.settings...)
	c.address.Store(&s.address)
	after := c.must(t, http.MethodGet, "/v1/batch/"+id, "")
	t.Logf("the server ended %.1f s after it was told to; of %d records %d were done when it was told to, and %d afterwards",
		took.Seconds(), after.Total, before.Completed, after.Completed)
	if after.Completed <= before.Completed {
		t.Error("what was in flight was not finished, or is not told")
	}
	c.watch(t, id, times*n/1000)
	if got := c.fetch(t, id); !bytes.Equal(got, bytes.Repeat(want, times)) {
		t.Errorf("%d bytes that are not those of an undisturbed job", len(got))
	}
	c.must(t, http.MethodPost, "/v1/batch/"+uploads[0]+"/start", "")
	c.watch(t, uploads[0], n/1000)
	if got := c.fetch(t, uploads[0]); !bytes.Equal(got, want) {
		t.Errorf("an upload that ended while the server did: %d bytes of results", len(got))
	}
}

// TestStopped stops a server with the embedded store.
func TestStopped(t *testing.T) { stopped(t, embedded) }

// TestStoppedShared stops a server on PostgreSQL and S3.
func TestStoppedShared(t *testing.T) { stopped(t, shared(t)) }

// TestStuck stops a server while an upload comes to no end: it is cut off when the time is over, leaves nothing, and the process
// ends with 0 all the same.
func TestStuck(t *testing.T) {
	dir, c := t.TempDir(), new(client)
	s := start(t, build(t), dir, "WINNOW_SERVE_SHUTDOWN_TIMEOUT=2s")
	c.address.Store(&s.address)
	j := c.must(t, http.MethodPost, "/v1/batch", `{"labels":["a","b"]}`)
	kind, body := form(j.UploadFields["key"], bytes.NewReader(rotated(lines(100_000), 0)))
	whole, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	half, sent, more := halved(whole)
	cut := make(chan error, 1)
	go func() {
		_, _, err := c.send(t, http.MethodPost, j.UploadURL, kind, half)
		cut <- err
	}()
	<-sent
	told := time.Now()
	if err := s.stop(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
	if took := time.Since(told); took < 2*time.Second || took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	go more()
	if err := <-cut; err == nil {
		t.Error("the upload is answered")
	}
	if left := embedded.kept(t, dir); len(left) != 1 { // the mark of whose blobs they are
		t.Errorf("there is %v", left)
	}
}
