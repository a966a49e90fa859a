package main

import (
	"context"
	"fmt"
	"log"
	"maps"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// gauge sees to it that no entry of a stream goes missing without a word. Redis counts how many were ever added. Wherever it shows how
// many are ahead of the reader, the others have to be as many as were read: what lacks was trimmed or deleted before.
type gauge struct {
	source *source
	split  *pipeline.Split
	from   int64
	begun  bool
	fresh  bool  // nothing was read yet, and nothing missed
	seen   int64 // how many entries were added up to where the reader is; -1: not known yet
	unread int64 // how many are ahead at least, as far as was seen
	absent bool  // there is no stream, and that was told
	older  bool  // the stream has not come to where it was read up to
}

func newGauge(s *source, split *pipeline.Split, from int64) gauge {
	return gauge{source: s, split: split, from: from, fresh: from == split.Start, seen: -1}
}

// begin finds out how many entries were added up to where reading begins: this process may know it, or the consumer group.
func (g *gauge) begin(ctx context.Context) error {
	if g.begun || g.fresh {
		return nil
	}
	if seen, ok := g.source.counts.at(g.split.ID, g.from); ok {
		g.seen = seen
	} else if name := g.source.cfg.Group; name != "" {
		groups, err := g.source.client.XInfoGroups(ctx, g.split.ID).Result()
		if err != nil && !missing(err) {
			return coded(err)
		}
		for _, of := range groups {
			at, err := offsetOf(of.LastDeliveredID)
			if err == nil && of.Name == name && at+1 == g.from && of.EntriesRead > 0 {
				g.seen = of.EntriesRead
			}
		}
	}
	g.begun = true
	return nil
}

// look compares what Redis says of a stream with what was read up to the offset at, from which on it gave some entries, and at most a
// number of them.
func (g *gauge) look(at int64, info *redis.XInfoStream, entries, limit int) error {
	g.absent = false
	if info.EntriesAdded < info.Length {
		return fault.New(fault.PluginFailed, "this Redis does not count what is added to a stream: take one of version 7 or later")
	}
	last, err := offsetOf(info.LastGeneratedID)
	if err != nil {
		return fault.New(fault.PluginFailed, "an entry of the stream %s: %w", g.split.ID, err)
	}
	if last < at-1 && !g.fresh {
		if g.older { // that was told
			return nil
		}
		g.older = true
		return g.lost("it ends at %s, and was read up to %s: it was made anew, or is an older copy. Entries up to there are passed over",
			info.LastGeneratedID, idOf(at-1))
	}
	if g.older {
		g.older, g.fresh, g.seen = false, true, -1
	}
	var ahead int64
	first, _ := offsetOf(info.FirstEntry.ID) // none where there is no entry
	switch {
	case info.Length == 0 || first >= at:
		ahead = info.Length
	case entries < limit:
		ahead = int64(entries)
	default:
		if g.unread = int64(entries); g.seen >= 0 {
			g.unread = info.EntriesAdded - g.seen
		}
		return nil
	}
	seen, fresh := g.seen, g.fresh
	g.seen, g.fresh, g.unread = info.EntriesAdded-ahead, false, ahead
	switch {
	case fresh, seen == g.seen:
		return nil
	case seen < 0 && (last < at || ahead < info.Length): // nothing came, or what came first is still there
		return nil
	case seen < 0:
		return g.lost("entries after %s are gone, and it is not known whether all of them were read: a group would tell", idOf(at-1))
	case seen < g.seen:
		return g.lost("%d entries after %s were trimmed or deleted before they were read", g.seen-seen, idOf(at-1))
	default:
		return g.lost("it was made anew: it had %d entries up to %s, and now has %d", seen, idOf(at-1), g.seen)
	}
}

// vanished is told that the stream is not there. It may come: then it begins to count anew.
func (g *gauge) vanished() error {
	unread := g.unread
	if !g.fresh {
		g.seen, g.unread = 0, 0
	}
	if unread > 0 {
		return g.lost("its key was deleted, with %d entries or more that were not read", unread)
	}
	if !g.absent {
		log.Printf("stream %s: there is no such key; waiting for it", g.split.ID)
	}
	g.absent = true
	return nil
}

// read notes that entries were read, up to an offset.
func (g *gauge) read(at int64, entries int) {
	g.unread, g.fresh = g.unread-int64(entries), false
	if g.seen >= 0 {
		g.seen += int64(entries)
		g.source.counts.mark(g.split.ID, at, g.seen)
	}
}

// ahead is how many entries were not read yet, when Redis was asked last; -1 where that is not known.
func (g *gauge) ahead() int64 {
	if g.seen < 0 {
		return -1
	}
	return max(g.unread, 0)
}

// lost stops the pipeline, or tells what it goes on without.
func (g *gauge) lost(format string, args ...any) error {
	what := fmt.Sprintf("stream %s: %s", g.split.ID, fmt.Sprintf(format, args...))
	if g.source.cfg.OnDataLoss != skip {
		return fault.New(fault.PluginFailed, "%s. Set on_data_loss: skip to go on all the same", what)
	}
	log.Print(what)
	return nil
}

// counts are how many entries streams had up to where batches ended that are not done yet.
type counts struct {
	mu    sync.Mutex
	marks map[string]map[int64]int64 // guarded by mu; by stream and offset
}

func newCounts() *counts { return &counts{marks: make(map[string]map[int64]int64)} }

func (c *counts) mark(stream string, at, seen int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.marks[stream] == nil {
		c.marks[stream] = make(map[int64]int64)
	}
	c.marks[stream][at] = seen
}

func (c *counts) at(stream string, offset int64) (seen int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen, ok = c.marks[stream][offset]
	return seen, ok
}

// done forgets what lies before an offset that is done, and returns how many entries there were up to that; -1 where it is not known.
func (c *counts) done(stream string, next int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.marks[stream], func(at, _ int64) bool { return at < next })
	if seen, ok := c.marks[stream][next]; ok {
		return seen
	}
	return -1
}
