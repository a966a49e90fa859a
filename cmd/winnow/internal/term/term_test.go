package term

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/quality"
	"github.com/winnow-stream/winnow/pipeline"
)

// someStatus is a run over 3,080 of 7,334 rows with a gold column.
func someStatus() pipeline.Status {
	st := pipeline.Status{
		Name: "reviews", RunID: "0123", Phase: pipeline.Running, Rate: 12_345, Done: 3080, Size: 7334,
		ETA:       95 * time.Second,
		Started:   time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Counts:    pipeline.Counts{Read: 3080, Delivered: 3070, Dead: 3, Dropped: 7, Blank: 1},
		Committed: pipeline.Counts{Read: 3000},
		Tally: pipeline.Tally{
			Labels: []pipeline.LabelTally{
				{Name: "negative", Count: 1180, ConfidenceSum: 873.2},
				{Name: "positive", Count: 1850, ConfidenceSum: 1498.5},
				{Name: "評価なし, and a name that is far too long for any column", Count: 28, ConfidenceSum: 9},
				{Name: "never"},
			},
			Null: 12, NullReason: map[string]int64{"abstained": 10, "no_known_words": 2},
		},
	}
	for i := range st.Tally.Histogram {
		st.Tally.Histogram[i] = int64(i * i)
	}
	st.Tally.Histogram[3] = 0
	g := &pipeline.GoldTally{Rows: 3070, Correct: 2500, Outside: 10, Confusion: make([]int64, 25)}
	for _, c := range [][3]int{{0, 0, 1000}, {0, 1, 200}, {1, 1, 1500}, {1, 0, 170}, {2, 1, 150}, {1, 4, 12}, {4, 0, 10}, {3, 2, 28}} {
		g.Confusion[c[0]*5+c[1]] = int64(c[2])
	}
	for i := 5; i < 15; i++ {
		n := int64(30 * (i - 4))
		g.Calibration[i] = pipeline.CalibrationBin{Count: n, ConfidenceSum: float64(n) * (float64(i) + 0.5) / 15, Correct: n * int64(i) / 15}
	}
	st.Tally.Gold = g
	return st
}

func TestProgress(t *testing.T) {
	for _, columns := range []int{40, 80, 200} {
		t.Run(strconv.Itoa(columns), func(t *testing.T) {
			st := someStatus()
			lines := Progress(&st, Style{Width: columns})
			for _, l := range lines {
				if cells(l) > columns {
					t.Errorf("a line takes %d of %d columns: %q", cells(l), columns, l)
				}
			}
			golden(t, strings.Join(lines, "\n")+"\n")
		})
	}
}

func TestProgressOfAnEndlessInputThatWaits(t *testing.T) {
	st := someStatus()
	st.Size, st.ETA, st.Phase, st.LastError = 0, 0, pipeline.Retrying, "out.jsonl: storage.full: no space left"
	golden(t, strings.Join(Progress(&st, Style{Color: true}), "\n")+"\n")
}

func TestSummary(t *testing.T) {
	st := someStatus()
	many := someStatus()
	many.Tally.Labels = nil
	for i := range 77 {
		many.Tally.Labels = append(many.Tally.Labels, pipeline.LabelTally{Name: fmt.Sprintf("intent_%02d", i), Count: int64(i), ConfidenceSum: float64(i) / 2})
	}
	plan := &pipeline.Plan{Notes: []string{`the input has a field "label": the result is written as "predicted_label"`}}
	cases := map[string]*Summary{
		"gold": {
			Summary: &pipeline.Summary{Status: st, Plan: plan, Elapsed: 1200 * time.Millisecond},
			Outputs: []string{"out.jsonl"}, Rejected: "out.jsonl.rejected.jsonl", Quality: quality.New(&st.Tally),
		},
		"many":     {Summary: &pipeline.Summary{Status: many, Elapsed: 3 * time.Minute, Limited: true}, Outputs: []string{"a", "b"}},
		"complete": {Summary: &pipeline.Summary{Status: st, AlreadyComplete: true}, Outputs: []string{"out.jsonl"}},
		"copy":     {Summary: &pipeline.Summary{Status: pipeline.Status{Phase: pipeline.Completed, Counts: pipeline.Counts{Read: 1, Delivered: 1}}, Elapsed: time.Second}},
	}
	for name, sum := range cases {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if sum.Phase == pipeline.Running {
				sum.Phase = pipeline.Completed
			}
			if err := WriteSummary(&b, sum, Style{Width: 80}); err != nil {
				t.Fatal(err)
			}
			golden(t, b.String())
		})
	}
}

