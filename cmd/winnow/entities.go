package main

import (
	"context"
	"fmt"
	"io"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// entityFlags choose what is found.
type entityFlags struct {
	Types         []string  `group:"entities" placeholder:"A,B" help:"The types to find: email, url, phone, iban, card, ip, uuid, date, time, money, percent, hashtag, handle, and those of lists and classifier. Default: all."`
	Classifier    string    `group:"entities" placeholder:"NAME" help:"Find what a saved tagger was shown as well: NAME, NAME@vN or NAME@ALIAS, as winnow train --task entities saved it."`
	List          []string  `group:"entities" placeholder:"FILE" help:"Terms to find as well: text with a term a line, CSV with the columns term, type and id, or JSONL. May be repeated."`
	MinConfidence *float64  `group:"entities" placeholder:"0.5" help:"Leave out what is less sure than this. Default: 0.5, and of what the classifier finds what it was tuned to."`
	Redact        bool      `group:"entities" help:"Write [EMAIL] and the like in place of what is found in the text's fields."`
	RedactKey     redactKey `group:"entities" placeholder:"file:PATH" help:"With --redact, write [EMAIL:9f86d081884c7d65], a hash by this key that is the same wherever an entity comes again. file:PATH or env:NAME says where the key is."`
}

type entitiesCmd struct {
	Input []string `arg:"" optional:"" help:"Files, folders or patterns, as for classify. Default, and -: standard input."`

	entityFlags
	passFlags `set:"results=entities"`
}

// Help is the command's manual below its flags.
func (entitiesCmd) Help() string {
	return `Examples:

  winnow entities mails.jsonl
  winnow entities 'tickets/*.csv' --text body --types email,card -o found.jsonl
  winnow entities notes.txt --list products.csv --types product,date
  winnow entities posts.jsonl --classifier people --types person,place
  winnow entities chat.jsonl --types email,phone,card --redact -o clean.jsonl
  winnow entities chat.jsonl --redact --redact-key env:REDACT_KEY -o clean.jsonl

Each record gets a field entities: type, text, start and end (code points) and
confidence of each. With --redact the fields that the text comes from hold marks
in their place. On a terminal, without --output and --format, you see the texts
with what was found in them.`
}

// Run finds entities in the inputs.
func (c *entitiesCmd) Run(ctx context.Context, m *Main) error {
	if !c.Redact && !c.RedactKey.IsZero() {
		return fault.New(fault.Usage, "--redact-key says how --redact hides things, which is not given").WithFix("add --redact")
	}
	in := &wire.Simple{Extract: c.extract(), Redact: c.Redact, RedactKey: c.RedactKey.Secret}
	return c.pass(ctx, m, c.Input, in, func() func(wire.Outcome) { return shown(m.Stdout, term.StyleOf(m.Stdout, m.color)) })
}

func (c *entitiesCmd) extract() *spec.Extract {
	x := &spec.Extract{Types: c.Types, Classifier: c.Classifier, MinConfidence: c.MinConfidence, Prefix: c.Prefix}
	for _, path := range c.List {
		x.Lists = append(x.Lists, spec.TermList{Path: path})
	}
	return x
}

// shown prints the records in which something was found, as they come.
func shown(w io.Writer, s term.Style) func(wire.Outcome) {
	return func(o wire.Outcome) {
		switch {
		case o.To == wire.DeadLetters:
			_ = term.Say(w, "%v: %v", o.Record["file"], o.Record["message"])
		case len(o.Entities) > 0:
			fmt.Fprintf(w, "%s\n", term.Entities(fmt.Sprintf("%s:%d", o.Split, o.Offset+1), o.Text, o.Entities, s))
		}
	}
}
