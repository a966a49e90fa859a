package webhook_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/webhook"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

func add(t *testing.T, s *webhook.Store, account string, events ...string) *webhook.Webhook {
	t.Helper()
	w := &webhook.Webhook{Account: account, URL: "https://example.com/" + account, Events: events, Secret: "whsec_x"}
	if err := s.Add(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	backing.Tick()
	return w
}

// TestWebhooks has webhooks of two accounts, which don't see each other's.
func TestWebhooks(t *testing.T) { backing.Stores(t, webhook.New, testWebhooks) }

func testWebhooks(t *testing.T, s *webhook.Store) {
	all, failed, other := add(t, s, "shop"), add(t, s, "shop", "batch.failed", "batch.expired"), add(t, s, "desk")
	got, err := s.List(t.Context(), "shop")
	if diff := cmp.Diff([]*webhook.Webhook{all, failed}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if !all.Wants("batch.completed") || failed.Wants("batch.completed") || !failed.Wants("batch.expired") {
		t.Error("events")
	}
	for _, do := range []func(id string) error{
		func(id string) error { _, err := s.Get(t.Context(), "shop", id); return err },
		func(id string) error { _, err := s.Deliveries(t.Context(), "shop", id, 1); return err },
		func(id string) error { return s.Remove(t.Context(), "shop", id) },
	} {
		foreign, never := do(other.ID), do("wh_0")
		if !fault.Is(foreign, fault.WebhookUnknown) || foreign.Error() != never.Error() {
			t.Errorf("%v, and of one that never was %v", foreign, never)
		}
	}
	if err := s.Remove(t.Context(), "desk", other.ID); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(t.Context(), "desk", other.ID); !fault.Is(err, fault.WebhookUnknown) {
		t.Errorf("removed: %v", err)
	}
}

// TestMost holds an account to as many as it may have.
func TestMost(t *testing.T) { backing.Stores(t, webhook.New, testMost) }

func testMost(t *testing.T, s *webhook.Store) {
	for range webhook.Most {
		add(t, s, "shop")
	}
	if err := s.Add(t.Context(), &webhook.Webhook{Account: "shop", URL: "https://example.com"}); !fault.Is(err, fault.WebhookMany) {
		t.Errorf("one more: %v", err)
	}
	add(t, s, "desk")
}

// TestDeliveries records tries: those of one note are one row.
func TestDeliveries(t *testing.T) { backing.Stores(t, webhook.New, testDeliveries) }

func testDeliveries(t *testing.T, s *webhook.Store) {
	w := add(t, s, "shop")
	for _, try := range [][2]string{{"msg_1", "status 500"}, {"msg_1", ""}, {"msg_2", "nobody there"}} {
		if err := s.Record(t.Context(), w.ID, try[0], "batch_1", "batch.completed", try[1]); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Deliveries(t.Context(), "shop", w.ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range got {
		lines = append(lines, fmt.Sprintf("%s %s %s %d %q", d.Note, d.Job, d.Event, d.Tries, d.Error))
	}
	for _, want := range []string{`msg_1 batch_1 batch.completed 2 ""`, `msg_2 batch_1 batch.completed 1 "nobody there"`} {
		if !strings.Contains(strings.Join(lines, "\n"), want) {
			t.Errorf("no %s in %q", want, lines)
		}
	}
	if err := s.Remove(t.Context(), "shop", w.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Deliveries(t.Context(), "shop", w.ID, 10); !fault.Is(err, fault.WebhookUnknown) {
		t.Errorf("of one that is gone: %v", err)
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "winnow")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db, err := database.Open(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	s, err := webhook.New(ctx, db)
	if err != nil {
		fmt.Println(err)
		return
	}
	w := &webhook.Webhook{Account: "shop", URL: "https://example.com/hook", Secret: "whsec_x"}
	err = s.Add(ctx, w)
	_, foreign := s.Get(ctx, "desk", w.ID)
	fmt.Println(err, foreign)
	// Output: <nil> webhook.unknown: there is no such webhook
}
