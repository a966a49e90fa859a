package main

import (
	"context"
	"strings"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/account"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/webhook"
	"github.com/winnow-stream/winnow/pipeline/fault"
	jobs "github.com/winnow-stream/winnow/pipeline/job"
)

// Names of channels in the outbox, beside the server's own webhook and its e-mail.
const (
	accountChannel = "webhook/" // and the id of an account's webhook
	jobChannel     = "job/webhook"
)

// channels finds who is told of jobs that have ended: by webhook whom the server's settings, the job's account and the job
// itself name, and by e-mail whom the job names, or else its account, or else the settings.
type channels struct {
	webhook *notify.Webhook // of the settings; nil: there is none
	email   *notify.Email   // nil: the server sends none
	to      string          // who gets the e-mail where neither job nor account names anybody; empty: nobody does
	private bool            // webhooks of accounts and jobs may have private addresses
	keys    *account.Store  // which have the addresses of accounts
	hooks   *webhook.Store
	jobs    *jobs.Store
	log     zerolog.Logger
}

var _ notify.Channels = (*channels)(nil)

// newChannels makes those of the settings.
func newChannels(s *config.Server, store *jobs.Store, keys *account.Store, hooks *webhook.Store, log zerolog.Logger) (*channels, error) {
	made := &channels{private: s.Notify.Private, keys: keys, hooks: hooks, jobs: store, log: log}
	if c := s.Notify.Webhook; c != nil {
		secret, err := c.Secret.Reveal()
		if err != nil {
			return nil, err
		}
		if made.webhook, err = notify.NewWebhook(notify.WebhookConfig{URL: c.URL, Secret: secret, Private: c.Private}); err != nil {
			return nil, err
		}
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
		made.to = c.To
		made.email, err = notify.NewEmail(notify.EmailConfig{
			Server: c.Server, User: c.User, Password: password, From: c.From, To: c.To, TLS: c.TLS, CA: c.CA, Base: base,
			About: func(ctx context.Context, id string) (notify.About, error) {
				j, err := store.Find(ctx, id)
				if err != nil || j == nil { // it was deleted just now
					return notify.About{}, err
				}
				return made.told(ctx, j)
			},
		})
		if err != nil {
			return nil, err
		}
	}
	return made, nil
}

// of are the channels by which the end of a job is told.
func (c *channels) of(ctx context.Context, j *jobs.Job) ([]string, error) {
	var names []string
	if c.webhook != nil {
		names = append(names, notify.WebhookChannel)
	}
	about, err := c.told(ctx, j)
	if err != nil {
		return nil, err
	}
	if c.email != nil && (about.To != "" || c.to != "") {
		names = append(names, notify.EmailChannel)
	}
	hooks, err := c.hooks.List(ctx, j.Account)
	if err != nil {
		return nil, err
	}
	for _, w := range hooks {
		if w.Wants(j.State.Event()) {
			names = append(names, accountChannel+w.ID)
		}
	}
	switch h, err := hookOf(j); {
	case err != nil:
		return nil, err
	case h != nil:
		names = append(names, jobChannel)
	}
	return names, nil
}

// told is what the e-mail about a job needs to know, with whom the job or its account names.
func (c *channels) told(ctx context.Context, j *jobs.Job) (notify.About, error) {
	about, err := api.Told(j)
	if err == nil && about.To == "" {
		about.To, err = c.keys.Email(ctx, j.Account)
	}
	return about, err
}

// hookOf is where a job's end is posted to; nil: it names nothing.
func hookOf(j *jobs.Job) (*api.Hook, error) {
	config, err := api.ConfigOf(j)
	if err != nil {
		return nil, err
	}
	return config.Hook, nil
}

// Channel is the channel of a note; nil: there is none any more.
func (c *channels) Channel(ctx context.Context, n *jobs.Note) (notify.Channel, error) {
	switch {
	case n.Channel == notify.WebhookChannel && c.webhook != nil:
		return c.webhook, nil
	case n.Channel == notify.EmailChannel && c.email != nil:
		return c.email, nil
	}
	j, err := c.jobs.Find(ctx, n.Job)
	if j == nil || err != nil {
		return nil, err
	}
	if id, ok := strings.CutPrefix(n.Channel, accountChannel); ok {
		return c.ofAccount(ctx, j.Account, id)
	}
	h, err := hookOf(j)
	if err != nil || h == nil || n.Channel != jobChannel {
		return nil, err
	}
	return notify.NewWebhook(notify.WebhookConfig{URL: h.URL, Secret: h.Secret, Private: c.private})
}

// ofAccount is the channel of an account's webhook; nil: it was deleted.
func (c *channels) ofAccount(ctx context.Context, account, id string) (notify.Channel, error) {
	w, err := c.hooks.Get(ctx, account, id)
	if fault.Is(err, fault.WebhookUnknown) {
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
