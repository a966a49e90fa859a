package once

import (
	"crypto/sha256"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

func request(key, body string) api.Repeatable {
	return api.Repeatable{Account: "shop", Method: "POST", Path: "/v1/batch", Key: key, Body: sha256.Sum256([]byte(body))}
}

// TestStore takes a key through everything that may come of it, on a clock of the test's.
func TestStore(t *testing.T) { backing.Stores(t, New, testStore) }

func testStore(t *testing.T, s *Store) {
	now := time.UnixMilli(1_800_000_000_000)
	s.now = func() time.Time { return now }
	other, elsewhere := request("a", "{}"), request("a", "{}")
	other.Account, elsewhere.Path = "desk", "/v1/classifiers"
	made := api.Made{Status: 201, Resource: "batch_1"}
	end := func(r api.Repeatable) {
		if err := s.End(t.Context(), r, made); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		name string
		do   func()
		r    api.Repeatable
		want *api.Made
		code *fault.Code
	}{
		{name: "first", r: request("a", "{}")},
		{name: "while it is answered", r: request("a", "{}"), code: fault.IdemProgress},
		{name: "another body while it is answered", r: request("a", "[]"), code: fault.IdemMismatch},
		{name: "another account", r: other},
		{name: "another path", r: elsewhere},
		{name: "again", do: func() { end(request("a", "{}")) }, r: request("a", "{}"), want: &made},
		{name: "another body", r: request("a", "[]"), code: fault.IdemMismatch},
		{name: "one that is refused", r: request("b", "{}")},
		{name: "in another form", do: func() {
			if err := s.Drop(t.Context(), request("b", "{}")); err != nil {
				t.Fatal(err)
			}
		}, r: request("b", "[]")},
		{name: "after its process has died", do: func() { now = now.Add(abandonedAfter + time.Second) }, r: request("b", "[1]")},
		{name: "still the same day", do: func() { now = now.Add(23 * time.Hour) }, r: request("a", "{}"), want: &made},
		{name: "the next day", do: func() { now = now.Add(time.Hour) }, r: request("a", "[]")},
	} {
		if step.do != nil {
			step.do()
		}
		got, err := s.Begin(t.Context(), step.r)
		if diff := cmp.Diff(step.want, got); diff != "" || step.code == nil && err != nil || step.code != nil && !fault.Is(err, step.code) {
			t.Errorf("%s: %v (-want +got)\n%s", step.name, err, diff)
		}
	}
}
