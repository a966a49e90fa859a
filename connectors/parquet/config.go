package parquet

import (
	"errors"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// SourceConfig says which Parquet files to read.
type SourceConfig struct {
	// Path is a file, a pattern ("data/**/*.parquet") or a folder, of which everything that is called .parquet, .parq or .pq
	// is read. Files come in the order of their paths; names that begin with a dot or an underscore are left out.
	Path string `yaml:"path"`
}

var _ pipeline.SourceConfig = SourceConfig{}

// Check implements pipeline.SourceConfig.
func (c SourceConfig) Check() error {
	if c.Path == "" {
		return missing("path")
	}
	return nil
}

// NewSource implements pipeline.SourceConfig.
func (c SourceConfig) NewSource(env pipeline.Env) (pipeline.Source, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	return NewSource(c, env), nil
}

// SinkConfig says where to write Parquet, and how.
type SinkConfig struct {
	// Path is one file ("out.parquet") or, with a slash at its end, a folder of part files ("out/").
	Path string `yaml:"path"`
	// Compression is zstd (the default), snappy, gzip or none.
	Compression string `yaml:"compression"`
	// RowGroupRows is the number of rows of a row group. A commit ends a row group earlier; small ones are merged at the
	// end. Default 250,000.
	RowGroupRows int64 `yaml:"row_group_rows"`
	// PartSize is the size in bytes at which a folder's part file ends, at the next commit. In a stream from Kafka it is what
	// makes the commit: the batch that reaches it is the part's last. Counted is what is written, with its part of the
	// footer, and what is held for the open row group: compressed pages, dictionaries before compression, and rows that wait
	// for a page by the ratio at which earlier ones were compressed. Default 128 MiB.
	PartSize int64 `yaml:"part_size" jsonschema:"minimum=0"`
	// Columns are fields of JSON messages with their types (int64, float64, bool, string, json), where a stream writes: each
	// becomes a column, and what they don't name goes into _extra. Without them a stream writes _topic, _partition, _offset,
	// _time, _key, the text and value (the message as JSON).
	Columns map[string]string `yaml:"columns"`
	// Overwrite replaces an output that exists. The old one stays until the new one is complete.
	Overwrite bool `yaml:"overwrite"`
}

var _ pipeline.SinkConfig = SinkConfig{}

// PartLimit is the number of bytes at which a part file is full.
func (c SinkConfig) PartLimit() int64 {
	if c.PartSize == 0 {
		return defaultPartSize
	}
	return c.PartSize
}

// Check implements pipeline.SinkConfig.
func (c SinkConfig) Check() error {
	var errs []error
	if c.Path == "" {
		errs = append(errs, missing("path"))
	}
	if _, ok := codecs[c.Compression]; !ok {
		errs = append(errs, field("compression", "compression is %q, and can be zstd, snappy, gzip or none", c.Compression))
	}
	if c.RowGroupRows < 0 {
		errs = append(errs, field("row_group_rows", "row_group_rows is negative"))
	}
	switch {
	case c.PartSize < 0:
		errs = append(errs, field("part_size", "part_size is negative"))
	case c.PartSize > 0 && c.Path != "" && !isFolder(c.Path):
		errs = append(errs, field("part_size", "%q is no folder of part files; end it with / to make it one", c.Path))
	}
	return errors.Join(errs...)
}

// NewSink implements pipeline.SinkConfig.
func (c SinkConfig) NewSink(env pipeline.Env) (pipeline.Sink, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	return NewSink(c, env), nil
}

func missing(name string) error {
	return fault.New(fault.ConfigMissing, "%s is required", name).At(fault.Where{Path: name})
}

func field(name, format string, args ...any) error {
	return fault.New(fault.ConfigField, format, args...).At(fault.Where{Path: name})
}
