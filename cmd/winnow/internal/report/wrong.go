package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/classify/eval"
)

// Wrong writes wrong rows in the format that a path's ending names: CSV or TSV, else JSONL.
func Wrong(path string, rows []eval.Wrong) ([]byte, error) {
	var b bytes.Buffer
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".csv", ".tsv":
		w := csv.NewWriter(&b)
		if ext == ".tsv" {
			w.Comma = '\t'
		}
		_ = w.Write([]string{"file", "row", "gold", "label", "confidence", "text"}) // a buffer never fails
		for _, r := range rows {
			_ = w.Write([]string{neutral(r.File), strconv.FormatInt(r.Row, 10), neutral(joined(r.Gold)), neutral(r.Label), number(r.Confidence), neutral(r.Text)})
		}
		w.Flush()
		return b.Bytes(), w.Error()
	}
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, r := range rows {
		if err := e.Encode(r); err != nil {
			return nil, fmt.Errorf("write a wrong row: %w", err)
		}
	}
	return b.Bytes(), nil
}

// joined is one label as it is, several as a JSON list.
func joined(labels []string) string {
	if len(labels) == 1 {
		return labels[0]
	}
	data, err := json.Marshal(labels)
	if err != nil { // strings always marshal
		return ""
	}
	return string(data)
}

// neutral keeps spreadsheet programs from taking a text for a formula.
func neutral(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// number is a score as JSON has it; empty where it is unknown.
func number(s eval.Score) string {
	data, err := s.MarshalJSON()
	if err != nil || !s.Known() {
		return ""
	}
	return string(data)
}
