//go:build integration

package stream

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/winnow-stream/winnow/test/broker"
)

// toFiles is a pipeline from a topic to a folder of part files.
type toFiles struct {
	format string
	size   int64 // bytes of a part; 0: the default
}

// smallBatch is the number of rows of a batch where parts have a size of their own: they exceed it by one batch at most.
const smallBatch = 100

func (o toFiles) sinks(s *scene) string {
	kind, size, batch := fmt.Sprintf("file: {path: %s/, format: %s", filepath.Join(s.dir, "out"), o.format), "}", ""
	if o.size > 0 {
		size, batch = fmt.Sprintf(", part_bytes: %dB}", o.size), fmt.Sprintf("batch: {rows: %d}\n", smallBatch)
	}
	if o.format == "parquet" {
		kind = fmt.Sprintf("parquet: {path: %s/, columns: {id: int64}", filepath.Join(s.dir, "out"))
		if o.size > 0 {
			size = fmt.Sprintf(", part_size: %d}", o.size)
		}
	}
	return fmt.Sprintf("sinks:\n  default: {%s%s}\ndead_letters: {file: {path: %s/, format: jsonl}}\ncommit: {interval: 1s}\n%s",
		kind, size, filepath.Join(s.dir, "dead"), batch)
}

// sized holds that no part is larger than its size and a batch, and that some have their size. Slack is how far that may
// be off: the rows of a small Parquet file are estimated, and its footer has the schema.
func (s *scene) sized(size, slack int64) {
	s.t.Helper()
	list := s.parts("out")
	most, rows, all := int64(0), int64(0), int64(0)
	for _, p := range list {
		info, err := os.Stat(p.path)
		s.must(err)
		most = max(most, info.Size())
		rows, all = rows+p.end-p.first, all+info.Size()
	}
	batch := 2 * smallBatch * all / rows // records differ, and some are dead letters
	if most > size+batch+slack || most < size-batch-slack {
		s.t.Errorf("the largest of %d parts has %d bytes; the limit is %d, and a batch about %d", len(list), most, size, batch/2)
	}
}

func (o toFiles) read(s *scene) (map[int][]int64, []int64) {
	delivered := make(map[int][]int64)
	for _, p := range s.parts("out") {
		read := linesOf
		if o.format == "parquet" {
			read = rowsOf
		}
		ids := read(s, p.path)
		delivered[p.partition] = append(delivered[p.partition], ids...)
	}
	var dead []int64
	for _, p := range s.parts("dead") {
		s.eachLine(p.path, func(line []byte) {
			var l struct{ Record string }
			s.must(json.Unmarshal(line, &l))
			id, err := strconv.ParseInt(strings.TrimPrefix(l.Record, "id "), 10, 64)
			s.must(err)
			dead = append(dead, id)
		})
	}
	return delivered, dead
}

// part is a visible part file, named <topic>-<partition>-<first>-<end>.<ext>.
type part struct {
	path       string
	partition  int
	first, end int64
}

// parts are the visible part files of a folder, by partition and offset. They must not overlap, and nothing hidden must
// be left.
func (s *scene) parts(folder string) []part {
	s.t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.dir, folder))
	s.must(err)
	var list []part
	for _, e := range entries {
		switch {
		case e.IsDir():
			continue
		case strings.HasPrefix(e.Name(), "."):
			s.t.Errorf("a hidden file is left: %s", e.Name())
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(e.Name(), s.topic("in")+"-"), filepath.Ext(e.Name()))
		fields := strings.Split(name, "-")
		if len(fields) != 3 {
			s.t.Fatalf("a part of another name: %s %v", e.Name(), fields)
		}
		var n [3]int64
		for i, f := range fields {
			n[i], err = strconv.ParseInt(f, 10, 64)
			s.must(err)
		}
		list = append(list, part{filepath.Join(s.dir, folder, e.Name()), int(n[0]), n[1], n[2]})
	}
	slices.SortFunc(list, func(a, b part) int {
		if a.partition != b.partition {
			return a.partition - b.partition
		}
		return int(a.first - b.first)
	})
	for i := 1; i < len(list); i++ {
		if list[i].partition == list[i-1].partition && list[i].first < list[i-1].end {
			s.t.Errorf("parts overlap: %v %v", list[i-1], list[i])
		}
	}
	return list
}

func (s *scene) eachLine(path string, do func(line []byte)) {
	s.t.Helper()
	f, err := os.Open(path)
	s.must(err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		do(bytes.TrimSpace(lines.Bytes()))
	}
	s.must(lines.Err())
}

func linesOf(s *scene, path string) (ids []int64) {
	s.eachLine(path, func(line []byte) {
		var v struct {
			ID    int64
			Label *string
		}
		v.ID = -1
		if err := json.Unmarshal(line, &v); err != nil || v.Label == nil {
			s.t.Errorf("%s: not a labelled record: %.80q", path, line)
		}
		ids = append(ids, v.ID)
	})
	return ids
}

func rowsOf(s *scene, path string) []int64 {
	type row struct {
		ID    int64  `parquet:"id"`
		Label string `parquet:"label"`
	}
	rows, err := parquet.ReadFile[row](path)
	if err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		if ids[i] = r.ID; r.Label == "" {
			s.t.Errorf("%s: row %d has no label", path, i)
		}
	}
	return ids
}

// TestFiles kills, rebalances and breaks the broker under pipelines to part files.
func TestFiles(t *testing.T) {
	for _, format := range []string{"jsonl", "parquet"} {
		t.Run(format, func(t *testing.T) {
			cluster := broker.Start(t)
			out := toFiles{format: format}
			t.Run("kill", func(t *testing.T) { newScene(t, cluster, out, "").killed(size(3, 30)) })
			t.Run("kill between small parts", func(t *testing.T) {
				limit, slack := int64(40_000), int64(0)
				if format == "parquet" { // whose records here take 4 bytes
					limit, slack = 4_000, 4_000
				}
				s := newScene(t, cluster, toFiles{format, limit}, "")
				s.killed(size(2, 10))
				s.sized(limit, slack)
			})
			t.Run("rebalance", func(t *testing.T) { newScene(t, cluster, out, "").rebalanced(size(4, 20)) })
			t.Run("broker", func(t *testing.T) { newScene(t, cluster, out, "").brokerKilled(size(1, 5)) })
		})
	}
}
