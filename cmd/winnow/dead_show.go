package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/letter"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
)

type deadShowCmd struct {
	letterFlags
	All   bool `help:"Of a topic: also the records that were replayed already."`
	Limit int  `default:"20" placeholder:"N" help:"Show at most N records; 0 shows all."`
	JSON  bool `help:"Print the records as they are kept, as JSON lines."`
}

// Help is the command's manual below its flags.
func (deadShowCmd) Help() string {
	return `Examples:

  winnow dead show labelled.jsonl
  winnow dead show labelled.jsonl --code record.json --limit 0 --json
  winnow dead show tickets.yaml --limit 5
  winnow dead show --brokers localhost:9092 --topic tickets.dead`
}

// errEnough ends the reading of rejected records.
var errEnough = errors.New("enough")

// Run shows.
func (c *deadShowCmd) Run(ctx context.Context, m *Main) error {
	shown := 0
	err := c.each(ctx, m, c.All, func(_ string, l *letter.Letter) error {
		if shown++; c.Limit > 0 && shown > c.Limit {
			return errEnough
		}
		if c.JSON {
			_, err := fmt.Fprintf(term.Data(m.Stdout), "%s\n", l.Raw)
			return err
		}
		original, kept := l.Original()
		return term.WriteRejected(m.Stdout, &term.Rejected{
			Place: l.Place(), Code: l.Code, Message: l.Message, Fix: l.Fix, Record: original, Kept: kept, Facts: facts(l),
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

// facts are what a message has beside its value, for people.
func facts(l *letter.Letter) []string {
	var all []string
	add := func(name, text, base string) {
		switch {
		case text != "":
			all = append(all, name+" "+text)
		case base != "":
			all = append(all, name+" base64:"+base)
		}
	}
	add("key", l.Key, l.KeyBase64)
	if !l.Time.IsZero() {
		all = append(all, "at "+l.Time.Format("2006-01-02T15:04:05.000Z07:00"))
	}
	if l.Attempts > 1 {
		all = append(all, fmt.Sprintf("rejected %d times", l.Attempts))
	}
	if l.Size > 0 {
		all = append(all, term.Bytes(l.Size)+", kept at its source only")
	}
	for _, h := range l.Headers {
		add("header "+h.Key, h.Value, h.ValueBase64)
	}
	return all
}
