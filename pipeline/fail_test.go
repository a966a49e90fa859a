package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

var (
	errTransient = fault.New(fault.RunConnect, "no answer")
	errFatal     = fault.New(fault.OutputWrite, "broken")
)

// everyNth makes each n-th record bad.
func everyNth(n int64) func(int, int64) *fault.Error {
	return func(_ int, r int64) *fault.Error {
		if r%n == 0 {
			return fault.New(fault.RecordJSON, "not JSON").At(fault.Where{File: "f", Line: r + 1})
		}
		return nil
	}
}

func TestBadRowsBecomeDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, 100)
		r.source.Bad = everyNth(10)
		r.sink.BadRow = func(line string) *fault.Error {
			if strings.Contains(line, "/55") {
				return fault.New(fault.OutputRows, "no room")
			}
			return nil
		}
		r.classifier.FailRow = func(text string) error {
			if strings.HasPrefix(text, "text 33 ") {
				return errors.New("odd text")
			}
			return nil
		}
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		if s.Counts.Dead != 24 {
			t.Errorf("%d dead", s.Counts.Dead)
		}
		const noMessage = `,"record_base64":null,"time":null,"key":null,"key_base64":null,"headers":null,"size":null,"sha256":null}`
		want := []string{
			`{"code":"record.json","message":"not JSON","fix":"put one JSON object on each line","file":"part-00.jsonl",` +
				`"split":"part-00","offset":30,"line":31,"attempts":1,"classifier":"fake-1",` +
				`"record":"{\"id\":\"part-00/30\",\"text\":\"text 30 of part-00\"}"` + noMessage,
			`{"code":"classify.failed","message":"odd text","fix":"see the message; replay the dead letter after the cause is gone",` +
				`"file":"part-00.jsonl","split":"part-00","offset":33,"line":null,"attempts":1,"classifier":"fake-1",` +
				`"record":"{\"id\":\"part-00/33\",\"text\":\"text 33 of part-00\"}"` + noMessage,
		}
		for i, w := range want {
			if got := strings.TrimSpace(r.dead.Store.Lines()[3+i]); got != w {
				t.Errorf("dead letter\n %s\nwant\n %s", got, w)
			}
		}
	})
}

func TestBadRowWithoutDeadLettersStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 100)
		r.source.Bad = func(_ int, n int64) *fault.Error {
			if n >= 60 {
				return fault.New(fault.RecordJSON, "not JSON").At(fault.Where{File: "f", Line: n + 1})
			}
			return nil
		}
		r.cfg.DeadLetters = nil
		s, err := r.run(t)
		e := wantCode(t, err, fault.RunRow)
		if !strings.Contains(e.Error(), "f:61: record.json: not JSON") || s.Phase != pipeline.Failed || r.sink.Store.Sealed() {
			t.Errorf("%v, phase %s", e, s.Phase)
		}
		if s.Committed.Read%7 != 0 || s.Committed.Read < 50 {
			t.Errorf("committed %+v", s.Committed)
		}
	})
}

func TestBreaker(t *testing.T) {
	for _, c := range []struct {
		name  string
		size  int
		every int64 // one bad record in so many; 0: only the late ones
		late  int64 // all are bad from here on
		rate  float64
		want  *fault.Code
	}{
		{"few bad records", 12000, 20, 1 << 40, 0.1, nil},
		{"below the first judgement", 999, 2, 1 << 40, 0.1, nil},
		{"all of the first thousand", 2000, 1, 1 << 40, 0.1, fault.RunErrorRate},
		{"late storm", 12000, 1000, 10500, 0.1, fault.RunErrorRate},
		{"a third in a short run", 3000, 3, 1 << 40, 0.1, nil},
		{"a third in a long run", 12000, 3, 1 << 40, 0.1, fault.RunErrorRate},
		{"a third allowed", 12000, 3, 1 << 40, 0.4, nil},
		{"turned off", 2000, 1, 1 << 40, 1, fault.RunRejected},
		{"every record of a short run", 10, 1, 1 << 40, 0.1, fault.RunRejected},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1, c.size)
				r.cfg.BatchRows, r.cfg.Commit.Records, r.cfg.MaxErrorRate = 500, 5000, c.rate
				r.source.Bad = func(_ int, n int64) *fault.Error {
					if n%c.every == 0 || n >= c.late {
						return fault.New(fault.RecordJSON, "bad")
					}
					return nil
				}
				s, err := r.run(t)
				if c.want == nil {
					if err != nil {
						t.Fatal(err)
					}
					r.judge(t, s)
					return
				}
				wantCode(t, err, c.want)
				if r.sink.Store.Sealed() {
					t.Error("the output was published")
				}
			})
		})
	}
}

