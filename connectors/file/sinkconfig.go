package file

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// SinkConfig is where and how records are written.
type SinkConfig struct {
	// Path is a file (out.jsonl, out.csv.gz, out.xlsx), a folder for part files (out/), or - for standard output. Its
	// folder must exist. The file appears when the run is complete; until then its data lies in <path>.part.
	Path string `yaml:"path"`
	// Format is jsonl, csv, tsv or xlsx. Default: by the extension; jsonl for folders and standard output.
	Format string `yaml:"format" jsonschema:"enum=jsonl,enum=csv,enum=tsv,enum=xlsx"`
	// Compression is none, gzip or zstd. Default: by the extension (.gz, .zst). Each batch is a gzip member or a zstd
	// frame of its own, which every reader of these formats takes as one stream.
	Compression string `yaml:"compression" jsonschema:"enum=none,enum=gzip,enum=zstd"`
	// Delimiter separates the fields of CSV: one character, or tab. Default: the input's where that is CSV, else a comma; a tab for tsv.
	Delimiter string `yaml:"delimiter"`
	// Formulas says what becomes of text in CSV that a spreadsheet program would run as a formula: raw leaves it,
	// neutralize puts an apostrophe before it. Cells of .xlsx are typed, so that text stays text. Default raw.
	Formulas string `yaml:"formulas" jsonschema:"enum=raw,enum=neutralize"`
	// LongCells says what becomes of a text that no cell of .xlsx can hold, which is one of more than 32,767 characters:
	// reject makes its record a rejected one, cut shortens it, and says so at its end. Default reject.
	LongCells string `yaml:"long_cells" jsonschema:"enum=reject,enum=cut"`
	// Overwrite replaces an existing output; the old one stays until the run is complete.
	Overwrite bool `yaml:"overwrite"`
	// PartBytes is the size at which a part file of a folder ends, at the next commit. In a stream from Kafka it is what
	// makes the commit: the batch that reaches it is the part's last. Counted is the file as it is, compressed. Default
	// 128MiB.
	PartBytes unit.Size `yaml:"part_bytes"`
	// PartRows does the same by rows. Default 0: no limit.
	PartRows int64 `yaml:"part_rows" jsonschema:"minimum=0"`
	// Columns are fields of JSON messages with their types (int64, float64, bool, string, json), where a stream writes CSV:
	// each becomes a column, and what they don't name goes into _extra. Without them a stream writes _topic, _partition,
	// _offset, _time, _key, the text and value (the message as JSON).
	Columns map[string]string `yaml:"columns"`

	// Writer is where the path - goes instead of standard output.
	Writer io.Writer `yaml:"-"`
}

var _ pipeline.SinkConfig = SinkConfig{}

const defaultPartBytes = 128 << 20

// The ways of compressing outputs.
const (
	compressNone = "none"
	compressGzip = "gzip"
	compressZstd = "zstd"
)

var (
	sinkFormats      = []string{formatJSONL, formatCSV, formatTSV, formatXLSX}
	sinkCompressions = []string{compressNone, compressGzip, compressZstd}
	formatByExt      = map[string]string{
		".jsonl": formatJSONL, ".ndjson": formatJSONL, ".json": formatJSONL,
		".csv": formatCSV, ".tsv": formatTSV, ".tab": formatTSV, ".xlsx": formatXLSX,
	}
	compressionByExt = map[string]string{".gz": compressGzip, ".zst": compressZstd, ".zstd": compressZstd}
)

func (c SinkConfig) stdout() bool { return c.Path == "-" }
func (c SinkConfig) folder() bool {
	return strings.HasSuffix(c.Path, "/") || strings.HasSuffix(c.Path, string(filepath.Separator))
}

// PartLimits are the bytes and the rows (0: any number) at which a part file is full.
func (c SinkConfig) PartLimits() (bytes, rows int64) {
	c.setDefaults()
	return int64(c.PartBytes), c.PartRows
}

