package job

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/test/backing"
)

// TestLease hands a job from a runner that has died to another one: what the first still says is not heard any more.
func TestLease(t *testing.T) { backing.Stores(t, NewStore, testLease) }

func testLease(t *testing.T, s *Store) {
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
	if err := s.finish(ctx, id, "a", Completed, Progress{}, "", nil, nil, nil); !errors.Is(err, errLost) {
		t.Errorf("the first runner ends the job: %v", err)
	}
	if _, err := s.renew(ctx, id, "b", time.Minute, Progress{Done: 8}); err != nil { // it has begun at an older checkpoint
		t.Error(err)
	}
	if j, err := s.Get(ctx, "shop", id); err != nil || j.Done != 10 || j.Failures != 1 || j.Tokens != 5 {
		t.Errorf("progress went back: %+v, %v", j, err)
	}
	if err := s.release(ctx, id, "b", Progress{Done: 11}); err != nil || !claim("c") {
		t.Errorf("a lease that was given back is not taken: %v", err)
	}
	if j, err := s.Get(ctx, "shop", id); err != nil || j.Done != 11 || j.Tokens != 5 {
		t.Errorf("progress that was given back: %+v, %v", j, err)
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
	if err := s.finish(ctx, id, "c", Cancelled, Progress{Done: 12}, "", nil, nil, nil); err != nil {
		t.Error(err)
	}
	if j, _ := s.Get(ctx, "shop", id); j.State != Cancelled || j.Done != 12 || !j.Ended.Equal(now) {
		t.Errorf("%+v", j)
	}
}

// TestQueue has jobs of two accounts wait: each account's oldest runs when none of the account's does.
func TestQueue(t *testing.T) { backing.Stores(t, NewStore, testQueue) }

func testQueue(t *testing.T, s *Store) {
	now := time.UnixMilli(1_800_000_000_000)
	s.now = func() time.Time { now = now.Add(time.Millisecond); return now }
	ctx := t.Context()
	add := func(account string) string {
		t.Helper()
		id := NewID()
		if _, err := s.Create(ctx, id, account, []byte(`{}`), Ticket{Secret: id, Until: now.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Uploaded(ctx, id, Upload{Key: id, Bytes: 1}); err != nil {
			t.Fatal(err)
		}
		return id
	}
	names := make(map[string]string)
	for _, name := range []string{"shop 1", "shop 2", "shop 3", "desk 1"} {
		id := add(name[:4])
		names[id] = name
		if j, err := s.Enqueue(ctx, name[:4], id); err != nil || j.State != Queued {
			t.Fatal(j, err)
		}
	}
	claim := func() string {
		t.Helper()
		j, err := s.claim(ctx, "a", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if j == nil {
			return ""
		}
		if j.State != Processing || j.Started.IsZero() {
			t.Errorf("%+v", j)
		}
		return names[j.ID]
	}
	of := func(name string) string {
		for id, n := range names {
			if n == name {
				return id
			}
		}
		return ""
	}
	if _, err := s.Enqueue(ctx, "shop", of("shop 2")); err == nil {
		t.Error("one that waits is put into the queue again")
	}
	if a, b, c := claim(), claim(), claim(); a != "shop 1" || b != "desk 1" || c != "" {
		t.Errorf("first %q, then %q, then %q", a, b, c)
	}
	if j, err := s.Cancel(ctx, "shop", of("shop 2")); err != nil || j.State != Cancelled || j.Ended.IsZero() {
		t.Errorf("cancel one that waits: %+v, %v", j, err)
	}
	if got := claim(); got != "" {
		t.Errorf("%q runs beside the account's other", got)
	}
	if err := s.finish(ctx, of("shop 1"), "a", Completed, Progress{}, "", nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := claim(); got != "shop 3" {
		t.Errorf("then %q runs", got)
	}
}

// TestTurns has an account with many jobs that wait, and others that come later with one each. One job runs at a time, and each account
// comes in its turn, whatever it has had before.
func TestTurns(t *testing.T) { backing.Stores(t, NewStore, testTurns) }

func testTurns(t *testing.T, s *Store) {
	now := time.UnixMilli(1_800_000_000_000)
	s.now = func() time.Time { now = now.Add(time.Millisecond); return now }
	ctx := t.Context()
	accounts := make(map[string]string)
	add := func(account string) (id string) {
		t.Helper()
		id = NewID()
		accounts[id] = account
		_, err := s.Create(ctx, id, account, []byte(`{}`), Ticket{Secret: id, Until: now.Add(time.Hour)})
		if err == nil {
			_, err = s.Uploaded(ctx, id, Upload{Key: id, Bytes: 1})
		}
		if err == nil {
			_, err = s.Enqueue(ctx, account, id)
		}
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	run := func(as State) *Job {
		t.Helper()
		j, err := s.claim(ctx, "a", time.Minute)
		if err == nil && j != nil {
			err = s.finish(ctx, j.ID, "a", as, Progress{}, "", nil, nil, nil)
		}
		if err != nil || j == nil {
			t.Fatal(j, err)
		}
		return j
	}
	for range 4 {
		add("shop")
	}
	first := run(Cancelled) // the shop's
	add("desk")
	if _, err := s.Enqueue(ctx, "shop", first.ID); err != nil { // it began long ago
		t.Fatal(err)
	}
	add("ward")
	var got []string
	for range 6 {
		got = append(got, accounts[run(Completed).ID])
	}
	if want := []string{"desk", "ward", "shop", "shop", "shop", "shop"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestManyWaiting refuses an account another job when very many wait, and lets others have theirs.
func TestManyWaiting(t *testing.T) { backing.Stores(t, NewStore, testManyWaiting) }

func testManyWaiting(t *testing.T, s *Store) {
	create := func(account string) (*Job, error) {
		id := NewID()
		return s.Create(t.Context(), id, account, []byte(`{}`), Ticket{Secret: id, Until: time.Now().Add(time.Hour)})
	}
	waits, err := create("shop")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.db.ExecContext(t.Context(), fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO jobs (id, account, state, config, created, ticket, ticket_until, ticket_fields)
		SELECT 'batch_' || i, 'shop', CASE WHEN i %% 2 = 0 THEN 'pending' ELSE 'queued' END, '{}', i, CAST(CAST(i AS TEXT) AS BYTEA), 0, '{}' FROM n`, MostWaiting))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := create("shop"); !fault.Is(err, fault.JobMany) {
		t.Error(err)
	}
	if _, err := create("desk"); err != nil {
		t.Error(err)
	}
	if _, err := s.Cancel(t.Context(), "shop", waits.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := create("shop"); err != nil {
		t.Errorf("one is cancelled: %v", err)
	}
}
