package main

import (
	"context"
	"maps"
	"slices"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	jobs "github.com/winnow-stream/winnow/pipeline/job"
)

// newSender makes what tells of jobs that have ended, and the names of its channels.
func newSender(s *config.Server, store *jobs.Store, log zerolog.Logger) (*notify.Sender, []string, error) {
	channels := make(map[string]notify.Channel)
	if c := s.Notify.Webhook; c != nil {
		secret, err := c.Secret.Reveal()
		if err != nil {
			return nil, nil, err
		}
		w, err := notify.NewWebhook(notify.WebhookConfig{URL: c.URL, Secret: secret, Private: c.Private})
		if err != nil {
			return nil, nil, err
		}
		channels[notify.WebhookChannel] = w
	}
	if c := s.Notify.Email; c != nil {
		password, err := c.Password.Reveal()
		if err != nil {
			return nil, nil, err
		}
		base := s.PublicURL
		if base == "" {
			base = "http://" + s.Listen
		}
		e, err := notify.NewEmail(notify.EmailConfig{
			Server: c.Server, User: c.User, Password: password, From: c.From, To: c.To, TLS: c.TLS, Base: base,
			About: func(ctx context.Context, id string) (notify.About, error) {
				j, err := store.Find(ctx, id)
				if err != nil || j == nil { // it was deleted just now
					return notify.About{}, err
				}
				return api.Told(j)
			},
		})
		if err != nil {
			return nil, nil, err
		}
		channels[notify.EmailChannel] = e
	}
	return &notify.Sender{Outbox: store, Channels: channels, Log: log}, slices.Sorted(maps.Keys(channels)), nil
}
