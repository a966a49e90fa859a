package main

import (
	"errors"
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/letter"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
)

type deadShowCmd struct {
	letterFlags
	Limit int  `default:"20" placeholder:"N" help:"Show at most N records; 0 shows all."`
	JSON  bool `help:"Print the records as they are kept, as JSON lines."`
}

// Help is the command's manual below its flags.
func (deadShowCmd) Help() string {
	return `Examples:

  winnow dead show labelled.jsonl
  winnow dead show labelled.jsonl --code record.json --limit 0 --json`
}

// errEnough ends the reading of rejected records.
var errEnough = errors.New("enough")

// Run shows.
func (c *deadShowCmd) Run(m *Main) error {
	shown := 0
	err := c.each(func(_ string, l *letter.Letter) error {
		if shown++; c.Limit > 0 && shown > c.Limit {
			return errEnough
		}
		if c.JSON {
			_, err := fmt.Fprintf(m.Stdout, "%s\n", l.Raw)
			return err
		}
		original, kept := l.Original()
		return term.WriteRejected(m.Stdout, &term.Rejected{
			Place: l.Place(), Code: l.Code, Message: l.Message, Fix: l.Fix, Record: original, Kept: kept,
		}, m.style())
	})
	if errors.Is(err, errEnough) {
		if !c.JSON {
			_, err = fmt.Fprintln(m.Stdout, "… and more (--limit 0 shows all)")
			return err
		}
		return nil
	}
	if err == nil && shown == 0 && !c.JSON {
		err = m.noRejects()
	}
	return err
}
