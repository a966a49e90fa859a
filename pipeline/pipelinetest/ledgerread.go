package pipelinetest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ReadIDs takes the record ids out of an output's bytes, in order. JSONL and CSV make the common ones; a format of a
// connector's own (Parquet, .xlsx) brings its own function.
type ReadIDs func(data []byte) ([]string, error)

// JSONL reads the ids out of a field of each line. A dotted path goes into objects, and into strings that hold JSON,
// as the field record of dead letters does: "record.id".
func JSONL(path string) ReadIDs {
	return func(data []byte) ([]string, error) {
		if len(data) > 0 && data[len(data)-1] != '\n' {
			return nil, errors.New("the last line is torn")
		}
		var ids []string
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		for line := 1; ; line++ {
			var object any
			err := d.Decode(&object)
			if errors.Is(err, io.EOF) {
				return ids, nil
			}
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
			id, err := dig(object, strings.Split(path, "."))
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
			ids = append(ids, id)
		}
	}
}

func dig(value any, path []string) (string, error) {
	for _, name := range path {
		if s, ok := value.(string); ok {
			if err := json.Unmarshal([]byte(s), &value); err != nil {
				return "", err
			}
		}
		object, ok := value.(map[string]any)
		if !ok || object[name] == nil {
			return "", fmt.Errorf("no field %q", name)
		}
		value = object[name]
	}
	return fmt.Sprint(value), nil
}

// CSV reads the ids out of a column of a CSV file with a header.
func CSV(column string, comma rune) ReadIDs {
	return func(data []byte) ([]string, error) {
		r := csv.NewReader(bytes.NewReader(data))
		r.Comma = comma
		rows, err := r.ReadAll()
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		at := slices.Index(rows[0], column)
		if at < 0 {
			return nil, fmt.Errorf("no column %q among %q", column, rows[0])
		}
		ids := make([]string, 0, len(rows)-1)
		for _, row := range rows[1:] {
			ids = append(ids, row[at])
		}
		return ids, nil
	}
}
