package wire_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// tableJob runs a job over a file, and returns its output's path and the counts.
func tableJob(t *testing.T, input string, in table.Input, choices []string, c table.Config) (path string, counts string) {
	t.Helper()
	dir := t.TempDir()
	shape, err := table.Look(t.Context(), disk.OS{}, input, in)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := table.ParseChoices(choices)
	if err != nil {
		t.Fatal(err)
	}
	c.Input = shape.Input
	if c.Text, err = shape.Choose(parsed); err != nil {
		t.Fatal(err)
	}
	p, err := wire.Table("batch_a", input, dir, &c, &spec.Classify{Labels: classify.LabelSet{{Name: "billing"}, {Name: "technical"}}, Mode: classify.Single}, nil, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, wire.TableResults), fmt.Sprintf("read %d dead %d", s.Counts.Read, s.Counts.Dead)
}

func written(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const rows = "id;body;note\n1;refund my invoice;=1+1\n2;the app crashes;\n3;too;many;fields\n4;\"pay; by card\";x\n"

// TestTable gives each format back as each with columns added: in order, with a row for those that could not be read.
func TestTable(t *testing.T) {
	half := 0.5
	inputs := map[string]string{table.CSV: written(t, "upload", rows), table.JSONL: written(t, "upload", `{"id":1,"body":"refund my invoice","note":"=1+1"}
{"id":2,"body":"the app crashes","more":[1.50]}
not JSON
{"id":4,"body":"pay; by card","note":"x"}
{"id":5,"body":null}
`)}
	for _, format := range []string{table.XLSX, table.Parquet} { // made of the CSV, without the row that is wrong
		inputs[format], _ = tableJob(t, written(t, "upload", strings.Replace(rows, "too;many;fields", "a;b", 1)), table.Input{}, []string{"body"}, table.Config{
			TopK: 1, Output: table.Output{Format: format},
		})
	}
	var got strings.Builder
	for _, from := range table.Formats {
		for _, to := range table.Formats {
			out := table.Output{Format: to, Formulas: "neutralize"}
			path, counts := tableJob(t, inputs[from], table.Input{}, []string{"[1]"}, table.Config{Threshold: &half, TopK: 2, Output: out})
			page, err := table.Preview(t.Context(), disk.OS{}, path, out, 10)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&got, "%s to %s: %s\n%s\n", from, to, counts, strings.Join(page.Columns, " "))
			for _, row := range page.Rows {
				fmt.Fprintln(&got, string(row))
			}
		}
	}
	const golden = "testdata/tables.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Error(diff)
	}
}

// TestTableLate has records that bring a field of a result's name where those before had none: their rows say so, and no name
// is there twice. In formats with columns it is no matter.
func TestTableLate(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, `{"id":%d,"body":"refund my invoice"}`+"\n", i)
	}
	b.WriteString(`{"id":1, "label" : {"a":1},"input_label":2,"body":"refund","error":null}` + "\n")
	input := written(t, "upload", b.String())
	out := table.Output{Format: table.JSONL}
	path, counts := tableJob(t, input, table.Input{}, []string{"body"}, table.Config{TopK: 1, Output: out})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	want := `{"id":1,"input_input_label":{"a":1},"input_label":2,"body":"refund","input_error":null,"label":null,"score":null,"labels":null,"scores":null,"error":"record.field_conflict: the record already has a field \"label\", which is a result's name"}`
	if diff := cmp.Diff(want, lines[20_000]); diff != "" || counts != "read 20001 dead 1" {
		t.Errorf("%s %s", counts, diff)
	}
	if _, counts := tableJob(t, input, table.Input{}, []string{"body"}, table.Config{TopK: 1, Output: table.Output{Format: table.CSV}}); counts != "read 20001 dead 0" {
		t.Error(counts)
	}
}

// TestTableLong gives a text that no cell of a sheet can hold back in part, with its labels.
func TestTableLong(t *testing.T) {
	out := table.Output{Format: table.XLSX}
	path, counts := tableJob(t, written(t, "upload", "id,body\n1,"+strings.Repeat("refund \U0001f600", 10_000)+"\n2,crash\n"), table.Input{}, []string{"body"}, table.Config{TopK: 1, Output: out})
	page, err := table.Preview(t.Context(), disk.OS{}, path, out, 10)
	if err != nil || len(page.Rows) != 2 || counts != "read 2 dead 0" {
		t.Fatalf("%v %s %v", page, counts, err)
	}
	if row := string(page.Rows[0]); !strings.Contains(row, ` [cut: the text has 90000 characters]","label":"billing"`) {
		t.Errorf("%.100s … %s", row, row[len(row)-200:])
	}
}

// TestTableSeparate answers each of two columns by itself: one without a text has its reason, and the other its answer.
func TestTableSeparate(t *testing.T) {
	const rows = `{"id":1,"subject":"refund","body":"the app crashes at ann@example.com","subject_label":"x"}
{"id":2,"subject":null,"body":"pay by card"}
{"id":3,"subject":null}
not JSON
{"id":5,"subject":"refund me","body":"it crashes","body_score":7}
`
	input := written(t, "upload", rows)
	for name, c := range map[string]table.Config{
		"labels":   {Separate: true, TopK: 1, Output: table.Output{Format: table.JSONL}},
		"entities": {Separate: true, Entities: &table.Entities{}, Output: table.Output{Format: table.JSONL}},
		"csv":      {Separate: true, TopK: 2, Output: table.Output{Format: table.CSV, Delimiter: ","}},
	} {
		path, counts := tableJob(t, input, table.Input{}, []string{"subject", "body"}, c)
		if counts != "read 5 dead 2" {
			t.Errorf("%s: %s", name, counts)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		golden := "testdata/separate." + name
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s\n%s", name, diff)
		}
	}
}
