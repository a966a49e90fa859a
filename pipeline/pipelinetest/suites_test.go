package pipelinetest_test

import (
	"fmt"
	"testing"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

func TestMemSourceConforms(t *testing.T) {
	for _, stride := range []int64{1, 3} {
		for _, unknown := range []bool{false, true} {
			t.Run(fmt.Sprintf("stride %d, end unknown %v", stride, unknown), func(t *testing.T) {
				c := pipelinetest.SourceCase{New: func(testing.TB) pipeline.Source {
					s := pipelinetest.NewMemSource(3, 20)
					s.Sizes[1] = 0
					s.Stride, s.EndUnknown = stride, unknown
					s.Bad = func(_ int, r int64) *fault.Error {
						if r == 5 {
							return fault.New(fault.RecordJSON, "bad")
						}
						return nil
					}
					return s
				}}
				for _, split := range []int{0, 2} {
					c.Bad = append(c.Bad, "record.json")
					for r := range 20 {
						if r != 5 {
							c.Want = append(c.Want, fmt.Sprintf(`{"id":"part-%02d/%d","text":"text %d of part-%02d"}`, split, r, r, split))
						}
					}
				}
				pipelinetest.Source(t, c)
			})
		}
	}
}

func diskSinkCase() pipelinetest.SinkCase {
	return pipelinetest.SinkCase{
		New: func(_ testing.TB, fsys disk.FS) pipeline.Sink {
			return &pipelinetest.DiskSink{FS: fsys, Path: "/out/out.jsonl"}
		},
		Output: func(_ testing.TB, d *pipelinetest.Disk) ([]byte, bool) {
			data := d.Get("/out/out.jsonl")
			return data, data != nil
		},
		IDs: pipelinetest.JSONL("id"),
	}
}

func TestDiskSinkConforms(t *testing.T) {
	pipelinetest.Sink(t, diskSinkCase())
	t.Run("without results", func(t *testing.T) {
		c := diskSinkCase()
		c.WithoutResult, c.Points = true, 30
		pipelinetest.Sink(t, c)
	})
}

// ExampleSink shows how a connector's test calls the suite.
func ExampleSink() {
	test := func(t *testing.T) {
		pipelinetest.Sink(t, pipelinetest.SinkCase{
			New: func(_ testing.TB, fsys disk.FS) pipeline.Sink {
				return &pipelinetest.DiskSink{FS: fsys, Path: "/out/labels.jsonl"}
			},
			Output: func(_ testing.TB, d *pipelinetest.Disk) ([]byte, bool) {
				data := d.Get("/out/labels.jsonl")
				return data, data != nil
			},
			IDs: pipelinetest.JSONL("id"),
		})
	}
	_ = test // func TestSink(t *testing.T) { … }
}

// ExampleSource shows how a connector's test calls the suite.
func ExampleSource() {
	test := func(t *testing.T) {
		pipelinetest.Source(t, pipelinetest.SourceCase{
			New: func(testing.TB) pipeline.Source { return pipelinetest.NewMemSource(2, 10) },
		})
	}
	_ = test // func TestSource(t *testing.T) { … }
}
