package main

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/account"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type keysEmailCmd struct {
	serveFlags
	Account string `arg:"" help:"Whose jobs are told of."`
	Address string `arg:"" optional:"" help:"Where to. Without it, what is set is printed."`
	Remove  bool   `help:"Let e-mails go where the server's settings say."`
}

// Help is the command's manual below its flags.
func (keysEmailCmd) Help() string {
	return `Examples:

  winnow keys email shop jobs@shop.example.com
  winnow keys email shop
  winnow keys email shop --remove

A job that names nobody (notify_email) is told of there when it has ended, on a server
whose settings name one that sends e-mail (notify.email).`
}

// Run sets, removes or prints the address.
func (c *keysEmailCmd) Run(ctx context.Context, m *Main) error {
	if c.Remove && c.Address != "" {
		return fault.New(fault.Usage, "an address is given, and --remove").WithFix("leave one of them out")
	}
	settings, err := c.settings()
	if err != nil {
		return err
	}
	return c.keys(ctx, func(s *account.Store) error {
		if c.Address == "" && !c.Remove {
			address, err := s.Email(ctx, c.Account)
			if err == nil && address != "" {
				_, err = fmt.Fprintln(m.Stdout, address)
			}
			return err
		}
		if err := s.SetEmail(ctx, c.Account, c.Address); err != nil || m.quiet {
			return err
		}
		said := "winnow: e-mails about jobs of " + c.Account + " go to " + c.Address
		switch {
		case c.Remove:
			said = "winnow: e-mails about jobs of " + c.Account + " go where the settings say"
		case settings.Notify.Email == nil:
			said += ", once the settings have notify.email: without it none are sent"
		}
		_, err := fmt.Fprintln(m.Stderr, said)
		return err
	})
}
