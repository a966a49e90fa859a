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

// tell reads who is told of a job's end beside whom its account and the settings name. The values are JSON, nil where there
// is none.
func (c *call) tell(config *JobConfig, email, webhook []byte) (err error) {
	if email != nil {
		address, err := textOf("notify_email", email)
		if err != nil {
			return err
		}
		if config.Notify, err = c.addressee(address); err != nil {
			return err
		}
	}
	if webhook == nil {
		return nil
	}
	address, err := textOf("webhook_url", webhook)
	if err != nil {
		return err
	}
	config.Hook, err = c.hook(address)
	return err
}

// addressee is who is to get an e-mail about a job.
func (c *call) addressee(address string) (string, error) {
	none := func(why string) (string, error) {
		return "", fault.New(fault.NotifyEmail, "%s", why).At(fault.Where{Path: "notify_email"})
	}
	email := c.server.cfg.Notify.Email
	if email == nil {
		return none("the server sends no e-mail")
	}
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
		return none("notify_email is no address")
	}
	if !email.Allows(address) {
		return none("the server sends no e-mail to this domain")
	}
	return address, nil
}

// hook is where a job's end is posted to.
func (c *call) hook(address string) (*Hook, error) {
	if err := notify.CheckURL(address, c.server.cfg.Notify.Private); err != nil {
		return nil, within("webhook_url", err)
	}
	return &Hook{URL: address, Secret: notify.NewSecret()}, nil
}

// secret verifies what is posted to the hook; empty: there is none. It is shown once.
func (h *Hook) secret() string {
	if h == nil {
		return ""
	}
	return h.Secret
}
