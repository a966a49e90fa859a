package crash

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/test/corpus"
)

// bad is how often a row of the text formats is damaged, and so rejected.
const bad = 997

// scenario is a spec with its input and its outputs.
type scenario struct {
	name    string
	input   string   // file name
	spec    string   // YAML without name, source and commit
	outputs []string // files, and folders with a slash at their end
	rejects string   // file name of the dead letters; empty where the input has no bad rows
	dropped func(corpus.Row) bool
	quick   bool // its named points are part of every `make test`
}

const labels = `
classify:
  labels:
    billing: Invoices, charges, payments, fees and refunds
    travel: Flights, rooms, trips and bookings
    technical: Crashes, errors, outages and broken devices
    chat: Small talk, thanks, greetings and feelings
`

var scenarios = []scenario{
	{
		name: "jsonl to jsonl", input: "in.jsonl", outputs: []string{"out.jsonl"}, rejects: "out.jsonl.rejected.jsonl",
		quick: true,
		spec:  labels + "sinks: {default: {file: {path: out.jsonl}}}\n",
	},
	{
		name: "csv to csv", input: "in.csv", outputs: []string{"out.csv"}, rejects: "out.csv.rejected.jsonl",
		spec: labels + "sinks: {default: {file: {path: out.csv}}}\n",
	},
	{
		name: "parquet to parquet", input: "in.parquet", outputs: []string{"out.parquet"},
		spec: labels + "sinks: {default: {parquet: {path: out.parquet}}}\n",
	},
	{
		name: "jsonl to parquet", input: "in.jsonl", outputs: []string{"out.parquet"}, rejects: "out.parquet.rejected.jsonl",
		spec: labels + "sinks: {default: {parquet: {path: out.parquet}}}\n",
	},
	{
		name: "routed to three sinks", input: "in.jsonl", outputs: []string{"rest.jsonl", "billing.csv", "review.parquet"},
		rejects: "dead.jsonl", quick: true,
		dropped: func(r corpus.Row) bool { return r.Visits < 16 },
		spec: labels + `
where: visits >= 16
route:
  - {when: label == "billing", to: billing}
  - {when: confidence < 0.5, to: review}
sinks:
  default: {file: {path: rest.jsonl}}
  billing: {file: {path: billing.csv}}
  review: {parquet: {path: review.parquet}}
dead_letters: {file: {path: dead.jsonl}}
`,
	},
}

// folders and workbook end in other ways than single files do, and so pass further points.
var (
	folders = scenario{
		name: "jsonl to folders", input: "in.jsonl", outputs: []string{"rest/", "billing/"},
		rejects: "dead.jsonl",
		spec: labels + `
route:
  - {when: label == "billing", to: billing}
sinks:
  default: {file: {path: rest/, part_rows: 1500}}
  billing: {parquet: {path: billing/, part_size: 20000}}
dead_letters: {file: {path: dead.jsonl}}
`,
	}
	workbook = scenario{
		name: "jsonl to xlsx", input: "in.jsonl", outputs: []string{"out.xlsx"}, rejects: "out.xlsx.rejected.jsonl",
		spec: labels + "sinks: {default: {file: {path: out.xlsx}}}\n",
	}
)

// place is a scenario with its input in a folder.
type place struct {
	scenario
	dir  string
	rows int
}

