//go:build integration

package service

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// client asks a server that may be gone for a while, as one account.
type client struct {
	key     string
	jobs    string // what they are made of, as JSON; empty: labelled
	address atomic.Pointer[string]
}

// send asks once. An error is the network's: the server is gone.
func (c *client) send(t *testing.T, method, url, kind string, body io.Reader) (int, []byte, error) {
	t.Helper()
	if strings.HasPrefix(url, "/") {
		url = *c.address.Load() + url
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", kind)
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	return answer.StatusCode, data, err
}

// must asks of a server that is there.
func (c *client) must(t *testing.T, method, url, body string) status {
	t.Helper()
	code, data, err := c.send(t, method, url, "application/json", strings.NewReader(body))
	var st status
	if err == nil {
		err = json.Unmarshal(data, &st)
	}
	if err != nil || code >= 300 {
		t.Fatalf("%s %s: %v, status %d: %s", method, url, err, code, data)
	}
	return st
}

// uploaded makes a job with an input.
func (c *client) uploaded(t *testing.T, input []byte) string {
	t.Helper()
	j := c.must(t, http.MethodPost, "/v1/batch", cmp.Or(c.jobs, labelled))
	kind, body := form(j.UploadFields["key"], bytes.NewReader(input))
	if code, data, err := c.send(t, http.MethodPost, j.UploadURL, kind, body); err != nil || code != http.StatusNoContent {
		t.Fatalf("upload: %v, status %d: %s", err, code, data)
	}
	return j.JobID
}

// watch asks for a job's status ten times a second until it is completed, with so many failures. What it says never goes
// back.
func (c *client) watch(t *testing.T, id string, failures int) {
	var last status
	for begun := time.Now(); ; {
		code, data, err := c.send(t, http.MethodGet, "/v1/batch/"+id, "", http.NoBody)
		if err == nil && code < 500 {
			var st status
			if err := json.Unmarshal(data, &st); err != nil || code != http.StatusOK {
				t.Errorf("job %s: %v, status %d: %s", id, err, code, data)
				return
			}
			if st.Completed < last.Completed || st.Failed < last.Failed || st.Completed > st.Total || last.Total != 0 && st.Total != last.Total {
				t.Errorf("job %s: %d of %d, %d failed; and it was %d of %d, %d failed", id, st.Completed, st.Total, st.Failed, last.Completed, last.Total, last.Failed)
			}
			if last = st; st.Status == "completed" || st.Status == "failed" {
				if st.Status != "completed" || st.Completed != st.Total || st.Failed != failures {
					t.Errorf("job %s: %+v", id, st)
				}
				return
			}
		}
		if time.Since(begun) > 10*time.Minute {
			t.Errorf("job %s does not end: %+v", id, last)
			return
		}
		time.Sleep(100 * time.Millisecond) // the rate at which clients ask
	}
}

// fetch is a completed job's results.
func (c *client) fetch(t *testing.T, id string) []byte {
	t.Helper()
	code, data, err := c.send(t, http.MethodGet, c.must(t, http.MethodGet, "/v1/batch/"+id+"/results", "").DownloadURL, "", http.NoBody)
	if err != nil || code != http.StatusOK {
		t.Fatalf("results: %v, status %d: %s", err, code, data)
	}
	return data
}

// lines are records, some of them bad.
func lines(n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = fmt.Appendf(nil, `{"text":"%s order %d"}`+"\n", []string{"refund my", "the app crashes on", "I want to buy", "invoice of"}[i%4], i)
		if i%1000 == 7 {
			all[i] = fmt.Appendf(nil, "bad %d\n", i)
		}
	}
	return all
}

// rotated is the list from its n-th element on, then those before.
func rotated(all [][]byte, n int) []byte { return bytes.Join(slices.Concat(all[n:], all[:n]), nil) }

