package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// TestTableSheet has a workbook labelled as people make them: with a title, a name that comes twice, numbers and dates. The results are a
// workbook of the same numbers and dates.
func TestTableSheet(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	for cell, value := range map[string]any{
		"A1": "Reviews of 2026", "A3": "id", "B3": "text", "C3": "day", "D3": "text", "A4": 17, "B4": "a lovely room", "C4": time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC),
		"D4": "007", "A5": 18.5, "B5": "a cold shower", "D5": true,
	} {
		if err := f.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	server, _ := newJobs(t, true)
	id := makeTable(t, server, nil, "model", "sentiment", "columns_to_classify", "1", "@file", b.String())["id"].(string)
	s := ended(t, server, id)
	if warnings := fmt.Sprint(s["warnings"]); s["status"] != "completed" || s["rows_failed"] != 0.0 || !strings.Contains(warnings, "column 4 is called text_2") || !strings.Contains(warnings, "names in row 3") {
		t.Errorf("%v", s)
	}
	r := send(t, server, http.MethodGet, "/api/batch_jobs/"+id+"/download", nil, "")
	got, err := excelize.OpenReader(bytes.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	for cell, want := range map[string]string{
		"A1": "id", "D1": "text_2", "E1": "label", "A2": "17", "B2": "a lovely room", "C2": "03-15-26", "D2": "007", "A3": "18.5", "D3": "TRUE",
	} {
		value, valueErr := got.GetCellValue("Sheet1", cell)
		kind, kindErr := got.GetCellType("Sheet1", cell)
		isText := cell[1] == '1' || cell == "B2" || cell == "D2"
		if value != want || (kind == excelize.CellTypeInlineString) != isText || valueErr != nil || kindErr != nil {
			t.Errorf("%s: %q of type %d, want %q", cell, value, kind, want)
		}
	}
}
