package api

import (
	"net/mail"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Hook is an address of a job's own that its end is posted to, beside those of its account and of the server.
type Hook struct {
	URL    string `json:"url"`
	Secret string `json:"secret"` // that signs what is posted
}

// addressee reads who is to get an e-mail about a job; empty: whom the settings name. value is JSON, nil where there is none.
func (c *call) addressee(value []byte) (string, error) {
	if value == nil {
		return "", nil
	}
	address, err := textOf("notify_email", value)
	if err != nil {
		return "", err
	}
	if c.server.cfg.Notify.Email == nil {
		return "", fault.New(fault.NotifyEmail, "the server sends no e-mail").At(fault.Where{Path: "notify_email"})
	}
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
		return "", fault.New(fault.NotifyEmail, "notify_email is no address").At(fault.Where{Path: "notify_email"})
	}
	return address, nil
}

// hook reads where a job's end is posted to; nil: nowhere. value is JSON, nil where there is none.
func (c *call) hook(value []byte) (*Hook, error) {
	if value == nil {
		return nil, nil
	}
	address, err := textOf("webhook_url", value)
	if err != nil {
		return nil, err
	}
	if err := notify.CheckURL(address, c.server.cfg.Notify.Private); err != nil {
		return nil, within("webhook_url", err)
	}
	return &Hook{URL: address, Secret: notify.NewSecret()}, nil
}
