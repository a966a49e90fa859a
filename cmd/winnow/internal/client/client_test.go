package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newClient is a client of a handler, for which no time passes between tries; waits are how long it would have.
func newClient(t *testing.T, h http.HandlerFunc) (c *client.Client, waits *[]time.Duration) {
	t.Helper()
	server := httptest.NewServer(h)
	waits = new([]time.Duration)
	c, err := client.New(client.Config{Server: server.URL, Key: unit.NewSecret("canary-key"), Version: "v1", Patience: time.Minute, Wait: func(ctx context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return ctx.Err()
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); server.Close() })
	return c, waits
}

const aJob = `{"job_id":"batch_1","status":"completed","state":"completed","requests_total":2,"requests_completed":2}`

// TestRetries has a server that is busy twice, and then breaks off once.
func TestRetries(t *testing.T) {
	var n atomic.Int64
	c, waits := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"code":"RATE_EXCEEDED","message":"too many"}`)
		case 2:
			w.WriteHeader(http.StatusBadGateway)
		case 3:
			panic(http.ErrAbortHandler)
		default:
			fmt.Fprint(w, aJob)
		}
	})
	j, err := c.Job(t.Context(), "batch_1")
	if err != nil || j.Total != 2 || n.Load() != 4 {
		t.Fatalf("%v, %v after %d requests", j, err, n.Load())
	}
	if len(*waits) < 2 || (*waits)[0] != 7*time.Second || (*waits)[1] >= time.Second { // net/http may try the third by itself
		t.Errorf("waits %v", *waits)
	}
}

// TestPatience ends with the last error.
func TestPatience(t *testing.T) {
	c, waits := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"code":"SERVER_BUSY","message":"full"}`)
	})
	if _, err := c.Job(t.Context(), "x"); !fault.Is(err, fault.ServerBusy) {
		t.Error(err)
	}
	var sum time.Duration
	for _, d := range *waits {
		sum += d
	}
	if sum > time.Minute || sum < 40*time.Second {
		t.Errorf("it waited %s in all", sum)
	}
}

// TestRefusals are errors that no other try mends, with the server's code and the remedy for this program.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		code   *fault.Code
		says   string
	}{
		{"a key", 401, `{"code":"AUTH_INVALID","message":"the key is wrong","details":{"fix":"x"}}`, fault.AuthInvalid, "WINNOW_API_KEY"},
		{"busy account", 409, `{"code":"ACCOUNT_BUSY","message":"another job runs"}`, fault.AccountBusy, "--queue"},
		{"its remedy", 400, `{"code":"BODY_UNKNOWN_KEY","message":"labls","details":{"fix":"did you mean labels?"}}`, fault.BodyUnknownKey, "did you mean labels?"},
		{"several", 400, `{"code":"LABELS_BLANK","message":"one","errors":[{"message":"one"},{"message":"two"}]}`, fault.ByID("labels.blank"), "one; two"},
		{"in it", 500, `{"code":"INTERNAL","message":"something went wrong","request_id":"req_7"}`, fault.ServerAnswer, "req_7"},
		{"a proxy", 502 - 100, `<html>`, fault.ServerAnswer, "status 402"},
		{"a redirect", 302, ``, fault.ServerAnswer, "status 302"},
		{"no JSON", 200, `<html>`, fault.ServerAnswer, "JSON"},
	} {
		var n atomic.Int64
		client, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
			n.Add(1)
			w.Header().Set("Location", "http://example.invalid/")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		_, err := client.Job(t.Context(), "x")
		e, ok := fault.As(err)
		if !ok || e.Code != c.code || !strings.Contains(e.Explain(), c.says) || n.Load() != 1 {
			t.Errorf("%s: %v after %d requests", c.name, err, n.Load())
		}
	}
}