// A call that fails as a whole is cut in halves until the bad text stands alone.
func TestClassifyFailureIsBisected(t *testing.T) {
	for _, how := range []string{"error", "coded row error", "panic", "panic with an error"} {
		for _, multi := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, multi %v", how, multi), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, 1, 300)
					r.cfg.BatchRows = 100
					r.classifier.Multi = multi
					r.classifier.FailCall = func(text string) error {
						if text != "text 42 of part-00" && text != "text 100 of part-00" && text != "text 199 of part-00" {
							return nil
						}
						switch how {
						case "panic":
							panic("evil text")
						case "panic with an error":
							panic(errors.New("evil text"))
						case "coded row error":
							return fault.New(fault.RecordTooLarge, "evil text")
						}
						return errors.New("evil text")
					}
					s, err := r.run(t)
					if err != nil {
						t.Fatal(err)
					}
					r.judge(t, s)
					if s.Counts.Dead != 3 {
						t.Errorf("%d dead", s.Counts.Dead)
					}
					if n := len(r.classifier.Calls()); n > 50 {
						t.Errorf("%d calls to find three texts", n)
					}
					if letter := r.dead.Store.Lines()[0]; !strings.Contains(letter, "evil text") || !strings.Contains(letter, "part-00/42") {
						t.Errorf("dead letter %s", letter)
					}
				})
			})
		}
	}
}

func TestBrokenClassifierStops(t *testing.T) {
	nan := float32(0)
	nan /= nan
	for name, spoil := range map[string]func(*classify.Results){
		"short":                 func(o *classify.Results) { o.Label = o.Label[:1] },
		"short confidences":     func(o *classify.Results) { o.Confidence = o.Confidence[:1] },
		"short tokens":          func(o *classify.Results) { o.Tokens = o.Tokens[:1] },
		"short reasons":         func(o *classify.Results) { o.Reason = o.Reason[:1] },
		"label out of range":    func(o *classify.Results) { o.Label[2] = 3 },
		"label below null":      func(o *classify.Results) { o.Label[2] = -2 },
		"NaN":                   func(o *classify.Results) { o.Confidence[0] = nan },
		"above one":             func(o *classify.Results) { o.Confidence[0] = 1.5 },
		"negative":              func(o *classify.Results) { o.Confidence[0] = -0.1 },
		"lists for some":        func(o *classify.Results) { o.Ends = append(o.Ends, 0) },
		"list label":            func(o *classify.Results) { list(o, classify.Score{Label: 9, Confidence: 0.5}) },
		"list label below null": func(o *classify.Results) { list(o, classify.Score{Label: -1, Confidence: 0.5}) },
		"list confidence":       func(o *classify.Results) { list(o, classify.Score{Label: 1, Confidence: nan}) },
		"list ends":             func(o *classify.Results) { list(o, classify.Score{Label: 1}); o.Ends[0] = 7 },
		"list end below zero":   func(o *classify.Results) { list(o, classify.Score{Label: 1}); o.Ends[0] = -1 },
		"last list end":         func(o *classify.Results) { list(o, classify.Score{Label: 1}); o.Ends[len(o.Ends)-1] = 0 },
		"failure out of range":  func(o *classify.Results) { o.Failures = append(o.Failures, classify.Failure{Row: 99, Err: errFatal}) },
		"failure without error": func(o *classify.Results) { o.Failures = append(o.Failures, classify.Failure{Row: 1}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1, 30)
				r.classifier.Multi = strings.Contains(name, "list")
				r.classifier.Spoil = spoil
				s, err := r.run(t)
				wantCode(t, err, fault.ClassifyReply)
				if s.Counts.Read != 0 || r.sink.Store.Sealed() {
					t.Errorf("counts %+v", s.Counts)
				}
			})
		})
	}
}

// list gives every row the same list of one.
func list(o *classify.Results, s classify.Score) {
	o.Scores, o.Ends = o.Scores[:0], o.Ends[:0]
	for range o.Label {
		o.Scores = append(o.Scores, s)
		o.Ends = append(o.Ends, int32(len(o.Scores)))
	}
}

