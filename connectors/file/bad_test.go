package file_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
)

var update = flag.Bool("update", false, "write the golden files anew")

// badConfigs are the options of bad inputs that need some.
var badConfigs = map[string]file.SourceConfig{
	"csv/wrong_separator": {Delimiter: ","},
	"csv/invalid_utf8":    {Encoding: "utf-8"},
	"csv/columns_differ":  {Columns: []string{"a", "b", "c"}},
	"jsonl/invalid_utf8":  {Encoding: "utf-8"},
	"text/invalid_utf8":   {Encoding: "utf-8"},
	"compressed/is_xz":    {Format: "jsonl"},
}

// TestBadInputs reads each file of testdata/bad and compares all errors it gives with the file beside it.
func TestBadInputs(t *testing.T) {
	root, err := filepath.Abs("../../testdata/bad")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"jsonl", "csv", "text", "compressed"} {
		t.Chdir(filepath.Join(root, format))
		names, err := filepath.Glob("*.bad.*")
		if err != nil || len(names) == 0 {
			t.Fatal(format, names, err)
		}
		for _, name := range names {
			t.Run(format+"/"+name, func(t *testing.T) {
				base, rest, _ := strings.Cut(name, ".bad.")
				golden := base + ".error"
				if format == "compressed" {
					golden = base + "." + rest + ".error"
				}
				got := errorsOf(t, format+"/"+base, name)
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(string(want), got); d != "" {
					t.Error(d)
				}
			})
		}
	}
}

// errorsOf reads a file whole and returns the faults of its records and the error that ended it, as users see them.
func errorsOf(t *testing.T, key, path string) string {
	cfg := badConfigs[key]
	cfg.Path = path
	var report strings.Builder
	_, res := readAll(t, cfg, func(p *pipeline.Projection) {
		if strings.HasSuffix(key, "too_large") || strings.HasSuffix(key, "_long") {
			p.MaxRecord = 128
		}
		if strings.HasSuffix(key, "duplicate_key") {
			p.Columns = p.Columns[1:2]
		}
	})
	for _, r := range res.Rows {
		if r.Fault != "" {
			report.WriteString(r.Fault + "\n")
		}
	}
	if res.Err != "" {
		report.WriteString(res.Err + "\n")
	}
	if report.Len() == 0 {
		t.Error("no error at all")
	}
	return report.String()
}
