package commitlog_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/connectors/commitlog"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/parquet"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// job is a pipeline from a stream to files on one disk.
type job struct {
	stream        *pipelinetest.MemStream
	disk          *pipelinetest.Disk
	transactional bool
	wrap          func(path string, fsys disk.FS) (pipeline.Sink, error)
	ext           string
	memory        int64
	records       int64 // of an epoch
	limits        commitlog.Limits
}

func newJob() *job {
	j := &job{stream: pipelinetest.NewMemStream(3, 30), disk: pipelinetest.NewDisk(), ext: ".jsonl", wrap: lines(".jsonl"), records: 20}
	j.stream.Bad = func(_ int, r int64) *fault.Error {
		if r%7 == 3 {
			return fault.New(fault.RecordJSON, "bad")
		}
		return nil
	}
	j.disk.Put("/data/.keep", nil)
	return j
}

// lines makes sinks of package file.
func lines(ext string) func(string, disk.FS) (pipeline.Sink, error) {
	return func(path string, fsys disk.FS) (pipeline.Sink, error) {
		return file.SinkConfig{Path: path}.NewSink(pipeline.Env{FS: fsys})
	}
}

// run is one process's life.
func (j *job) run(t *testing.T) (*pipeline.Summary, error) {
	t.Helper()
	l := commitlog.New(commitlog.Config{Dir: "/data/out/_winnow", Pipeline: "job", FS: j.disk, Transactional: j.transactional, Memory: j.memory})
	out, err := l.Sink(commitlog.SinkConfig{Name: "out", Folder: "/data/out/", Ext: j.ext, New: j.wrap, Limits: j.limits})
	if err != nil {
		t.Fatal(err)
	}
	dead, err := l.Sink(commitlog.SinkConfig{Name: "dead_letters", Folder: "/data/dead", Ext: ".jsonl", New: lines(".jsonl")})
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(pipeline.Config{
		Name: "job", Source: j.stream, Sinks: []pipeline.NamedSink{{Name: "out", Sink: out}}, DeadLetters: dead, Recorder: l,
		FS: j.disk, BatchRows: 5, Workers: 2, MaxErrorRate: 1, Commit: pipeline.CommitCadence{Records: j.records}, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.Run(t.Context())
}

// texts are the contents of a folder's visible parts, in the order of their names.
func (j *job) texts(folder string) string {
	var all strings.Builder
	for _, path := range j.disk.Files() {
		if filepath.Dir(path) == folder {
			all.Write(j.disk.Get(path))
		}
	}
	return all.String()
}

func (j *job) judge(t *testing.T) error {
	t.Helper()
	out, err := pipelinetest.JSONL("id")([]byte(j.texts("/data/out")))
	if err != nil {
		return err
	}
	dead, err := pipelinetest.JSONL("record.id")([]byte(j.texts("/data/dead")))
	if err != nil {
		return err
	}
	l := pipelinetest.NewLedger()
	l.InSource(j.stream.MemSource)
	l.Out("out", out...)
	l.Dead(dead...)
	err = l.Check()
	for _, path := range j.disk.Files() {
		if strings.Contains(path, "/.winnow/") {
			err = errors.Join(err, fmt.Errorf("%s is left", path))
		}
	}
	return err
}

// The engine, a log and real sinks: the power goes at every operation, the next process goes on, and it goes again.
func TestPowerLossUnderTheEngine(t *testing.T) {
	for _, transactional := range []bool{false, true} {
		t.Run(fmt.Sprintf("transactional %v", transactional), func(t *testing.T) {
			var ops int64
			synctest.Test(t, func(t *testing.T) {
				j := newJob()
				j.transactional = transactional
				s, err := j.run(t)
				if err = errors.Join(err, j.judge(t)); err != nil || s.Counts.Read != 90 || s.Counts.Dead != 12 {
					t.Fatalf("%+v, %v", s.Counts, err)
				}
				ops = j.disk.Ops()
			})
			step := int64(3)
			if testing.Short() {
				step = 29
			}
			for n := int64(1); n <= ops; n += step {
				synctest.Test(t, func(t *testing.T) {
					j := newJob()
					j.transactional = transactional
					rng := rand.New(rand.NewPCG(uint64(n), 5))
					for cut := n; ; cut = 1 + rng.Int64N(2*ops) {
						j.disk.CutAt(cut)
						if _, err := j.run(t); err == nil {
							break
						}
						if rng.IntN(2) == 0 {
							j.disk = j.disk.Kill()
						} else {
							j.disk = j.disk.Crash(rng.Uint64())
						}
					}
					if err := j.judge(t); err != nil {
						t.Fatalf("power lost at operation %d: %v\nfiles: %v", n, err, j.disk.Files())
					}
					if j.disk = j.disk.Crash(1); j.judge(t) != nil {
						t.Fatalf("power lost at operation %d and at the end: %v", n, j.judge(t))
					}
				})
			}
		})
	}
}

// Batches that the template encoded are written by other sinks of the kind, whatever that is.
func TestKinds(t *testing.T) {
	for name, wrap := range map[string]func(string, disk.FS) (pipeline.Sink, error){
		".jsonl": lines(".jsonl"), ".csv": lines(".csv"), ".jsonl.zst": lines(".jsonl.zst"), ".csv.gz": lines(".csv.gz"),
		".parquet": func(path string, fsys disk.FS) (pipeline.Sink, error) {
			return parquet.NewSink(parquet.SinkConfig{Path: path, Compression: "zstd"}, pipeline.Env{FS: fsys}), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJob()
				j.wrap, j.ext = wrap, name
				s, err := j.run(t)
				if err != nil {
					t.Fatal(err)
				}
				if s.Counts.Delivered != 78 || s.Sinks["out"] != 78 {
					t.Errorf("%d rows are counted, %d in the sink", s.Counts.Delivered, s.Sinks["out"])
				}
				if name == ".jsonl" {
					if err := j.judge(t); err != nil {
						t.Error(err)
					}
				}
				if name != ".parquet" {
					return
				}
				if rows := j.parquetRows(t); rows != 78 {
					t.Errorf("%d rows", rows)
				}
			})
		})
	}
}