func TestStatus(t *testing.T) {
	st := someStatus()
	st.LastProgress = st.Started
	var b bytes.Buffer
	if err := WriteStatus(&b, Process{Status: &st}, st.Started.Add(2*time.Minute), Style{Width: 80}); err != nil {
		t.Fatal(err)
	}
	golden(t, b.String())
}

// someStream is a stream that lags, drifts, and was given a spec that does not parse.
func someStream() pipeline.Status {
	st := someStatus()
	now := st.Started.Add(2 * time.Minute)
	st.Name, st.Stream, st.Member, st.Size, st.ETA, st.Tally.Gold = "tickets", true, true, 0, 0, nil
	st.Commits, st.Aborted, st.Rejoins, st.LastCommit, st.CommitTime = 118, 2, 1, now.Add(-400*time.Millisecond), 12*time.Millisecond
	for i := range 25 {
		st.Splits = append(st.Splits, pipeline.SplitStatus{
			ID: fmt.Sprintf("tickets/%d", i), Next: 12_345, High: 12_345 + int64(i), Lag: int64(i), Counted: true, Rate: 480, Watermark: now.Add(-3 * time.Second),
		})
	}
	st.Splits[24].Watermark, st.Splits[23].Counted, st.Splits[23].Rate = time.Time{}, false, 0
	st.Stalled, st.StalledSince = []string{"tickets/23"}, now.Add(-95*time.Second)
	st.Drift = &pipeline.Drift{PSI: 0.31, Window: 10_000, Reference: 10_000, Label: "positive", Was: 0.2, Is: 0.6}
	st.Generation, st.Reloads = 3, pipeline.Reloads{Done: 2, Refused: 1, Last: now.Add(-time.Minute), Error: "tickets.yaml:7:3 clasify: config.unknown_field: unknown field"}
	return st
}

func TestStreamStatus(t *testing.T) {
	st := someStream()
	var b bytes.Buffer
	if err := WriteStatus(&b, Process{PID: 4711, Status: &st}, st.Started.Add(2*time.Minute), Style{Width: 100}); err != nil {
		t.Fatal(err)
	}
	st.Reloads.Error, st.Drift.PSI, st.Stalled, st.StalledSince = "", 0.01, nil, time.Time{}
	st.Splits = st.Splits[:1]
	if err := WriteStatus(&b, Process{PID: 4712, Status: &st}, st.Started.Add(2*time.Minute), Style{Width: 100}); err != nil {
		t.Fatal(err)
	}
	golden(t, b.String())
}

func TestProcesses(t *testing.T) {
	st := someStream()
	var b bytes.Buffer
	if err := WriteProcesses(&b, []Process{{4711, &st}, {99, &st}}, st.Started.Add(2*time.Minute), Style{Width: 80}); err != nil {
		t.Fatal(err)
	}
	golden(t, b.String())
}

func TestSample(t *testing.T) {
	m := pipeline.Sample{
		Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local), Split: "tickets/3", Offset: 12_345, Sink: "bugs",
		Label: "bug", Confidence: 0.931, Text: "the app\ncrashes \x1b[31m when I log in, and then it takes a long time to start again",
	}
	var b bytes.Buffer
	for _, change := range []func(){func() {}, func() { m.Missed = 12 }, func() { m.Missed, m.Label, m.Text, m.Record = 0, "", "", `{"id":1}` }} {
		change()
		if err := WriteSample(&b, &m, Style{Width: 100}); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, b.String())
}

func TestDemo(t *testing.T) {
	st := someStream()
	latest := []Labelled{{Label: "billing", Confidence: 0.934, Text: "why was I charged\x1b[2J twice"}, {Label: "bug", Confidence: 0.5, Text: strings.Repeat("long ", 30)}}
	golden(t, strings.Join(Demo(&st, latest, Style{Width: 60}), "\n")+"\n")
}