// setDefaults fills in what the path tells.
func (c *SinkConfig) setDefaults() {
	name := strings.ToLower(c.Path)
	ext := filepath.Ext(name)
	if packed, ok := compressionByExt[ext]; ok && !c.folder() {
		if c.Compression == "" {
			c.Compression = packed
		}
		ext = filepath.Ext(strings.TrimSuffix(name, ext))
	}
	if c.Compression == "" {
		c.Compression = compressNone
	}
	if c.Format == "" {
		c.Format = formatByExt[ext]
		if c.stdout() || c.folder() {
			c.Format = formatJSONL
		}
	}
	if c.PartBytes == 0 {
		c.PartBytes = defaultPartBytes
	}
	if c.Formulas == "" {
		c.Formulas = "raw"
	}
}

// Check reports every field that is wrong.
func (c SinkConfig) Check() error {
	given := c
	c.setDefaults()
	var errs []error
	bad := func(code *fault.Code, path, format string, args ...any) {
		errs = append(errs, fault.New(code, format, args...).At(fault.Where{Path: path}))
	}
	switch {
	case c.Path == "":
		bad(fault.ConfigMissing, "path", "path is missing")
	case c.Format == "":
		bad(fault.ConfigField, "format", "the extension of %q tells no format; name one of %s", c.Path, strings.Join(sinkFormats, ", "))
	case !slices.Contains(sinkFormats, c.Format):
		bad(fault.ConfigField, "format", "%q is not one of %s", c.Format, strings.Join(sinkFormats, ", "))
	case c.Format == formatXLSX && (c.stdout() || c.folder()):
		bad(fault.ConfigField, "format", "xlsx needs a file to write to")
	case c.Format == formatXLSX && c.Compression != compressNone:
		bad(fault.ConfigField, "compression", "xlsx is compressed already")
	}
	if !slices.Contains(sinkCompressions, c.Compression) {
		bad(fault.ConfigField, "compression", "%q is not one of %s", c.Compression, strings.Join(sinkCompressions, ", "))
	}
	if _, ok := parseDelimiter(c.Delimiter); !ok {
		bad(fault.ConfigField, "delimiter", "%q can't separate fields; use one ASCII character, or tab", c.Delimiter)
	}
	if c.Formulas != "raw" && c.Formulas != "neutralize" {
		bad(fault.ConfigField, "formulas", "%q is not one of raw, neutralize", c.Formulas)
	}
	if c.LongCells != "" && c.LongCells != "reject" && c.LongCells != "cut" {
		bad(fault.ConfigField, "long_cells", "%q is not one of reject, cut", c.LongCells)
	}
	for _, limit := range []struct {
		path string
		n    int64
	}{{"part_bytes", int64(given.PartBytes)}, {"part_rows", given.PartRows}} {
		switch {
		case limit.n < 0:
			bad(fault.ConfigField, limit.path, "limits of part files can't be negative")
		case limit.n > 0 && c.Path != "" && !c.folder():
			bad(fault.ConfigField, limit.path, "%q is no folder of part files; end it with / to make it one", c.Path)
		}
	}
	return errors.Join(errs...)
}

// NewSink returns the sink. It touches nothing outside.
func (c SinkConfig) NewSink(env pipeline.Env) (pipeline.Sink, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c.setDefaults()
	return newSink(c, env), nil
}

// encoding is how records are encoded.
func (c SinkConfig) encoding() encode.Options {
	o := encode.Options{Neutralize: c.Formulas == "neutralize"}
	switch c.Format {
	case formatCSV:
		o.Format = encode.CSV
	case formatTSV:
		o.Format, o.Delimiter = encode.CSV, '\t'
	case formatXLSX:
		o = encode.Options{Format: encode.Cells, Cut: c.LongCells == "cut"}
	}
	if d, _ := parseDelimiter(c.Delimiter); d != 0 {
		o.Delimiter = d
	}
	return o
}

// parseDelimiter returns a configured delimiter, 0 for none.
func parseDelimiter(s string) (byte, bool) { return (&SourceConfig{Delimiter: s}).delimiter() }

// Ext is the extension of part files.
func (c SinkConfig) Ext() string {
	c.setDefaults()
	switch c.Compression {
	case compressGzip:
		return "." + c.Format + ".gz"
	case compressZstd:
		return "." + c.Format + ".zst"
	default:
		return "." + c.Format
	}
}
