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
	Types         []string   `group:"entities" placeholder:"A,B" help:"The types to find: email, url, phone, iban, card, ip, uuid, date, time, money, percent, hashtag, handle, and those of lists and classifier. Default: all."`
	Classifier    string     `group:"entities" placeholder:"NAME" help:"Find what a saved tagger was shown as well: NAME, NAME@vN or NAME@ALIAS, as winnow train --task entities saved it."`
	List          []string   `group:"entities" placeholder:"FILE" help:"Terms to find as well: text with a term a line, CSV with the columns term, type and id, or JSONL. May be repeated."`
	MinConfidence *float64   `group:"entities" placeholder:"0.5" help:"Leave out what is less sure than this. Default: 0.5, and of what the classifier finds what it was tuned to."`
	Redact        bool       `group:"entities" help:"Write [EMAIL] and the like in place of what is found in the text's fields."`
	RedactKey     secretFlag `group:"entities" placeholder:"file:PATH" help:"With --redact, write [EMAIL:9f86d081884c7d65], a hash by this key that is the same wherever an entity comes again. file:PATH or env:NAME says where the key is."`
}

type entitiesCmd struct {
	Input []string `arg:"" optional:"" help:"Files, folders or patterns, as for classify. Default, and -: standard input."`

	entityFlags
	inputFlags
	Output  string   `short:"o" group:"output" placeholder:"PATH" help:"Where records go with their entities; the ending says the format. Default: standard output, as JSONL; on a terminal the texts with what was found in them."`
	Format  string   `group:"output" placeholder:"FORMAT" help:"The output's format, whatever its ending."`
	Prefix  string   `group:"output" placeholder:"TEXT" help:"Put before the name of the field entities."`
	Keep    []string `group:"output" placeholder:"COLUMNS" help:"Only these columns of the input, with the entities. Default: all."`
	Rejects string   `group:"output" placeholder:"PATH" help:"Where rejected records go. Default: OUTPUT.rejected.jsonl, or standard error."`
	runFlags
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
in their place.`
}

// Run finds entities in the inputs.
func (c *entitiesCmd) Run(ctx context.Context, m *Main) error {
	if len(c.Input) == 0 {
		if term.IsTerminal(m.Stdin) {
			return fault.New(fault.InputMissing, "no input is named, and standard input is the terminal").
				WithFix("name a file, or pipe records in; - reads what you type")
		}
		c.Input = []string{"-"}
	}
	if !c.Redact && !c.RedactKey.IsZero() {
		return fault.New(fault.Usage, "--redact-key says how --redact hides things, which is not given").WithFix("add --redact")
	}
	in := wire.Simple{
		Inputs: c.Input, Output: c.Output, Format: c.Format, Rejects: c.Rejects, Extract: c.extract(), Redact: c.Redact,
		RedactKey: c.RedactKey.Secret,
	}
	c.inputFlags.fill(&in)
	s, err := in.Spec()
	if err != nil {
		return err
	}
	o := c.options(m, c.Limit)
	o.State, o.Keep = in.StateFolder(c.State), c.Keep
	j := &job{
		name: s.Name, memory: s.Memory.Bytes(), flags: c.runFlags, outputs: wire.Outputs(s), rejected: wire.Rejected(s), stdout: wire.ToStdout(s),
		again: "run the same command again",
	}
	if c.Output == "" && c.Format == "" && term.IsTerminal(m.Stdout) {
		o.Capture = shown(m.Stdout, term.StyleOf(m.Stdout, m.color))
		j.outputs, j.rejected = nil, ""
	}
	if j.pipeline, err = wire.Build(s, o); err != nil {
		return wire.AsFlags(err)
	}
	_, err = m.execute(ctx, j)
	return err
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
