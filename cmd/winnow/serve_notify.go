package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/webhook"
	"github.com/winnow-stream/winnow/pipeline/fault"
	jobs "github.com/winnow-stream/winnow/pipeline/job"
)

// Names of channels in the outbox, beside those of the server's own. One that is no webhook of an account's is found by the
// note's job.
const (
	hookChannel     = "webhook/" // and the id of an account's webhook
	jobHookChannel  = "job/webhook"
	jobEmailChannel = "job/email"
)

// channels finds who is told of jobs that have ended: whom the server's settings name, the webhooks of the job's account,
// and whom the job itself names.
type channels struct {
	own     map[string]notify.Channel // of the settings
	mail    *notify.Email             // nil: the server sends none
	private bool                      // webhooks of accounts and jobs may have private addresses
	hooks   *webhook.Store
	jobs    *jobs.Store
	log     zerolog.Logger
}

var _ notify.Channels = (*channels)(nil)

// newChannels makes those of the settings.
func newChannels(s *config.Server, store *jobs.Store, hooks *webhook.Store, log zerolog.Logger) (*channels, error) {
	made := &channels{own: make(map[string]notify.Channel), private: s.Notify.Private, hooks: hooks, jobs: store, log: log}
	if c := s.Notify.Webhook; c != nil {
		secret, err := c.Secret.Reveal()
		if err != nil {
			return nil, err
		}
		w, err := notify.NewWebhook(notify.WebhookConfig{URL: c.URL, Secret: secret, Private: c.Private})
		if err != nil {
			return nil, err
		}
		made.own[notify.WebhookChannel] = w
	}
	if c := s.Notify.Email; c != nil {
		password, err := c.Password.Reveal()
		if err != nil {
			return nil, err
		}
		base := s.PublicURL
		if base == "" {
			base = "http://" + s.Listen
		}
		made.mail, err = notify.NewEmail(notify.EmailConfig{
			Server: c.Server, User: c.User, Password: password, From: c.From, To: c.To, TLS: c.TLS, CA: c.CA, Base: base,
		})
		if err != nil {
			return nil, err
		}
		if c.To != "" {
			made.own[notify.EmailChannel] = made.mail
		}
	}
	return made, nil
}

// of are the channels by which the end of a job is told.
func (c *channels) of(ctx context.Context, j *jobs.Job) ([]string, error) {
	names := slices.Sorted(maps.Keys(c.own))
	hooks, err := c.hooks.List(ctx, j.Account)
	if err != nil {
		return nil, err
	}
	for _, w := range hooks {
		if w.Wants(j.State.Event()) {
			names = append(names, hookChannel+w.ID)
		}
	}
	told, err := toldBy(j)
	if err != nil {
		return nil, err
	}
	if told.Webhook != "" {
		names = append(names, jobHookChannel)
	}
	if told.Email != "" && c.mail != nil {
		names = append(names, jobEmailChannel)
	}
	return names, nil
}

// toldBy is whom a job names.
func toldBy(j *jobs.Job) (api.Told, error) {
	var config api.JobConfig
	if err := json.Unmarshal(j.Config, &config); err != nil {
		return api.Told{}, fmt.Errorf("read a job's configuration: %w", err)
	}
	if config.Told == nil {
		return api.Told{}, nil
	}
	return *config.Told, nil
}

// Channel is the channel of a note; nil: there is none any more.
func (c *channels) Channel(ctx context.Context, n *jobs.Note) (notify.Channel, error) {
	if own, ok := c.own[n.Channel]; ok {
		return own, nil
	}
	j, err := c.jobs.Find(ctx, n.Job)
	if j == nil || err != nil {
		return nil, err
	}
	if id, ok := strings.CutPrefix(n.Channel, hookChannel); ok {
		return c.hook(ctx, j.Account, id)
	}
	told, err := toldBy(j)
	switch {
	case err != nil:
		return nil, err
	case n.Channel == jobHookChannel:
		return notify.NewWebhook(notify.WebhookConfig{URL: told.Webhook, Secret: told.Secret, Private: c.private})
	case n.Channel == jobEmailChannel && c.mail != nil:
		return c.mail.For(told.Email), nil
	default:
		return nil, nil
	}
}

// hook is the channel of an account's webhook.
func (c *channels) hook(ctx context.Context, account, id string) (notify.Channel, error) {
	w, err := c.hooks.Get(ctx, account, id)
	if fault.Is(err, fault.WebhookUnknown) { // it was deleted
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	posts, err := notify.NewWebhook(notify.WebhookConfig{URL: w.URL, Secret: w.Secret, Private: c.private})
	return &recorded{posts, c.hooks, id, c.log}, err
}

// recorded is a webhook whose log says what became of each try.
type recorded struct {
	notify.Channel
	hooks *webhook.Store
	id    string
	log   zerolog.Logger
}

// Tell tells a note.
func (r *recorded) Tell(ctx context.Context, n *jobs.Note) error {
	err := r.Channel.Tell(ctx, n)
	if wrong := r.hooks.Record(context.WithoutCancel(ctx), r.id, n.ID, n.Job, n.Event, notify.Reason(err)); wrong != nil {
		r.log.Error().Err(wrong).Str("webhook", r.id).Msg("record a delivery") // which was made, or not, in any case
	}
	return err
}