// crashing kills a server at random moments under three jobs of three accounts, each with an input of its own, until all
// are completed; where they are so before the last kill, it begins again with three others. Every line has its result
// once, in its place, and in the end there is nothing but what the jobs have.
func crashing(t *testing.T, bin string, at place) {
	n, kills, many := 100_000, 5, 3
	if *torture { // many lines and labels, so that the jobs take as long as the kills
		n, kills, many = 2_000_000, 50, 200
	}
	labels := make([]string, many)
	for i := range labels {
		labels[i] = fmt.Sprintf("%s %d", []string{"billing", "technical", "sales"}[i%3], i)
	}
	asked, err := json.Marshal(map[string][]string{"labels": labels})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	all := lines(n)
	bad := bytes.Count(bytes.Join(all, nil), []byte("bad "))
	var clients []*client
	for _, account := range []string{"shop", "desk", "ward"} {
		clients = append(clients, &client{key: newKey(t, bin, dir, account, at.settings...), jobs: string(asked)})
	}
	var s *server
	restart := func() {
		s = start(t, bin, dir, at.settings...)
		for _, c := range clients {
			c.address.Store(&s.address)
		}
	}
	restart()
	undisturbed := clients[0].uploaded(t, rotated(all, 0))
	begun := time.Now()
	clients[0].must(t, http.MethodPost, "/v1/batch/"+undisturbed+"/start", "")
	clients[0].watch(t, undisturbed, bad)
	undisturbedFor := time.Since(begun).Round(time.Millisecond)
	// At most: a start and a checkpoint take over a second, and what comes then is such a part of a job that the kills are enough
	// for all three of them, on a fast machine and on a slow one.
	pause := min(undisturbedFor, 1300*time.Millisecond+undisturbedFor/15)
	want := slices.Collect(bytes.Lines(clients[0].fetch(t, undisturbed)))
	if len(want) != n {
		t.Fatalf("%d lines, want %d", len(want), n)
	}
	killed, rounds, stood := 0, 0, make(map[string]int)
	for ; killed < kills; rounds++ {
		var ids []string
		var watching sync.WaitGroup
		var left atomic.Int64
		for i, c := range clients {
			id := c.uploaded(t, rotated(all, i*1000))
			ids = append(ids, id)
			c.must(t, http.MethodPost, "/v1/batch/"+id+"/start", "")
			left.Add(1)
			watching.Go(func() { defer left.Add(-1); c.watch(t, id, bad) })
		}
		for ; killed < kills && left.Load() > 0; killed++ {
			<-time.After(rand.N(pause)) // a random moment is what the test is about
			for i, c := range clients {
				st := c.must(t, http.MethodGet, "/v1/batch/"+ids[i], "")
				stood[fmt.Sprintf("%s, some done: %t", st.Status, st.Completed > 0)]++
			}
			s.kill()
			restart()
		}
		watching.Wait()
		for i, c := range clients {
			if got := c.fetch(t, ids[i]); !bytes.Equal(got, rotated(want, i*1000)) {
				t.Errorf("job %d: %d bytes that are not those of an undisturbed job", i, len(got))
			}
		}
	}
	t.Logf("%d kills in %d rounds of three jobs, which stood so: %v; one that nobody disturbed took %s", killed, rounds, stood, undisturbedFor)
	for i, c := range clients { // however often they were taken up, jobs count once
		jobs := rounds
		if i == 0 {
			jobs++
		}
		code, data, err := c.send(t, http.MethodGet, "/v1/usage", "", http.NoBody)
		var used struct {
			Total struct{ Jobs, Texts, Failed int }
		}
		if err == nil {
			err = json.Unmarshal(data, &used)
		}
		if total := used.Total; err != nil || code != http.StatusOK || total.Jobs != jobs || total.Texts != jobs*n || total.Failed != jobs*bad {
			t.Errorf("%v, status %d: account %d has used %s", err, code, i, data)
		}
	}
	at.age(t)
	s.kill()
	restart() // which sweeps
	at.swept(t, dir, clients...)
}

// TestCrash kills a server with the embedded store.
func TestCrash(t *testing.T) { crashing(t, build(t), embedded) }