// prepare writes the input and the spec. cadence is the spec's commit.
func (s scenario) prepare(t *testing.T, dir string, n int, cadence string) *place {
	t.Helper()
	c, err := texts()
	if err != nil {
		t.Fatal(err)
	}
	p := &place{scenario: s, dir: dir, rows: n}
	in := p.path(s.input)
	if _, err := os.Stat(in); err != nil {
		write := map[string]func() error{
			".jsonl":   func() error { return c.WriteJSONL(in, n, bad) },
			".csv":     func() error { return c.WriteCSV(in, n, bad) },
			".parquet": func() error { return c.WriteParquet(in, n) },
		}[filepath.Ext(in)]
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	kind := "file"
	if filepath.Ext(in) == ".parquet" {
		kind = "parquet"
	}
	spec := fmt.Sprintf("name: crash\nsource: {%s: {path: %s}}\n%s%s", kind, s.input, cadence, s.spec)
	if err := os.WriteFile(p.path("spec.yaml"), []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) path(name string) string { return filepath.Join(p.dir, name) }

// clear removes what a run leaves.
func (p *place) clear(t *testing.T) {
	t.Helper()
	keep := map[string]bool{p.input: true, "spec.yaml": true}
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !keep[e.Name()] {
			if err := os.RemoveAll(p.path(e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// sealed is everything that a completed run left to see, by its path from the place.
type sealed map[string][]byte

// of returns the paths of an output: itself, or the files in the folder that it is, in order.
func (s sealed) of(output string) []string {
	var paths []string
	for path := range s {
		if path == output || strings.HasSuffix(output, "/") && strings.HasPrefix(path, output) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// read takes the outputs, and asks that nothing else is left to see.
func (p *place) read(t *testing.T) sealed {
	t.Helper()
	s := sealed{}
	err := filepath.WalkDir(p.dir, func(path string, e fs.DirEntry, err error) error {
		switch name, _ := filepath.Rel(p.dir, path); {
		case err != nil:
			return err
		case name == ".winnow":
			return fs.SkipDir
		case e.IsDir() || name == p.input || name == "spec.yaml":
			return nil
		default:
			s[name], err = os.ReadFile(path)
			return err
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for _, name := range append(p.outputs, p.rejects) {
		paths := s.of(name)
		if len(paths) == 0 && name != "" {
			t.Fatalf("%s is missing", name)
		}
		known += len(paths)
	}
	if len(s) != known {
		t.Fatalf("%d files are left, want %d: %q", len(s), known, slices.Sorted(maps.Keys(s)))
	}
	return s
}

// judge enters everything into the ledger and compares it with the run's counters.
func (p *place) judge(s sealed, counts pipeline.Counts) error {
	l := pipelinetest.NewLedger()
	c, err := texts()
	if err != nil {
		return err
	}
	ids := make([]string, p.rows)
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	l.In(p.input, ids...)
	for _, output := range p.outputs {
		for _, name := range s.of(output) {
			got, err := readIDs(name)(s[name])
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			l.Out(output, got...)
		}
	}
	if p.rejects != "" {
		got, err := rejectedIDs(s[p.rejects])
		if err != nil {
			return fmt.Errorf("%s: %w", p.rejects, err)
		}
		l.Dead(got...)
	}
	if p.dropped != nil {
		for i, id := range ids {
			if i%bad != bad-1 && p.dropped(c.Row(i)) {
				l.Drop(id)
			}
		}
	}
	if err := l.Check(); err != nil {
		return err
	}
	return l.CheckCounts(counts)
}

// differ compares two completed runs: nil where they are equal. Parquet is compared row by row, the rest by bytes.
func (p *place) differ(want, got sealed) error {
	if a, b := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)); !slices.Equal(a, b) {
		return fmt.Errorf("the files are %q, want %q", b, a)
	}
	for name := range want {
		if filepath.Ext(name) == ".parquet" {
			if err := differParquet(want[name], got[name]); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			continue
		}
		if !bytes.Equal(want[name], got[name]) {
			return fmt.Errorf("%s: %w", name, pipelinetest.DiffLines(want[name], got[name]))
		}
	}
	return nil
}

func readIDs(name string) pipelinetest.ReadIDs {
	switch filepath.Ext(name) {
	case ".jsonl":
		return pipelinetest.JSONL("id")
	case ".csv":
		return pipelinetest.CSV("id", ',')
	case ".xlsx":
		return workbookIDs
	}
	return func(data []byte) ([]string, error) {
		var ids []string
		err := eachRow(data, func(s *parquet.Schema, row parquet.Row) error {
			id, ok := s.Lookup("id")
			if !ok {
				return errors.New("no column id")
			}
			ids = append(ids, row[id.ColumnIndex].String()) // flat, so that values stand where their columns do
			return nil
		})
		return ids, err
	}
}

// workbookIDs reads the first column below the header.
func workbookIDs(data []byte) ([]string, error) {
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || rows[0][0] != "id" {
		return nil, errors.New("the first column is not id")
	}
	ids := make([]string, len(rows)-1)
	for i, row := range rows[1:] {
		ids[i] = row[0]
	}
	return ids, nil
}

var damaged = regexp.MustCompile(`^(?:\{"id":)?(\d+)`)

// rejectedIDs reads the ids out of damaged records in dead letters.
func rejectedIDs(data []byte) ([]string, error) {
	var ids []string
	for line := range bytes.Lines(data) {
		var letter struct {
			Code, Record string
			Bytes        []byte `json:"record_base64"` // where the record is no UTF-8
		}
		if err := json.Unmarshal(line, &letter); err != nil {
			return nil, err
		}
		m := damaged.FindStringSubmatch(letter.Record + string(letter.Bytes))
		if m == nil || letter.Code == "" {
			return nil, fmt.Errorf("no id in %s", line)
		}
		ids = append(ids, m[1])
	}
	return ids, nil
}

// eachRow reads the rows of a Parquet file, and asks for as many as its footer counts.
func eachRow(data []byte, take func(*parquet.Schema, parquet.Row) error) error {
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	r := parquet.NewReader(f)
	defer r.Close()
	rows := make([]parquet.Row, 256)
	var count int64
	for {
		n, err := r.ReadRows(rows)
		for _, row := range rows[:n] {
			if err := take(f.Schema(), row); err != nil {
				return fmt.Errorf("row %d: %w", count, err)
			}
			count++
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if count != f.NumRows() {
		return fmt.Errorf("%d rows, the footer says %d", count, f.NumRows())
	}
	return nil
}

// differParquet compares rows; where row groups end may differ.
func differParquet(want, got []byte) error {
	if bytes.Equal(want, got) {
		return nil
	}
	next, stop := iter.Pull2(func(yield func(parquet.Row, error) bool) {
		err := eachRow(want, func(_ *parquet.Schema, row parquet.Row) error {
			if !yield(row, nil) {
				return io.EOF
			}
			return nil
		})
		if err != nil && !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	})
	defer stop()
	err := eachRow(got, func(_ *parquet.Schema, row parquet.Row) error {
		wanted, err, ok := next()
		switch {
		case err != nil:
			return err
		case !ok:
			return errors.New("there are more rows than wanted")
		case !wanted.Equal(row):
			return fmt.Errorf("%v, want %v", row, wanted)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, _, more := next(); more {
		return errors.New("there are fewer rows than wanted")
	}
	return nil
}