// Whatever is called, a transient error is tried again, and nothing is lost or doubled by it.
func TestTransientErrorsAreTriedAgain(t *testing.T) {
	type script func(r *rig, s pipelinetest.Script)
	for kind, set := range map[string]script{
		"open":     func(r *rig, s pipelinetest.Script) { r.source.Script, r.sink.Script = s, s },
		"next":     func(r *rig, s pipelinetest.Script) { r.source.Script = s },
		"process":  func(r *rig, s pipelinetest.Script) { r.cfg.Stages[0].(*pipelinetest.TextStage).Script = s },
		"classify": func(r *rig, s pipelinetest.Script) { r.classifier.Script = s },
		"write":    func(r *rig, s pipelinetest.Script) { r.sink.Script, r.dead.Script = s, s },
		"prepare":  func(r *rig, s pipelinetest.Script) { r.sink.Script, r.dead.Script = s, s },
		"commit":   func(r *rig, s pipelinetest.Script) { r.sink.Script, r.dead.Script = s, s },
		"seal":     func(r *rig, s pipelinetest.Script) { r.sink.Script, r.dead.Script = s, s },
	} {
		for _, n := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s fails %d times", kind, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, 2, 100)
					r.source.Bad = everyNth(20)
					set(r, pipelinetest.FailN(kind, n, errTransient))
					s, err := r.run(t)
					if err != nil {
						t.Fatal(err)
					}
					r.judge(t, s)
					if !strings.Contains(s.LastError, "no answer") {
						t.Errorf("last error %q", s.LastError)
					}
				})
			})
		}
	}
}

func TestLostRepliesChangeNothing(t *testing.T) {
	for _, kind := range []string{"open", "write", "prepare", "commit", "seal"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 2, 100)
				r.source.Bad = everyNth(20)
				r.sink.After = pipelinetest.FailN(kind, 3, errTransient)
				r.dead.After = r.sink.After
				s, err := r.run(t)
				if err != nil {
					t.Fatal(err)
				}
				r.judge(t, s)
			})
		})
	}
}

// The budget is about one trouble that does not end, not about a long run with many short ones.
func TestRetryBudget(t *testing.T) {
	always := func(kind string) pipelinetest.Script { return pipelinetest.FailN(kind, 1<<30, errTransient) }
	for kind, set := range map[string]func(r *rig){
		"next":     func(r *rig) { r.source.Script = always("next") },
		"classify": func(r *rig) { r.classifier.Script = always("classify") },
		"write":    func(r *rig) { r.sink.Script = always("write") },
	} {
		t.Run(kind+" never succeeds", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1, 100)
				set(r)
				begun := time.Now()
				s, err := r.run(t)
				wantCode(t, err, fault.RunConnect)
				if d := time.Since(begun); d < 30*time.Second || d > 61*time.Second {
					t.Errorf("gave up after %s, the budget is a minute", d)
				}
				if s.Counts.Dead > 0 || r.sink.Store.Sealed() {
					t.Errorf("counts %+v", s.Counts)
				}
			})
		})
	}
	t.Run("short troubles in a long read", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 1, 100)
			r.source.Script = func(_ context.Context, c pipelinetest.Call) error {
				if c.Kind != "next" {
					return nil
				}
				time.Sleep(20 * time.Second)
				if c.N%2 == 0 {
					return errTransient
				}
				return nil
			}
			s, err := r.run(t)
			if err != nil {
				t.Fatal(err)
			}
			r.judge(t, s)
		})
	})
}

// Whoever panics, the run ends with a coded error and everything is given back.
func TestPanicsBecomeErrors(t *testing.T) {
	for who, set := range map[string]func(r *rig){
		"layout": func(r *rig) { r.source.Script = pipelinetest.PanicNth("layout", 1, "boom") },
		"splits": func(r *rig) { r.source.Script = pipelinetest.PanicNth("splits", 1, "boom") },
		"open":   func(r *rig) { r.source.Script = pipelinetest.PanicNth("open", 1, "boom") },
		"next":   func(r *rig) { r.source.Script = pipelinetest.PanicNth("next", 5, "boom") },
		"process": func(r *rig) {
			r.cfg.Stages[0].(*pipelinetest.TextStage).Script = pipelinetest.PanicNth("process", 2, "boom")
		},
		"openout": func(r *rig) { r.sink.Script = pipelinetest.PanicNth("open", 1, "boom") },
		"write":   func(r *rig) { r.sink.Script = pipelinetest.PanicNth("write", 3, "boom") },
		"dead":    func(r *rig) { r.dead.Script = pipelinetest.PanicNth("write", 1, "boom") },
		"prepare": func(r *rig) { r.sink.Script = pipelinetest.PanicNth("prepare", 1, "boom") },
		"commit":  func(r *rig) { r.sink.Script = pipelinetest.PanicNth("commit", 1, errors.New("boom")) },
		"seal":    func(r *rig) { r.sink.Script = pipelinetest.PanicNth("seal", 1, "boom") },
		"route":   func(r *rig) { r.cfg.Router = router(func(int64) int16 { panic("boom") }) },
	} {
		t.Run(who, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 2, 100)
				r.source.Bad = everyNth(20)
				set(r)
				s, err := r.run(t)
				e := wantCode(t, err, fault.Internal)
				if !strings.Contains(e.What, "panicked: boom") || s.Phase != pipeline.Failed {
					t.Errorf("%v, phase %s", e, s.Phase)
				}
				opens, closes := 0, 0
				for _, c := range r.source.Calls() {
					switch c.Kind {
					case "open":
						opens++
					case "close":
						closes++
					}
				}
				if opens != closes && who != "open" {
					t.Errorf("%d readers were opened, %d closed", opens, closes)
				}
				if who == "seal" {
					return
				}
				r.again()
				r.cfg.Stages, r.cfg.Router = []pipeline.Stage{&pipelinetest.TextStage{Column: "text"}}, nil
				s, err = r.run(t)
				if err != nil {
					t.Fatal(err)
				}
				r.judge(t, s)
			})
		})
	}
}

