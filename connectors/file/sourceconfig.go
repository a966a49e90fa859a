package file

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/connectors/file/charset"
	"github.com/winnow-stream/winnow/connectors/file/inflate"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// SourceConfig is a file source. Only path is needed; everything else is detected.
type SourceConfig struct {
	// A file, a folder (all files in it, sorted by path), a pattern such as data/**/*.csv.gz, or - for standard input.
	Path string `yaml:"path" jsonschema:"required"`
	// What the files hold: jsonl, csv, tsv, text (one record a line) or xlsx. auto goes by the name's ending, then by
	// content.
	Format string `yaml:"format" jsonschema:"enum=auto,enum=jsonl,enum=csv,enum=tsv,enum=text,enum=xlsx"`
	// How they are compressed: none, gzip, zstd or bz2. auto goes by their first bytes.
	Compression string `yaml:"compression" jsonschema:"enum=auto,enum=none,enum=gzip,enum=zstd,enum=bz2"`
	// Their text encoding: utf-8, utf-16, latin-1, windows-1252, shift_jis and so on. auto takes a byte order mark's
	// word, then UTF-8 where the first 64 KiB are, else windows-1252 for CSV and text; JSON must be UTF-8 or marked.
	Encoding string `yaml:"encoding"`
	// What separates the fields of a CSV file: one character, or tab. Empty: detected among , ; | and tab.
	Delimiter string `yaml:"delimiter"`
	// Whether the first record of a CSV file or sheet names the columns: true, false or auto.
	Header string `yaml:"header" jsonschema:"enum=auto,enum=true,enum=false"`
	// Names for the columns of a CSV file, in its order, in place of those of its header.
	Columns []string `yaml:"columns"`
	// The sheet of an .xlsx file, by name. Empty: the first visible one.
	Sheet string `yaml:"sheet"`
	// The size to which one compressed file may grow. 0: 1TiB.
	MaxInflated unit.Size `yaml:"max_inflated"`

	// Needed are the columns of an .xlsx file in which an error of a cell (#REF!, a formula without a stored result) rejects its
	// record; in others it is a value, as the sheet shows it. nil: all of them.
	Needed []string `yaml:"-"`
	// Stdin is what the path - reads. Default: the process's.
	Stdin io.Reader `yaml:"-"`
}

// The formats of files.
const (
	formatAuto  = "auto"
	formatJSONL = "jsonl"
	formatCSV   = "csv"
	formatTSV   = "tsv"
	formatText  = "text"
	formatXLSX  = "xlsx"
)

const stdinPath = "-"

// StdinName is what standard input is called where a record came from it.
const StdinName = "standard input"

var _ pipeline.SourceConfig = (*SourceConfig)(nil)

// Check returns every bad field.
func (c *SourceConfig) Check() error {
	var errs []error
	bad := func(path, fix, format string, args ...any) {
		e := fault.New(fault.ConfigField, format, args...).At(fault.Where{Path: path})
		errs = append(errs, e.WithFix("%s", fix))
	}
	if c.Path == "" {
		errs = append(errs, fault.New(fault.ConfigMissing, "a file source needs a path").At(fault.Where{Path: "path"}).
			WithFix("name a file, a folder, a pattern, or - for standard input"))
	}
	oneOf := func(path, value string, allowed ...string) {
		if value == "" || slices.Contains(allowed, value) {
			return
		}
		fix := "use one of " + strings.Join(allowed, ", ")
		if near := fault.Nearest(value, allowed); near != "" {
			fix = "did you mean " + near + "? " + fix
		}
		bad(path, fix, "%q is not a %s that winnow reads", value, path)
	}
	oneOf("format", c.Format, formatAuto, formatJSONL, formatCSV, formatTSV, formatText, formatXLSX)
	oneOf("compression", c.Compression, "auto", string(inflate.None), string(inflate.Gzip), string(inflate.Zstd), string(inflate.Bzip2))
	oneOf("header", c.Header, "auto", "true", "false")
	if c.Encoding != "" && c.Encoding != "auto" && charset.Lookup(c.Encoding) == nil {
		bad("encoding", "use auto, utf-8, utf-16, latin-1, or another name of the WHATWG's list", "%q is not an encoding that winnow reads", c.Encoding)
	}
	if _, ok := c.delimiter(); !ok {
		bad("delimiter", "use one ASCII character, or tab", "%q can't separate fields", c.Delimiter)
	}
	if c.MaxInflated < 0 {
		bad("max_inflated", "give a size such as 10GiB", "the size is negative")
	}
	return errors.Join(errs...)
}

// idle returns the error for a field that says nothing about files of a format; nil where each has a meaning.
func (c *SourceConfig) idle(format string) *fault.Error {
	fields := format == formatCSV || format == formatTSV
	for _, f := range []struct {
		name string
		set  bool
		fits bool
	}{
		{"delimiter", c.Delimiter != "", fields},
		{"columns", len(c.Columns) > 0, fields},
		{"header", c.Header != "" && c.Header != "auto", fields || format == formatXLSX},
		{"sheet", c.Sheet != "", format == formatXLSX},
		{"encoding", c.Encoding != "" && c.Encoding != "auto", format != formatXLSX},
	} {
		if f.set && !f.fits {
			return fault.New(fault.ConfigField, "the file is %s, and %s says nothing about that", format, f.name).
				WithFix("leave %s out, or set the format that it is about", f.name)
		}
	}
	return nil
}

// delimiter returns the configured delimiter, 0 for none.
func (c *SourceConfig) delimiter() (byte, bool) {
	switch {
	case c.Delimiter == "":
		return 0, true
	case c.Delimiter == "tab" || c.Delimiter == `\t`:
		return '\t', true
	case len(c.Delimiter) == 1 && c.Delimiter[0] < 0x80 && !strings.ContainsAny(c.Delimiter, "\"\n\r\x00"):
		return c.Delimiter[0], true
	default:
		return 0, false
	}
}
