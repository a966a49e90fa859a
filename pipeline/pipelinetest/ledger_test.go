package pipelinetest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

func TestLedger(t *testing.T) {
	for _, c := range []struct {
		name  string
		enter func(l *pipelinetest.Ledger)
		want  string
	}{
		{"balanced", func(l *pipelinetest.Ledger) {
			l.Out("out", "a1", "b1", "a3")
			l.Out("other", "b2")
			l.Dead("a2")
			l.Drop("b3")
		}, ""},
		{"lost", func(l *pipelinetest.Ledger) {
			l.Out("out", "a1", "a3", "b1", "b2", "b3")
		}, "1 records lost: a2"},
		{"doubled", func(l *pipelinetest.Ledger) {
			l.Out("out", "a1", "a2", "a3", "b1", "b2", "b3")
			l.Dead("a2")
			l.Drop("b1")
		}, "2 records with more than one outcome: a2 (out, dead letters), b1 (out, dropped)"},
		{"foreign", func(l *pipelinetest.Ledger) {
			l.Out("out", "a1", "a2", "a3", "b1", "b2", "b3", "c1")
		}, "1 records that never went in: c1 (out)"},
		{"out of order", func(l *pipelinetest.Ledger) {
			l.Out("out", "b1", "a2", "a1", "b2", "a3", "b3")
		}, "1 records out of order: out: a1 comes after a2"},
		{"everything", func(l *pipelinetest.Ledger) {}, "6 records lost: a1, a2, a3, b1, b2, b3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := pipelinetest.NewLedger()
			l.In("a", "a1", "a2", "a3")
			l.In("b", "b1", "b2", "b3")
			c.enter(l)
			if got := fmt.Sprint(l.Check()); got != c.want && (c.want != "" || got != "<nil>") {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestLedgerShowsTen(t *testing.T) {
	l := pipelinetest.NewLedger()
	for i := range 25 {
		l.In("a", fmt.Sprint("r", i))
	}
	if got := l.Check().Error(); !strings.HasPrefix(got, "25 records lost: r0, r1,") || !strings.HasSuffix(got, "r9, and 15 more") {
		t.Errorf("found %q", got)
	}
}

func TestLedgerCounts(t *testing.T) {
	l := pipelinetest.NewLedger()
	l.In("a", "1", "2", "3", "4")
	l.Out("out", "1", "2")
	l.Dead("3")
	l.Drop("4")
	if err := l.CheckCounts(pipeline.Counts{Read: 4, Delivered: 2, Dead: 1, Dropped: 1, Blank: 7}); err != nil {
		t.Error(err)
	}
	if err := l.CheckCounts(pipeline.Counts{Read: 4, Delivered: 3, Dead: 1}); err == nil {
		t.Error("wrong counts are accepted")
	}
}

func TestReadIDs(t *testing.T) {
	for _, c := range []struct {
		name string
		read pipelinetest.ReadIDs
		data string
		want string
		err  string
	}{
		{"JSONL", pipelinetest.JSONL("id"), `{"id":"a"}` + "\n" + `{"id":12345678901234567}` + "\n", "a 12345678901234567", ""},
		{"nested", pipelinetest.JSONL("record.id"), `{"record":{"id":1}}` + "\n" + `{"record":"{\"id\":2}"}` + "\n", "1 2", ""},
		{"empty", pipelinetest.JSONL("id"), "", "", ""},
		{"torn", pipelinetest.JSONL("id"), `{"id":1}` + "\n" + `{"id"`, "", "the last line is torn"},
		{"zeros", pipelinetest.JSONL("id"), `{"id":1}` + "\n\x00\x00\n", "", "line 2: invalid character"},
		{"no id", pipelinetest.JSONL("id"), `{"di":1}` + "\n", "", `line 1: no field "id"`},
		{"text for an object", pipelinetest.JSONL("record.id"), `{"record":"plain"}` + "\n", "", "line 1: invalid character"},
		{"CSV", pipelinetest.CSV("id", ';'), "text;id\n\"a;\nb\";1\nc;2\n", "1 2", ""},
		{"CSV without the column", pipelinetest.CSV("id", ','), "a,b\n1,2\n", "", `no column "id" among ["a" "b"]`},
		{"torn CSV", pipelinetest.CSV("id", ','), "id,b\n1\n", "", "wrong number of fields"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ids, err := c.read([]byte(c.data))
			if got := strings.Join(ids, " "); got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("found %q, %v", got, err)
			}
		})
	}
}

func TestDiffs(t *testing.T) {
	if err := pipelinetest.DiffLines([]byte("a\nb\n"), []byte("a\nb\n")); err != nil {
		t.Error(err)
	}
	if err := pipelinetest.DiffLines([]byte("a\nb\n"), []byte("a\nc\n")); err == nil || !strings.Contains(err.Error(), "line 2 of 3 is\n  \"c\\n\"") {
		t.Error(err)
	}
	if err := pipelinetest.DiffLines([]byte("a\nb"), []byte("a\nb\n")); err == nil {
		t.Error("a missing line end is not seen")
	}
	if err := pipelinetest.DiffLines([]byte("a\n"), []byte("a\nb\n")); err == nil {
		t.Error("a line too many is not seen")
	}
	if err := pipelinetest.DiffSets([]int{1, 2, 2, 3}, []int{2, 3, 1, 2}); err != nil {
		t.Error(err)
	}
	if err := pipelinetest.DiffSets([]int{1, 2, 2}, []int{2, 4}); err == nil || err.Error() != "2 records missing: 1 ×1, 2 ×1\n1 records too many: 4 ×1" {
		t.Error(err)
	}
}

func TestScripts(t *testing.T) {
	broken := errors.New("broken")
	run := func(s pipelinetest.Script, kind string, n int) error {
		return s(t.Context(), pipelinetest.Call{Kind: kind, N: n})
	}
	both := pipelinetest.All(pipelinetest.FailN("write", 2, broken), pipelinetest.FailNth("read", 3, broken))
	var got []bool
	for n := 1; n <= 4; n++ {
		got = append(got, run(both, "write", n) != nil, run(both, "read", n) != nil)
	}
	if want := []bool{true, false, true, false, false, true, false, false}; !slices.Equal(got, want) {
		t.Errorf("failed %v, want %v", got, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := pipelinetest.Slow("write", time.Hour)(ctx, pipelinetest.Call{Kind: "write"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a slow call that is cancelled: %v", err)
	}
	defer func() {
		if r := recover(); r != "boom" {
			t.Errorf("recovered %v", r)
		}
	}()
	_ = run(pipelinetest.PanicNth("write", 1, "boom"), "write", 1)
}

func ExampleLedger() {
	l := pipelinetest.NewLedger()
	l.In("a.jsonl", "1", "2", "3")
	out, err := pipelinetest.JSONL("id")([]byte("{\"id\":1}\n{\"id\":3}\n"))
	if err != nil {
		fmt.Println(err)
	}
	l.Out("labels.jsonl", out...)
	fmt.Println(l.Check())
	// Output: 1 records lost: 2
}

func ExampleDisk_Crash() {
	d := pipelinetest.NewDisk()
	f, _ := d.Create("/out")
	_, _ = f.Write([]byte("synced "))
	_ = f.Sync()
	_ = d.SyncDir("/")
	_, _ = f.Write([]byte("and lost"))
	fmt.Printf("%q\n", d.Crash(2).Get("/out"))
	// Output: "synced "
}
