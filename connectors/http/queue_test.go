package http

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline"
)

// FuzzQueue reads two bodies in batches of any size: each line that is not blank is a row once, under its own offset,
// and each request is answered with the count of its rows.
func FuzzQueue(f *testing.F) {
	f.Add([]byte("{\"id\":1}\n{\"id\":2}\n"), []byte("{}"), 1, 1)
	f.Add([]byte("\n \r\n{}\r\n\n"), []byte("a\n\n\nb\n\t"), 2, 3)
	f.Fuzz(func(t *testing.T, one, two []byte, rows, size int) {
		q := newQueue(1<<30, 7, newWindow())
		var requests []*request
		var want, got []string
		counts := make([]int64, 0, 2)
		offset := int64(7)
		for _, body := range [][]byte{one, two} {
			lines, records, err := look(body)
			if err != nil || !records {
				continue
			}
			n := int64(0)
			for _, line := range bytes.SplitAfter(body, []byte("\n")) {
				if len(line) == 0 {
					continue
				}
				if len(bytes.TrimLeft(bytes.TrimRight(line, "\r\n"), " \t")) > 0 {
					want = append(want, fmt.Sprintf("%d %q", offset, line))
					n++
				}
				offset++
			}
			counts = append(counts, n)
			r := &request{body: body, lines: lines, done: make(chan struct{})}
			if !q.add(r) {
				t.Fatal("the queue is closed")
			}
			requests = append(requests, r)
		}
		split := &pipeline.Split{ID: "http"}
		next := int64(7)
		for {
			b, err := q.take(split, pipeline.Projection{Rows: rows, Bytes: size})
			if err != nil {
				t.Fatal(err)
			}
			if b == nil {
				break
			}
			if b.First != next || b.Next.Offset < next {
				t.Fatalf("a batch [%d, %d) follows %d", b.First, b.Next.Offset, next)
			}
			next = b.Next.Offset
			for row, at := range b.Offsets() {
				got = append(got, fmt.Sprintf("%d %q", at, b.Raw(row)))
			}
			q.observe(b)
			b.Record.Release()
			q.settle(next)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if next != offset || q.highest() != offset {
			t.Errorf("the lines end at %d, and were read to %d of %d", offset, next, q.highest())
		}
		for i, r := range requests {
			select {
			case <-r.done:
				if r.counts.Read != counts[i] || r.reply.status != 200 {
					t.Errorf("request %d: %+v, want %d rows", i, r.counts, counts[i])
				}
			default:
				t.Errorf("request %d was not answered", i)
			}
		}
	})
}
