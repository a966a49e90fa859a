package main

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/letter"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
)

type deadListCmd struct {
	letterFlags
	All  bool `help:"Of a topic: also the records that were replayed already."`
	JSON bool `help:"Print one JSON object for each reason."`
}

// Help is the command's manual below its flags.
func (deadListCmd) Help() string {
	return `Examples:

  winnow dead list labelled.jsonl
  winnow dead list out/ --json
  winnow dead list tickets.yaml
  winnow dead list --brokers localhost:9092 --topic tickets.dead

Of a spec's topic it counts the records that wait: those that were not replayed
yet.`
}

// reason is how often records of a file were rejected for what.
type reason struct {
	File    string `json:"file"`
	Code    string `json:"code"`
	Count   int64  `json:"count"`
	Example string `json:"example"` // the first one's message
	Place   string `json:"place"`
}

// Run counts.
func (c *deadListCmd) Run(ctx context.Context, m *Main) error {
	var all []*reason
	index := make(map[[2]string]*reason)
	err := c.each(ctx, m, c.All, func(file string, l *letter.Letter) error {
		key := [2]string{file, l.Code}
		r := index[key]
		if r == nil {
			r = &reason{File: file, Code: l.Code, Example: l.Message, Place: l.Place()}
			index[key] = r
			all = append(all, r)
		}
		r.Count++
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b *reason) int { return cmp.Or(cmp.Compare(a.File, b.File), -cmp.Compare(a.Count, b.Count)) })
	if c.JSON {
		for _, r := range all {
			if err := json.NewEncoder(m.Stdout).Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		return m.noRejects()
	}
	t := term.Table{Head: []string{"reason", "records", "first at", "because"}, Align: []term.Align{term.Left, term.Right}, Flex: 3}
	for _, r := range all {
		t.Row(r.Code, term.Count(r.Count), r.Place, r.Example)
	}
	return t.Write(m.Stdout, m.style())
}