// A failure ends the run where it stands, also when the input was just read to a limit or drained: what is published
// or committed then would lack the failed batch.
func TestFailureWinsOverLimitAndDrain(t *testing.T) {
	for n := 1; n <= 15; n++ {
		for _, drain := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1, 200)
				r.cfg.Commit.Records = 1000
				if !drain {
					r.cfg.Limit = 100
				}
				release := make(chan struct{})
				r.sink.Script = func(ctx context.Context, c pipelinetest.Call) error {
					if c.Kind == "write" && c.N == n {
						<-release
						return errFatal
					}
					return nil
				}
				var p *pipeline.Pipeline
				go func() {
					synctest.Wait() // everything waits for the writer
					if drain {
						p.Drain()
						synctest.Wait()
					}
					close(release)
				}()
				s, err := r.runContext(t.Context(), t, func(started *pipeline.Pipeline) { p = started })
				wantCode(t, err, fault.OutputWrite)
				if r.sink.Store.Sealed() || len(r.sink.Store.Lines()) > 0 || s.Phase != pipeline.Failed {
					t.Fatalf("write %d, drain %v: sealed %v with %d lines, phase %s", n, drain,
						r.sink.Store.Sealed(), len(r.sink.Store.Lines()), s.Phase)
				}
				r.again()
				s, err = r.run(t)
				if err != nil {
					t.Fatal(err)
				}
				if want := int64(200); s.Counts.Read != want && s.Counts.Read != r.cfg.Limit {
					t.Errorf("read %d", s.Counts.Read)
				}
			})
		}
	}
}

// A source without bytes of single records gives its columns to the dead letters.
func TestDeadLettersWithoutRaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 20)
		r.source.NoRaw = true
		r.cfg.Sinks[0].Sink = columnSink{r.sink}
		r.classifier.FailRow = func(text string) error {
			if strings.HasPrefix(text, "text 7 ") {
				return errors.New("odd text")
			}
			return nil
		}
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		if letter := r.dead.Store.Lines()[0]; !strings.Contains(letter, `"record":"{\"id\":\"part-00/7\",\"text\":\"text 7 of part-00\"}"`) {
			t.Errorf("dead letter %s", letter)
		}
	})
}

// columnSink asks for columns only.
type columnSink struct{ *pipelinetest.MemSink }

func (columnSink) Need(*pipeline.Layout) pipeline.Need { return pipeline.Need{Columns: true} }

// Bytes that are not UTF-8 reach the dead letters in base64.
func TestDeadLettersKeepBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 20)
		r.cfg.Stages = append(r.cfg.Stages, killStage{})
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		if letter := r.dead.Store.Lines()[0]; !strings.Contains(letter, `"record":null,"record_base64":"/wA="`) || s.Counts.Dead != 1 {
			t.Errorf("dead letter %s", letter)
		}
	})
}

// killStage kills the row at offset 3 with bytes of its own, twice: the first reason stands.
type killStage struct{}

func (killStage) Needs(*pipeline.Layout) ([]arrow.Field, error) { return nil, nil }

func (killStage) Process(_ context.Context, b *pipeline.Batch) error {
	for i, o := range b.Offsets() {
		if o == 3 {
			b.Kill(i, fault.New(fault.RecordUTF8, "not UTF-8"))
			b.Faults[len(b.Faults)-1].Raw = []byte{0xff, 0, '\r', '\n'}
			b.Kill(i, fault.New(fault.RecordType, "later"))
		}
	}
	return nil
}
