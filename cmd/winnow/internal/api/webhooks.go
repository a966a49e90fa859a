package api

import (
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/webhook"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// Webhooks keeps the addresses that accounts have the ends of their jobs posted to. It is safe for concurrent use;
// webhook.Store is one.
type Webhooks interface {
	Add(ctx context.Context, w *webhook.Webhook) error
	List(ctx context.Context, account string) ([]*webhook.Webhook, error)
	Remove(ctx context.Context, account, id string) error
	Deliveries(ctx context.Context, account, id string, limit int) ([]webhook.Delivery, error)
}

// webhookBody is what POST /v1/webhooks takes.
var webhookBody = &body{keys: []string{"url", "events"}}

// jobEvents are those that webhooks can ask for.
var jobEvents = []string{job.Completed.Event(), job.Failed.Event(), job.Cancelled.Event(), job.Expired.Event()}

// shownWebhook is a webhook. The secret is there once, in the answer to its creation.
type shownWebhook struct {
	ID        string   `json:"id"`
	URL       string   `json:"url"`
	Events    []string `json:"events" jsonschema:"description=That it is told of"`
	CreatedAt string   `json:"created_at"`
	Secret    string   `json:"secret,omitempty" jsonschema:"description=Verifies what is posted\\, as Standard Webhooks has it; shown once"`
}

type deletedWebhook struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

// shownDelivery is what became of something that was posted.
type shownDelivery struct {
	ID      string  `json:"id" jsonschema:"description=The header webhook-id of each try"`
	JobID   string  `json:"job_id"`
	Event   string  `json:"event"`
	Tries   int     `json:"tries"`
	TriedAt string  `json:"tried_at" jsonschema:"description=The last time"`
	Error   *string `json:"error" jsonschema:"description=Of the last try; null: it was taken"`
}

func shownHook(w *webhook.Webhook) shownWebhook {
	events := w.Events
	if len(events) == 0 {
		events = jobEvents
	}
	return shownWebhook{ID: w.ID, URL: w.URL, Events: events, CreatedAt: w.Created.Format(time.RFC3339)}
}

// createWebhook answers POST /v1/webhooks.
func (c *call) createWebhook() error {
	data := buffer()
	defer recycle(data)
	if err := c.read(data, min(maxJSON, c.server.cfg.Limits.Body.Bytes())); err != nil {
		return err
	}
	again := func(int, string) error {
		return fault.New(fault.IdemSecret, "the webhook was made, and its secret is not shown again")
	}
	return c.once(sha256.Sum256(data.Bytes()), func() (string, error) { return c.makeWebhook(data.Bytes()) }, again)
}

// makeWebhook makes a webhook of a request's body, and answers with it.
func (c *call) makeWebhook(data []byte) (id string, err error) {
	w := &webhook.Webhook{Account: c.who.Account, Secret: notify.NewSecret()}
	err = object(data, func(key string, value []byte) (err error) {
		switch {
		case !slices.Contains(webhookBody.keys, key):
			return unknownKey(key, webhookBody.keys)
		case string(value) == "null":
		case key == "url":
			w.URL, err = textOf(key, value)
		default:
			w.Events, err = eventsOf(value)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if err := notify.CheckURL(w.URL, c.server.cfg.Notify.Private); err != nil {
		return "", within("url", err)
	}
	if err := c.server.cfg.Webhooks.Add(c.r.Context(), w); err != nil {
		return "", err
	}
	shown := shownHook(w)
	shown.Secret = w.Secret
	return w.ID, c.marshal(http.StatusCreated, shown)
}

// eventsOf reads what a webhook is to be told of.
func eventsOf(value []byte) ([]string, error) {
	events, err := textsOf("events", value, maxEvents, fault.WebhookEvents)
	if err != nil {
		return nil, err
	}
	for i, e := range events {
		if !slices.Contains(jobEvents, e) {
			return nil, fault.New(fault.WebhookEvents, "events[%d] is no event", i).At(fault.Where{Path: "events[" + strconv.Itoa(i) + "]"})
		}
	}
	slices.Sort(events)
	return slices.Compact(events), nil
}

// listWebhooks answers GET /v1/webhooks.
func (c *call) listWebhooks() error {
	all, err := c.server.cfg.Webhooks.List(c.r.Context(), c.who.Account)
	if err != nil {
		return err
	}
	list := make([]shownWebhook, len(all))
	for i, w := range all {
		list[i] = shownHook(w)
	}
	return c.marshal(http.StatusOK, list)
}

// listDeliveries answers GET /v1/webhooks/{id}/deliveries: what was posted there, the last first.
func (c *call) listDeliveries() error {
	all, err := c.server.cfg.Webhooks.Deliveries(c.r.Context(), c.who.Account, c.r.PathValue("id"), maxPage)
	if err != nil {
		return err
	}
	list := make([]shownDelivery, len(all))
	for i, d := range all {
		list[i] = shownDelivery{ID: d.Note, JobID: d.Job, Event: d.Event, Tries: d.Tries, TriedAt: d.Tried.Format(time.RFC3339)}
		if d.Error != "" {
			list[i].Error = &all[i].Error
		}
	}
	return c.marshal(http.StatusOK, list)
}

// deleteWebhook answers DELETE /v1/webhooks/{id}.
func (c *call) deleteWebhook() error {
	id := c.r.PathValue("id")
	if err := c.server.cfg.Webhooks.Remove(c.r.Context(), c.who.Account, id); err != nil {
		return err
	}
	return c.marshal(http.StatusOK, deletedWebhook{ID: id, Deleted: true})
}

// webhookRoutes are those of webhooks.
func webhookRoutes() []route {
	return []route{
		{
			method: http.MethodPost, path: "/v1/webhooks", scope: ScopeWrite, handle: (*call).createWebhook,
			summary: "Have the ends of the account's jobs posted to an address; the secret is shown this once", request: webhookBody, with: []parameter{idempotency},
			answer: shownWebhook{}, status: http.StatusCreated, problems: []int{409, 413, 415, 422},
		},
		{
			method: http.MethodGet, path: "/v1/webhooks", scope: ScopeRead, handle: (*call).listWebhooks,
			summary: "List the account's webhooks", answer: []shownWebhook{}, status: http.StatusOK,
		},
		{
			method: http.MethodDelete, path: "/v1/webhooks/{id}", scope: ScopeWrite, handle: (*call).deleteWebhook,
			summary: "Delete a webhook; what waits for it is not posted any more", answer: deletedWebhook{}, status: http.StatusOK, problems: []int{404},
		},
		{
			method: http.MethodGet, path: "/v1/webhooks/{id}/deliveries", scope: ScopeRead, handle: (*call).listDeliveries,
			summary: "See what was posted to a webhook, or tried, the last 100 of 30 days", answer: []shownDelivery{}, status: http.StatusOK, problems: []int{404},
		},
	}
}
