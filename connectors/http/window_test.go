package http

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// kept ends a request of a key with an answer of so many bytes.
func kept(w *window, key string, status, size int) {
	r := &request{key: key, reply: reply{status: status, body: []byte(strings.Repeat("x", size))}}
	w.begin(r)
	w.end(r)
}

func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow()
		kept(w, "ok", 200, 10)
		kept(w, "busy", 503, 10)
		if w.begin(&request{key: "ok"}) == nil || w.begin(&request{key: "busy"}) != nil {
			t.Error("committed answers are kept, and refused ones are not")
		}
		for i := range 100 {
			kept(w, strconv.Itoa(i), 200, 1<<20)
		}
		if w.bytes > windowBytes || w.begin(&request{key: "0"}) != nil || w.begin(&request{key: "99"}) == nil {
			t.Errorf("%d bytes are kept", w.bytes)
		}
		time.Sleep(windowAge + time.Second)
		if w.begin(&request{key: "99"}) != nil || w.bytes != 0 || len(w.order) != 0 {
			t.Errorf("%d bytes are kept after a day", w.bytes)
		}
	})
}

func TestRetryAfterForms(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "-1": 0, "soon": 0,
		time.Now().Add(time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"):  time.Hour,
		time.Now().Add(-time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"): 0,
	} {
		a := &answer{header: map[string][]string{"Retry-After": {value}}}
		if got := a.retryAfter(); got < want-2*time.Second || got > want {
			t.Errorf("Retry-After %q: %s, want %s", value, got, want)
		}
	}
}

func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(3, 10*time.Second)
		if pause, n := g.failed(0); pause != firstPause || n != 1 || g.isOpen() {
			t.Error(pause, n)
		}
		if pause, _ := g.failed(time.Second); pause != time.Second {
			t.Error(pause)
		}
		if pause, n := g.failed(time.Hour); pause != maxPause || n != 3 || !g.isOpen() {
			t.Error(pause, n)
		}
		begun := time.Now()
		if err := g.wait(t.Context()); err != nil || time.Since(begun) != maxPause {
			t.Error(err, time.Since(begun))
		}
		if g.passed(); g.isOpen() {
			t.Error("the circuit stays open")
		}
	})
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"reviews.csv": "reviews.csv", "a b": "a%20b", "50%": "50%25", "ü\n": "%C3%BC%0A", "t/0": "t/0",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
