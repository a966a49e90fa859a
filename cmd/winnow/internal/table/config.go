package table

import (
	"path"
	"strings"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/parquet"
	"github.com/winnow-stream/winnow/pipeline"
)

// The formats of files, in and out.
const (
	CSV     = "csv"
	XLSX    = "xlsx"
	JSONL   = "jsonl"
	Parquet = "parquet"
)

// Formats are the formats of outputs.
var Formats = []string{CSV, XLSX, JSONL, Parquet}

// Config is what a job does to the rows of a file.
type Config struct {
	Model string `json:"model"` // as the client names it
	// Name is what the client calls the file. It is shown to people, and is no path.
	Name  string   `json:"name"`
	Input Input    `json:"input"`
	Text  []string `json:"text"` // the columns that hold the texts; several are joined by line ends
	// Separate answers each of these columns by itself, in columns of its own.
	Separate bool   `json:"separate,omitempty"`
	Output   Output `json:"output"`
	// Threshold is the confidence from which a label counts, and TopK how many of them a row has at most, the best first.
	// Of a model that finds entities, Threshold is the confidence that they need; nil: the model's own.
	Threshold *float64 `json:"threshold,omitempty"`
	TopK      int      `json:"top_k,omitempty"`
	// Entities are looked for by this model instead of labels; nil: labels are given.
	Entities *Entities `json:"entities,omitempty"`
}

// Entities say what is looked for in texts.
type Entities struct {
	Tagger string   `json:"tagger,omitempty"` // a saved one, name@vN; empty: patterns alone
	Types  []string `json:"types,omitempty"`  // empty: all that there are
}

// Input is how a file is written. Empty fields are found out by Look.
type Input struct {
	Format    string `json:"format"`
	Delimiter string `json:"delimiter,omitempty"` // of CSV: one character
	Header    string `json:"header,omitempty"`    // true, false or auto
	Encoding  string `json:"encoding,omitempty"`  // of text, as the file source has it
	Sheet     string `json:"sheet,omitempty"`     // of a workbook; empty: the first visible one
}

// maxInflated is the size to which a compressed file of a client may grow: several times that of the largest upload. Workbooks
// have a limit of their own.
const maxInflated = 20 << 30

// Source is what reads the file at a path.
func (in Input) Source(path string) pipeline.SourceConfig {
	if in.Format == Parquet {
		return &parquet.SourceConfig{Path: path}
	}
	c := &file.SourceConfig{Path: path, Format: in.Format, Delimiter: in.Delimiter, Header: in.Header, Encoding: in.Encoding, Sheet: in.Sheet}
	if in.Format != XLSX && in.Format != "" {
		c.MaxInflated = maxInflated
	}
	return c
}

// Source is what reads the job's file at a path. What is wrong with cells that hold no texts is no reason to reject a row.
func (c *Config) Source(path string) pipeline.SourceConfig {
	s := c.Input.Source(path)
	if f, ok := s.(*file.SourceConfig); ok {
		f.Needed = c.Text
	}
	return s
}

// Output is how the results are written.
type Output struct {
	Format    string `json:"format"`
	Delimiter string `json:"delimiter,omitempty"` // of CSV
	Formulas  string `json:"formulas,omitempty"`  // of CSV: neutralize or raw
}

// Sink is what writes them to a path.
func (o Output) Sink(path string) pipeline.SinkConfig {
	if o.Format == Parquet {
		return &parquet.SinkConfig{Path: path}
	}
	c := &file.SinkConfig{Path: path, Format: o.Format, Delimiter: o.Delimiter, Formulas: o.Formulas}
	if o.Format == XLSX {
		c.LongCells = "cut"
	}
	return c
}

// input is how the results are read again.
func (o Output) input() Input {
	in := Input{Format: o.Format, Delimiter: o.Delimiter}
	if o.Format == CSV {
		in.Header, in.Encoding = "true", "utf-8"
	}
	return in
}

// MediaType is that of the results.
func (o Output) MediaType() string {
	switch o.Format {
	case CSV:
		return "text/csv; charset=utf-8"
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case Parquet:
		return "application/vnd.apache.parquet"
	default:
		return "application/x-ndjson"
	}
}

// ResultsName is what the results are called for people: reviews-results.xlsx for reviews.csv.
func (c *Config) ResultsName() string {
	stem := strings.TrimSuffix(c.Name, path.Ext(c.Name))
	if stem == "" {
		return "results." + c.Output.Format
	}
	return stem + "-results." + c.Output.Format
}
