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

// owned is a split that was taken over.
type owned struct {
	generation int64
	next       int64 // where it is once everything that was sent is done; -1: nothing is
	sure       int64 // where Redis said it is
	lost       bool  // Redis had said more before
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
	of.sure, of.lost = of.next, known && (before.lost || before.sure > of.next)
	o.owned[split] = of
	if !of.lost {
		return of.next, nil
	}
	log.Printf("Redis has lost what was committed of %s from the offset %d on", split, max(of.next, 0))
	return max(of.next, 0), nil
}

// whole sees to it that what was lost comes again, before anything that follows it.
func (o *offsets) whole(spans []*pipeline.Span) error {
	ends := make(map[string]int64)
	for _, s := range spans {
		of, id := o.owned[s.Split.ID], s.Split.ID
		if at := max(of.next, ends[id], 0); of.lost && s.First > at {
			return fault.New(fault.PluginFailed, "Redis has lost what was committed of %s from the offset %d to %d, and it does not come again", id, at, s.First)
		}
		ends[id] = max(ends[id], s.Next)
	}
	return nil
}

// move are the arguments of commit.lua that move splits to offsets. Where they do not get there, they have to be resumed.
func (o *offsets) move(ends map[string]int64) []any {
	args := []any{len(ends)}
	for split, next := range ends {
		of := o.owned[split]
		args = append(args, split, of.generation, of.next, next)
		of.next = next
		o.owned[split] = of
	}
	return args
}

// moved notes that they are there.
func (o *offsets) moved() {
	for split, of := range o.owned {
		of.sure, of.lost = of.next, false
		o.owned[split] = of
	}
}
