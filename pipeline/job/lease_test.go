package job

import (
	"errors"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/test/backing"
)

// TestLease hands a job from a runner that has died to another one: what the first still says is not heard any more.
func TestLease(t *testing.T) { backing.Databases(t, testLease) }

func testLease(t *testing.T, open backing.Open) {
	s, err := NewStore(t.Context(), open())
	if err != nil {
		t.Fatal(err)
	}
	now := time.UnixMilli(1_800_000_000_000)
	s.now = func() time.Time { return now }
	ctx := t.Context()
	id := NewID()
	if _, err := s.Create(ctx, id, "shop", []byte(`{}`), Ticket{Secret: "s", Until: now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Uploaded(ctx, id, Upload{Key: "input", Bytes: 1}); err != nil {
		t.Fatal(err)
	}
	claim := func(owner string) bool {
		t.Helper()
		j, err := s.claim(ctx, owner, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return j != nil
	}
	if claim("a") {
		t.Error("a job that was not started is run")
	}
	if _, err := s.Start(ctx, "shop", id); err != nil {
		t.Fatal(err)
	}
	if !claim("a") || claim("b") {
		t.Error("a job is not run once")
	}
	if state, err := s.renew(ctx, id, "a", time.Minute, Progress{Done: 10, Failures: 1, Tokens: 5}); state != Processing || err != nil {
		t.Errorf("%s, %v", state, err)
	}
	now = now.Add(time.Minute)
	if !claim("b") {
		t.Fatal("a lease that has run out is not taken over")
	}
	if _, err := s.renew(ctx, id, "a", time.Minute, Progress{Done: 99}); !errors.Is(err, errLost) {
		t.Errorf("the first runner renews: %v", err)
	}
	if err := s.finish(ctx, id, "a", Completed, Progress{}, "", nil, nil); !errors.Is(err, errLost) {
		t.Errorf("the first runner ends the job: %v", err)
	}
	if _, err := s.renew(ctx, id, "b", time.Minute, Progress{Done: 8}); err != nil { // it has begun at an older checkpoint
		t.Error(err)
	}
	if j, err := s.Get(ctx, "shop", id); err != nil || j.Done != 10 || j.Failures != 1 || j.Tokens != 5 {
		t.Errorf("progress went back: %+v, %v", j, err)
	}
	if err := s.release(ctx, id, "b"); err != nil || !claim("c") {
		t.Errorf("a lease that was given back is not taken: %v", err)
	}
	if err := s.Reclaim(ctx, "c"); err != nil || !claim("c") {
		t.Errorf("a lease that was taken back is not taken: %v", err)
	}
	if _, err := s.Cancel(ctx, "shop", id); err != nil {
		t.Fatal(err)
	}
	if state, err := s.renew(ctx, id, "c", time.Minute, Progress{}); state != Cancelling || err != nil {
		t.Errorf("%s, %v", state, err)
	}
	if err := s.finish(ctx, id, "c", Cancelled, Progress{Done: 12}, "", nil, nil); err != nil {
		t.Error(err)
	}
	if j, _ := s.Get(ctx, "shop", id); j.State != Cancelled || j.Done != 12 || !j.Ended.Equal(now) {
		t.Errorf("%+v", j)
	}
}