// parquetRows is how many rows the visible parts have.
func (j *job) parquetRows(t *testing.T) (rows int64) {
	t.Helper()
	source, err := (&parquet.SourceConfig{Path: "/data/out"}).NewSource(pipeline.Env{FS: j.disk})
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.Layout(t.Context())
	splits, listing := source.Splits(t.Context())
	if err = errors.Join(err, listing); err != nil {
		t.Fatal(err)
	}
	for _, sp := range splits {
		rows += sp.End - sp.Start
	}
	return rows
}

// weights are what the sinks of a job hold in memory.
type weights struct {
	now                 map[*weighed]int64
	most, batch, spills int64 // at once; added by one batch; how often they were written out
}

// weighed is a Parquet sink that tells.
type weighed struct {
	*parquet.Sink
	all *weights
}

func (w *weighed) Write(ctx context.Context, b *pipeline.Batch) error {
	err := w.Sink.Write(ctx, b)
	before := w.all.now[w]
	_, w.all.now[w] = w.Size()
	w.all.batch = max(w.all.batch, w.all.now[w]-before)
	var sum int64
	for _, held := range w.all.now {
		sum += held
	}
	w.all.most = max(w.all.most, sum)
	return err
}

func (w *weighed) Spill() error {
	w.all.spills++
	err := w.Sink.Spill()
	_, w.all.now[w] = w.Size()
	return err
}

func (w *weighed) Close() error {
	delete(w.all.now, w)
	return w.Sink.Close()
}

// What Parquet holds back in all parts together stays within the memory that it is given, whatever the epoch's length: the
// largest are written out. A disk that is full then is waited for, and no row comes twice.
func TestMemoryOfOpenParts(t *testing.T) {
	run := func(t *testing.T, memory int64, full int) *weights {
		t.Helper()
		all := &weights{now: make(map[*weighed]int64)}
		synctest.Test(t, func(t *testing.T) {
			j := newJob()
			j.ext, j.memory, j.records = ".parquet", memory, 1_000_000
			j.wrap = func(path string, fsys disk.FS) (pipeline.Sink, error) {
				return &weighed{parquet.NewSink(parquet.SinkConfig{Path: path, Compression: "none"}, pipeline.Env{FS: fsys}), all}, nil
			}
			failed := 0
			j.disk.Hook(func(o pipelinetest.Op) error {
				if failed < full && all.spills > 0 && o.Kind == pipelinetest.OpWrite && strings.Contains(o.Name, ".parquet") {
					failed++
					return syscall.ENOSPC
				}
				return nil
			})
			if s, err := j.run(t); err != nil || s.Counts.Delivered != 78 {
				t.Fatalf("%+v, %v", s.Counts, err)
			}
			if rows := j.parquetRows(t); rows != 78 || failed != full {
				t.Errorf("%d rows, %d writes failed", rows, failed)
			}
		})
		return all
	}
	free := run(t, 0, 0)
	memory := free.most / 4
	for _, full := range []int{0, 1, 3} {
		bound := run(t, memory, full)
		// A batch, and the headers of pages that were cut for a row group that the disk then had no room for.
		if bound.most > memory+2*bound.batch || bound.spills == 0 || free.spills > 0 {
			t.Errorf("up to %d bytes were held of %d, with batches of %d and %d spills; without a limit %d", bound.most, memory, bound.batch, bound.spills, free.most)
		}
	}
}

// Commits fail, their replies are lost, and splits move in the midst of epochs: the same process goes on by itself.
func TestTroubleUnderTheEngine(t *testing.T) {
	passing := fault.New(fault.KafkaUnreachable, "no broker")
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 11))
			j := newJob()
			j.transactional, j.stream.AbortMoved = seed%2 == 0, seed%4 < 2
			if seed%3 == 0 { // epochs end by size, too
				j.limits.Bytes = 1 + rng.Int64N(1000)
			}
			moves := 0
			j.stream.Script = func(_ context.Context, c pipelinetest.Call) error {
				switch {
				case c.Kind == "next" && moves < 10 && rng.IntN(3) == 0:
					moves++
					split := rng.IntN(3)
					j.stream.Move(split, true)
					j.stream.Move(split, rng.IntN(2) == 0)
				case c.Kind == "next" && moves == 10:
					moves++
					for i := range 3 {
						j.stream.Move(i, false)
					}
				case (c.Kind == "commit" || c.Kind == "committed") && c.N < 12 && rng.IntN(6) == 0:
					return passing
				}
				return nil
			}
			_, err := j.run(t)
			for range 2 { // what was away at the end, and then what is left to settle
				moves = 100
				for i := range 3 {
					j.stream.Move(i, false)
				}
				if err == nil {
					_, err = j.run(t)
				}
			}
			if err = errors.Join(err, j.judge(t)); err != nil {
				t.Fatalf("seed %d: %v\nfiles: %v", seed, err, j.disk.Files())
			}
		})
	}
}