func TestMessage(t *testing.T) {
	var b strings.Builder
	for _, s := range []Style{{}, {Width: 40}} {
		if err := WriteMessage(&b, "0/7  12:00:00.000  key k", `{"text":"two\nlines that are rather long"}`, s); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, b.String())
}

func TestPlan(t *testing.T) {
	p := &pipeline.Plan{
		Source: "Parquet reviews/*.parquet", Format: "parquet", Columns: []string{"lang", "text"}, Results: []string{"label", "confidence"},
		Guarantee: pipeline.ExactlyOnce, Reason: "offsets and output lengths are committed together", Memory: 256 << 20, Workers: 2,
		Sinks: []pipeline.SinkPlan{{Name: "default", Describe: "file out.jsonl", Gets: "every record"}, {Name: "dead_letters", Describe: "file out.jsonl.rejected.jsonl", Gets: "rejected records"}},
		Notes: []string{"the text is the column text"},
	}
	for i := range 12 {
		p.Splits = append(p.Splits, &pipeline.Split{ID: fmt.Sprintf("a.parquet[%d000:%d000]", i, i+1), Start: int64(i) * 1000, End: int64(i+1) * 1000})
	}
	var b bytes.Buffer
	if err := WritePlan(&b, p, Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, b.String())
}

func TestNumbers(t *testing.T) {
	cases := [][2]string{
		{Count(0), "0"},
		{Count(999), "999"},
		{Count(1000), "1,000"},
		{Count(-1234567), "-1,234,567"},
		{Plural(1, "record"), "1 record"},
		{Plural(1200, "record"), "1,200 records"},
		{Rate(950), "950/s"},
		{Rate(12345), "12.3k/s"},
		{Rate(999_499), "999k/s"},
		{Rate(1.2e6), "1.20M/s"},
		{Rate(math.NaN()), "–"},
		{Bytes(512), "512 B"},
		{Bytes(1536), "1.5 KiB"},
		{Bytes(256 << 20), "256 MiB"},
		{Bytes(5 << 40), "5 TiB"},
		{Duration(340 * time.Millisecond), "340 ms"},
		{Duration(4200 * time.Millisecond), "4.2 s"},
		{Duration(59_990 * time.Millisecond), "1 m 00 s"},
		{Duration(185 * time.Second), "3 m 05 s"},
		{Duration(130 * time.Minute), "2 h 10 m"},
		{percent(1, 3), "33.3%"},
		{percent(1, 0), "–"},
		{decimal(math.NaN(), 2), "–"},
	}
	for _, c := range cases {
		if c[0] != c[1] {
			t.Errorf("got %q, want %q", c[0], c[1])
		}
	}
}

func TestClip(t *testing.T) {
	cases := []struct {
		in      string
		columns int
		want    string
	}{
		{"short", 10, "short"},
		{"exactly ten", 11, "exactly ten"},
		{"cut me off", 5, "cut …"},
		{"評価評価", 5, "評価…"},
		{"no\x1b[31mcolour", 20, "no [31mcolour"},
		{"bad\xffbyte", 20, "bad\uFFFDbyte"},
	}
	for _, c := range cases {
		if got := clip(c.in, c.columns); got != c.want {
			t.Errorf("clip(%q, %d) = %q, want %q", c.in, c.columns, got, c.want)
		}
	}
}

func TestScreenWithoutTerminal(t *testing.T) {
	var b bytes.Buffer
	s := NewScreen(&b, true)
	s.Draw([]string{"a"})
	s.Clear()
	if s.Live() || b.Len() > 0 {
		t.Errorf("a screen without a terminal wrote %q", b.String())
	}
}

func TestScreenRedraws(t *testing.T) {
	var b bytes.Buffer
	s := &Screen{w: &b, fd: 1 << 20}
	s.Draw([]string{"one", "two"})
	s.Draw([]string{"three"})
	s.Clear()
	want := "\r\x1b[Jone\ntwo\n" + "\x1b[2A\r\x1b[Jthree\n" + "\x1b[1A\r\x1b[J"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
}
