package main

import (
	"context"
	_ "embed"
	"log"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// fenced begins commit.lua's error where a split is not as its owner left it.
const fenced = "FENCED"

var (
	//go:embed resume.lua
	resumeScript string
	//go:embed commit.lua
	commitScript string
)

// offsets are how far a sink has each split, in a hash beside the stream.
type offsets struct {
	key   string
	owned map[string]owned // by split
}

// owned is a split that was taken over, as it was left.
type owned struct {
	generation, next int64
	lost             bool // there was more of it once
}

// newOffsets are those of a scope. In a cluster they lie in the stream's slot.
func newOffsets(stream, scope string) *offsets {
	tagged := "{" + stream + "}"
	if _, rest, ok := strings.Cut(stream, "{"); ok && strings.Index(rest, "}") > 0 { // it says itself what counts for its slot
		tagged = stream
	}
	return &offsets{key: tagged + ":winnow:" + scope, owned: make(map[string]owned)}
}

// resume takes a split over, and returns the offset after what is committed of it; -1 where nothing is. A Redis that has lost what this
// process committed, by a crash or because a replica took its place, is to get that again.
func (o *offsets) resume(ctx context.Context, client redis.UniversalClient, split string) (int64, error) {
	answer, err := client.Eval(ctx, resumeScript, []string{o.key}, split).Slice()
	if err != nil {
		return 0, err
	}
	var of owned // the script gives a text and an integer
	if of.next, err = strconv.ParseInt(answer[0].(string), 10, 64); err != nil {
		return 0, err
	}
	of.generation = answer[1].(int64)
	before, known := o.owned[split]
	of.lost = known && (before.lost || before.next > of.next)
	o.owned[split] = of
	if !of.lost {
		return of.next, nil
	}
	log.Printf("Redis has lost what was committed of %s from the offset %d on", split, max(of.next, 0))
	return max(of.next, 0), nil
}

// moves are the arguments of commit.lua that move splits to the ends of spans. What was lost has to come again first.
func (o *offsets) moves(spans []*pipeline.Span) ([]any, error) {
	ends := make(map[string]int64)
	for _, s := range spans {
		if of, end := o.owned[s.Split.ID], ends[s.Split.ID]; of.lost && s.First > max(of.next, end) {
			return nil, fault.New(fault.PluginFailed, "Redis has lost what was committed of %s from the offset %d to %d, and it does not come again",
				s.Split.ID, max(of.next, 0), s.First)
		}
		ends[s.Split.ID] = max(ends[s.Split.ID], s.Next)
	}
	args := []any{len(ends)}
	for split, next := range ends {
		of := o.owned[split]
		args = append(args, split, of.generation, of.next, next)
	}
	return args, nil
}

// moved notes that they are there.
func (o *offsets) moved(spans []*pipeline.Span) {
	for _, s := range spans {
		of := o.owned[s.Split.ID]
		of.next, of.lost = max(of.next, s.Next), false
		o.owned[s.Split.ID] = of
	}
}
