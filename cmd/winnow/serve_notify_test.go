package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/account"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/webhook"
	jobs "github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// TestChannels finds who is told of a job: the server's own, the webhooks of the account that want the event, and whom the
// job names. What is deleted meanwhile is told to nobody.
func TestChannels(t *testing.T) {
	ctx := t.Context()
	db, err := database.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store, storeErr := jobs.NewStore(ctx, db)
	hooks, hooksErr := webhook.New(ctx, db)
	keys, keysErr := account.New(ctx, db)
	if err := errors.Join(storeErr, hooksErr, keysErr); err != nil {
		t.Fatal(err)
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer receiver.Close()
	all := &webhook.Webhook{Account: "shop", URL: receiver.URL, Secret: notify.NewSecret()}
	failed := &webhook.Webhook{Account: "shop", URL: "https://example.com", Events: []string{"batch.failed"}, Secret: notify.NewSecret()}
	other := &webhook.Webhook{Account: "desk", URL: "https://example.com", Secret: notify.NewSecret()}
	for _, w := range []*webhook.Webhook{all, failed, other} {
		if err := hooks.Add(ctx, w); err != nil {
			t.Fatal(err)
		}
	}
	s := config.Default()
	s.Notify.Private = true
	s.Notify.Email = &config.Email{To: "team@example.com", From: "winnow@example.com", Server: "smtp.example.com:587"}
	c, err := newChannels(s, store, keys, hooks, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	made, err := json.Marshal(api.JobConfig{Hook: &api.Hook{URL: "https://example.com/job", Secret: notify.NewSecret()}})
	if err != nil {
		t.Fatal(err)
	}
	j, err := store.Create(ctx, jobs.NewID(), "shop", made, jobs.Ticket{Until: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	j.State = jobs.Completed
	names, err := c.of(ctx, j)
	if diff := cmp.Diff([]string{"email", "webhook/" + all.ID, "job/webhook"}, names); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	c.to = "" // a job that names nobody is told to nobody by e-mail
	if quiet, err := c.of(ctx, j); err != nil || len(quiet) != 2 {
		t.Errorf("%v %v", quiet, err)
	}
	if err := keys.SetEmail(ctx, "shop", "jobs@shop.example.com"); err != nil {
		t.Fatal(err)
	}
	if names, err := c.of(ctx, j); err != nil || !slices.Contains(names, "email") {
		t.Errorf("%v %v", names, err)
	}
	if about, err := c.told(ctx, j); err != nil || about.To != "jobs@shop.example.com" {
		t.Errorf("%+v %v", about, err)
	}
	of := func(name string) notify.Channel {
		t.Helper()
		found, err := c.Channel(ctx, &jobs.Note{Job: j.ID, Channel: name})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, name := range names {
		if of(name) == nil {
			t.Errorf("there is no channel %s", name)
		}
	}
	// A try is recorded for the webhook's owner.
	if err := of("webhook/"+all.ID).Tell(ctx, &jobs.Note{ID: "msg_1", Job: j.ID, Event: "batch.completed"}); err == nil {
		t.Error("a teapot has taken the note")
	}
	log, err := hooks.Deliveries(ctx, "shop", all.ID, 10)
	if err != nil || len(log) != 1 || log[0].Note != "msg_1" || log[0].Error != "status 418" {
		t.Errorf("%+v %v", log, err)
	}
	if err := hooks.Remove(ctx, "shop", all.ID); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"webhook/" + all.ID, "webhook/" + other.ID, "pigeon"} {
		if of(name) != nil {
			t.Errorf("there is a channel %s", name)
		}
	}
	if found, err := c.Channel(context.WithoutCancel(ctx), &jobs.Note{Job: "batch_gone", Channel: "job/webhook"}); found != nil || err != nil {
		t.Errorf("of a job that is gone: %v %v", found, err)
	}
}
