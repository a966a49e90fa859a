package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/account"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// keysCmd looks after the keys of a server, in its database. A server that runs sees every change at once.
type keysCmd struct {
	Create keysCreateCmd `cmd:"" help:"Make a key, and print it: this once."`
	List   keysListCmd   `cmd:"" help:"List the keys."`
	Revoke keysRevokeCmd `cmd:"" help:"Make a key useless."`
	Email  keysEmailCmd  `cmd:"" help:"See or set where e-mails about an account's jobs go."`
}

// keys opens the keys of the server that the flags describe.
func (f *serveFlags) keys(ctx context.Context, use func(*account.Store) error) error {
	s, err := f.settings()
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	keys, err := account.New(ctx, db)
	if err != nil {
		return err
	}
	return use(keys)
}

type keysCreateCmd struct {
	serveFlags
	Account string        `default:"local" help:"Whose key it is: jobs and classifiers of one account are nobody else's."`
	Scope   string        `default:"write" help:"What it allows: read (classify and look), write (jobs, too) or admin."`
	Expires unit.Duration `placeholder:"90d" help:"How long it is valid. Default: until it is revoked."`
	JSON    bool          `help:"Print it as JSON."`
}

// Help is the command's manual below its flags.
func (keysCreateCmd) Help() string {
	return `Examples:

  winnow keys create
  winnow keys create --account shop --scope read --expires 90d

The key goes to standard output. From the first key on, the server answers no request
without one.`
}

// Run makes a key.
func (c *keysCreateCmd) Run(ctx context.Context, m *Main) error {
	scope, err := api.ParseScope(c.Scope)
	if err != nil {
		return err
	}
	return c.keys(ctx, func(s *account.Store) error {
		key, k, err := s.Create(ctx, c.Account, scope, c.Expires.Std())
		if err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(m.Stdout).Encode(struct {
				api.Key
				Secret string `json:"key"`
			}{k, key})
		}
		if !m.quiet {
			fmt.Fprintf(m.Stderr, "winnow: key %s of %s may %s; it is shown this once\n", k.ID, k.Account, k.Scope)
		}
		_, err = fmt.Fprintln(m.Stdout, key)
		return err
	})
}

type keysListCmd struct {
	serveFlags
	JSON bool `help:"Print one JSON object for each key."`
}

// Run lists the keys.
func (c *keysListCmd) Run(ctx context.Context, m *Main) error {
	return c.keys(ctx, func(s *account.Store) error {
		keys, err := s.List(ctx, account.Everybody)
		if err != nil {
			return err
		}
		if c.JSON {
			e := json.NewEncoder(m.Stdout)
			for _, k := range keys {
				if err := e.Encode(k); err != nil {
					return err
				}
			}
			return nil
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tACCOUNT\tSCOPE\tCREATED\tUSED\tSTATE")
		for _, k := range keys {
			used := "never"
			if !k.Used.IsZero() {
				used = k.Used.Format(time.DateOnly)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Account, k.Scope, k.Created.Format(time.DateOnly), used, keyState(&k))
		}
		return w.Flush()
	})
}

// keyState says whether a key can be used, and until when.
func keyState(k *api.Key) string {
	switch {
	case !k.Revoked.IsZero():
		return "revoked " + k.Revoked.Format(time.DateOnly)
	case k.Expires.IsZero():
		return "valid"
	case k.Usable(time.Now()):
		return "valid until " + k.Expires.Format(time.DateOnly)
	default:
		return "expired " + k.Expires.Format(time.DateOnly)
	}
}

type keysRevokeCmd struct {
	serveFlags
	ID string `arg:"" help:"The key's id, as winnow keys list shows it."`
}

// Run revokes a key.
func (c *keysRevokeCmd) Run(ctx context.Context, m *Main) error {
	return c.keys(ctx, func(s *account.Store) error {
		if err := s.Revoke(ctx, account.Everybody, c.ID); err != nil {
			return err
		}
		if m.quiet {
			return nil
		}
		_, err := fmt.Fprintf(m.Stderr, "winnow: key %s is revoked\n", c.ID)
		return err
	})
}