// TestAway gives up a server at once that has never answered.
func TestAway(t *testing.T) {
	tries := 0
	c, err := client.New(client.Config{Server: "http://127.0.0.1:1", Wait: func(context.Context, time.Duration) error { tries++; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Job(t.Context(), "x"); !fault.Is(err, fault.ServerUnreachable) || tries > 0 {
		t.Errorf("%v after %d waits", err, tries)
	}
	for _, bad := range []string{"", "localhost:8080", "ftp://x", "http://user:password@x", "http://x?y"} {
		if _, err := client.New(client.Config{Server: bad}); !fault.Is(err, fault.ServerAddress) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestUpload breaks an upload off in its middle: the second try sends all of it, and neither sends the key.
func TestUpload(t *testing.T) {
	var n atomic.Int64
	var got []byte
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/batch/x" {
			fmt.Fprint(w, aJob)
			return
		}
		if r.Header.Get("Authorization") != "" {
			t.Error("the upload's address gets the key")
		}
		if n.Add(1) == 1 {
			_, _ = io.CopyN(io.Discard, r.Body, 100_000)
			panic(http.ErrAbortHandler)
		}
		form, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		key, err := form.NextPart()
		if err != nil || key.FormName() != "key" {
			t.Errorf("%v, %v", key, err)
			return
		}
		file, err := form.NextPart()
		if err != nil {
			t.Error(err)
			return
		}
		got, _ = io.ReadAll(file)
		w.WriteHeader(http.StatusNoContent)
	})
	if _, err := c.Job(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	line := []byte(`{"text":"something to send"}` + "\n")
	err := c.Upload(t.Context(), &client.Created{URL: "/up", Fields: map[string]string{"key": "k"}}, func(_ context.Context, w io.Writer) error {
		for range 100_000 {
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || n.Load() != 2 || !bytes.Equal(got, bytes.Repeat(line, 100_000)) {
		t.Errorf("%v after %d tries, %d bytes", err, n.Load(), len(got))
	}
}

// TestBucket has a server whose uploads and downloads are a bucket's, which wants to know how long a form is, and fails once.
func TestBucket(t *testing.T) {
	var tries atomic.Int64
	var got []byte
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "":
			t.Error("the bucket gets the key")
		case r.Method == http.MethodGet && r.URL.Path == "/old":
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>`)
		case r.Method == http.MethodGet:
			fmt.Fprint(w, "results\n")
		case r.ContentLength < 0:
			w.WriteHeader(http.StatusLengthRequired)
		case r.URL.Path == "/full":
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `<Error><Code>EntityTooLarge</Code><Message>too large</Message></Error>`)
		case tries.Add(1) == 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			form, err := r.MultipartReader()
			if err != nil {
				t.Error(err)
				return
			}
			for {
				part, err := form.NextPart()
				if err != nil {
					break
				}
				if part.FormName() == "file" {
					got, _ = io.ReadAll(part)
				}
			}
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(bucket.Close)
	var asked atomic.Int64
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		address := bucket.URL + "/old"
		if asked.Add(1) > 1 {
			address = bucket.URL + "/new"
		}
		fmt.Fprintf(w, `{"job_id":"batch_1","download_url":%q}`, address)
	})
	line := []byte(`{"text":"something to send"}` + "\n")
	written := 0
	write := func(_ context.Context, w io.Writer) error {
		written++
		_, err := w.Write(bytes.Repeat(line, 10_000))
		return err
	}
	err := c.Upload(t.Context(), &client.Created{URL: bucket.URL + "/up", Fields: map[string]string{"key": "k"}}, write)
	if err != nil || tries.Load() != 2 || written != 1 || !bytes.Equal(got, bytes.Repeat(line, 10_000)) {
		t.Errorf("%v after %d tries, written %d times: %d bytes", err, tries.Load(), written, len(got))
	}
	if err := c.Upload(t.Context(), &client.Created{URL: bucket.URL + "/full"}, write); !fault.Is(err, fault.UploadTooLarge) {
		t.Errorf("too large: %v", err)
	}
	broken := errors.New("broken")
	if err := c.Upload(t.Context(), &client.Created{URL: bucket.URL + "/up"}, func(context.Context, io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("the input's: %v", err)
	}
	var b bytes.Buffer
	if _, err := c.Download(t.Context(), "batch_1", false, &b); err != nil || b.String() != "results\n" {
		t.Errorf("%v %q", err, b.String())
	}
}

// TestUploadFails tells the input's error, and the server's: whichever was first.
func TestUploadFails(t *testing.T) {
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Winnow-Code", "job.started")
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `<Error><Message>the job was started already</Message></Error>`)
	})
	to := &client.Created{URL: "/up"}
	err := c.Upload(t.Context(), to, func(_ context.Context, w io.Writer) error {
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return err
			}
		}
	})
	if !fault.Is(err, fault.JobStarted) {
		t.Errorf("the server's: %v", err)
	}
	broken := errors.New("broken")
	if err := c.Upload(t.Context(), to, func(context.Context, io.Writer) error { return broken }); !errors.Is(err, broken) && !fault.Is(err, fault.JobStarted) {
		t.Errorf("the input's: %v", err)
	}
}

// TestDownload breaks off twice and loses its address once; what arrives is whole.
func TestDownload(t *testing.T) {
	want := strings.Repeat("0123456789", 100_000)
	var n, tickets atomic.Int64
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/results") {
			fmt.Fprintf(w, `{"job_id":"x","download_url":"/down/%d","classifier":"c-1","labels":["a"]}`, tickets.Add(1))
			return
		}
		if r.Header.Get("Authorization") != "" {
			t.Error("the download's address gets the key")
		}
		switch n.Add(1) {
		case 1, 3:
			cut := &cutting{ResponseWriter: w, left: 300_000}
			http.ServeContent(cut, r, "", time.Unix(1, 0), strings.NewReader(want))
			panic(http.ErrAbortHandler)
		case 2:
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"code":"DOWNLOAD_SIGNATURE","message":"expired"}`)
		default:
			if r.URL.Path != "/down/2" {
				t.Errorf("asked for %s", r.URL.Path)
			}
			http.ServeContent(w, r, "", time.Unix(1, 0), strings.NewReader(want))
		}
	})
	var got bytes.Buffer
	found, err := c.Download(t.Context(), "x", false, &got)
	if err != nil || found.Classifier != "c-1" {
		t.Fatal(found, err)
	}
	if got.String() != want {
		t.Errorf("%d bytes, want %d", got.Len(), len(want))
	}
}

// cutting is an answer that breaks off.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.ErrShortWrite
	}
	p = p[:min(len(p), c.left)]
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

// TestJobs follows the pages of a list, with the key.
func TestJobs(t *testing.T) {
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer canary-key" {
			t.Error("without the key")
		}
		if r.URL.Query().Get("after") == "" {
			w.Header().Set("Link", `<x>; rel="next"`)
			fmt.Fprint(w, `[{"job_id":"a"},{"job_id":"b"}]`)
			return
		}
		fmt.Fprintf(w, `[{"job_id":"after %s, %s"}]`, r.URL.Query().Get("after"), r.URL.Query().Get("limit"))
	})
	all, err := c.Jobs(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, j := range all {
		ids = append(ids, j.JobID)
	}
	if diff := cmp.Diff([]string{"a", "b", "after b, 3"}, ids); diff != "" {
		t.Error(diff)
	}
}

// TestStart takes a job that its first try has started for started.
func TestStart(t *testing.T) {
	var n atomic.Int64
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
		if n.Load() == 3 {
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"code":"JOB_PROCESSING","message":"it runs"}`)
			return
		}
		fmt.Fprint(w, aJob)
	})
	if _, err := c.Job(t.Context(), "x"); err != nil { // the server is there
		t.Fatal(err)
	}
	if err := c.Start(t.Context(), "x", client.StartQueued); err != nil || n.Load() != 3 {
		t.Errorf("%v after %d requests", err, n.Load())
	}
	n.Store(2)
	if err := c.Start(t.Context(), "x", client.StartQueued); !fault.Is(err, fault.JobProcessing) {
		t.Errorf("the first try: %v", err)
	}
}

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"job_id":"batch_1","state":"processing","requests_total":10,"requests_completed":4}`)
	}))
	defer server.Close()
	c, err := client.New(client.Config{Server: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	j, err := c.Job(context.Background(), "batch_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(j.State, j.Completed, "of", j.Total)
	// Output: processing 4 of 10
}
