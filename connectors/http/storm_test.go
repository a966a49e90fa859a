package http_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	connector "github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// Fifty clients send while sinks fail and the pipeline is killed: whatever was answered with 200 is in the output, and
// what was sent until it was answered so with keys is there once for each process.
func TestStorm(t *testing.T) {
	r := start(t, connector.SourceConfig{}, func(c *pipeline.Config) {
		c.Workers, c.BatchRows = 4, 64
	})
	r.sink.Script = func(_ context.Context, c pipelinetest.Call) error {
		if (c.Kind == "prepare" || c.Kind == "commit" || c.Kind == "write") && rand.N(60) == 0 {
			return fault.New(fault.RunConnect, "the sink is away")
		}
		return nil
	}
	var mu sync.Mutex
	done := make(map[string]int64) // request → records
	var clients sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for client := range 50 {
		clients.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprintf("c%d-%d", client, n)
				size := 1 + rand.N(200)
				for ctx.Err() == nil {
					a, err := r.try(ctx, records(name, size), "Idempotency-Key", name)
					if err == nil && a.status == 200 {
						if a.Read != int64(size) || a.Delivered != a.Read {
							t.Errorf("%s of %d records: %s", name, size, a.text)
						}
						mu.Lock()
						done[name] = int64(size)
						mu.Unlock()
						break
					}
					time.Sleep(time.Duration(rand.N(20)) * time.Millisecond)
				}
			}
		})
	}
	time.Sleep(1500 * time.Millisecond)
	r.cancel() // a kill: nothing is finished
	<-r.ended
	stop()
	clients.Wait()
	seen := ids(t, r.sink)
	var records int64
	for name, size := range done {
		records += size
		for i := range size {
			if id := fmt.Sprintf("%s-%d", name, i); seen[id] == 0 {
				t.Fatalf("%s was answered with 200 and is lost", id)
			}
		}
	}
	t.Logf("%d requests, %d records answered with 200, %d in the output", len(done), records, len(seen))
	if len(done) < 50 {
		t.Errorf("only %d requests were answered with 200", len(done))
	}
}
