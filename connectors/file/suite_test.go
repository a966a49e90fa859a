package file_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

func TestConformance(t *testing.T) {
	for name, text := range mixed {
		for how, encode := range encodings {
			t.Run(name+"/"+how, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), name)
				if err := os.WriteFile(path, encode(t, text), 0o644); err != nil {
					t.Fatal(err)
				}
				conform(t, path, 100)
			})
		}
	}
	t.Run("folder", func(t *testing.T) {
		tree(t, map[string]string{
			"in/a.jsonl": strings.Repeat("{\"id\":1,\"text\":\"a\"}\n", 20), "in/b.jsonl": "\n\n",
			"in/c.jsonl": strings.Repeat("{\"id\":2}\n\n", 20), "in/d.jsonl": `{"id":3,"text":"last"}`,
		})
		conform(t, "in", 0)
	})
	t.Run("sheet", func(t *testing.T) {
		conform(t, workbook(t, "book.xlsx", [][]any{{"id", "text"}, {1, "a"}, {}, {2, "b"}, {3, "c"}}), 0)
	})
}

// workbook writes rows to the first sheet of a new file.
func workbook(t *testing.T, name string, rows [][]any) string {
	t.Helper()
	book := excelize.NewFile()
	for i, row := range rows {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if err := errors.Join(book.SaveAs(path), book.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func conform(t *testing.T, path string, maxRecord int) {
	t.Helper()
	bad := badOf(t, path, maxRecord)
	pipelinetest.Source(t, pipelinetest.SourceCase{
		New: func(t testing.TB) pipeline.Source {
			s, err := (&file.SourceConfig{Path: path}).NewSource(pipeline.Env{FS: disk.OS{}})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Bad:       bad,
		MaxRecord: maxRecord,
	})
}

// badOf are the codes of the records of a file that can't be read.
func badOf(t *testing.T, path string, maxRecord int) []string {
	t.Helper()
	_, res := readAll(t, file.SourceConfig{Path: path}, func(p *pipeline.Projection) { p.MaxRecord = maxRecord })
	if res.Err != "" {
		t.Fatal(res.Err)
	}
	var codes []string
	for _, r := range res.Rows {
		if r.Fault != "" {
			for word := range strings.FieldsSeq(r.Fault) {
				if strings.HasPrefix(word, "record.") {
					codes = append(codes, strings.TrimSuffix(word, ":"))
					break
				}
			}
		}
	}
	return codes
}
