package api

import (
	"net/mail"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Told is who a job itself names to be told of its end, beside the webhooks of its account and whom the server tells.
type Told struct {
	Email   string `json:"email,omitempty"`
	Webhook string `json:"webhook,omitempty"`
	Secret  string `json:"secret,omitempty"` // that signs what is posted there
}

// told reads whom a job is to tell; nil: nobody. email and webhook are JSON, nil where there is none.
func (c *call) told(email, webhook []byte) (*Told, error) {
	if email == nil && webhook == nil {
		return nil, nil
	}
	t := new(Told)
	var err error
	if email != nil {
		if t.Email, err = textOf("notify_email", email); err != nil {
			return nil, err
		}
		if !c.server.cfg.Mail {
			return nil, fault.New(fault.NotifyEmail, "the server sends no e-mail").At(fault.Where{Path: "notify_email"})
		}
		if a, err := mail.ParseAddress(t.Email); err != nil || a.Address != t.Email {
			return nil, fault.New(fault.NotifyEmail, "notify_email is no address").At(fault.Where{Path: "notify_email"})
		}
	}
	if webhook != nil {
		if t.Webhook, err = textOf("webhook_url", webhook); err != nil {
			return nil, err
		}
		if err := notify.CheckURL(t.Webhook, c.server.cfg.Notify.Private); err != nil {
			return nil, within("webhook_url", err)
		}
		t.Secret = notify.NewSecret()
	}
	return t, nil
}
