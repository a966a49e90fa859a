package parquet

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/schema"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// codecs are the values of SinkConfig.Compression.
var codecs = map[string]format.CompressionCodec{
	"": format.Zstd, "zstd": format.Zstd, "snappy": format.Snappy, "gzip": format.Gzip, "none": format.Uncompressed,
}

// createdBy names the writer in the form that readers parse: application, version, build.
const createdBy = "winnow version 1.0.0 (build none)"

// spec is what is the same for all files of an output.
type spec struct {
	tree     *schema.Tree
	elements []format.SchemaElement
	metadata []format.KeyValue
	codec    format.CompressionCodec
	// groupRows is the number of rows of a row group.
	groupRows int64
	fields    []outColumn
	result    int // fields before this index come from Batch.Record, the others from Batch.Result
}

// outColumn is a top-level column of the output.
type outColumn struct {
	name  string
	index int // in Batch.Result
}

func newSpec(cfg SinkConfig, in *pipeline.Layout, result *arrow.Schema) (*spec, error) {
	s := &spec{codec: codecs[cfg.Compression], groupRows: cfg.RowGroupRows}
	fields := slices.Clone(in.Schema.Fields())
	if in.Open {
		fields = append(fields, arrow.Field{
			Name: pipeline.ColExtra, Type: arrow.BinaryTypes.String, Nullable: true, Metadata: schema.LogicalMetadata("JSON"),
		})
	}
	for _, f := range fields {
		s.fields = append(s.fields, outColumn{name: f.Name})
	}
	s.result = len(fields)
	if result != nil {
		for i, f := range result.Fields() {
			f.Nullable = true // a record may have no answer
			fields = append(fields, f)
			s.fields = append(s.fields, outColumn{name: f.Name, index: i})
		}
	}
	var err error
	if s.elements, err = schema.Build(fields); err != nil {
		return nil, fault.New(fault.ColumnsType, "a column can't be written to Parquet: %w", err)
	}
	if s.tree, err = schema.Parse(s.elements); err != nil {
		return nil, fault.New(fault.ColumnsType, "the columns can't be written to Parquet: %w", err)
	}
	meta := in.Schema.Metadata()
	for i, k := range meta.Keys() {
		// Both describe the input's own footer, and readers would take them for this one's.
		if k != "ARROW:schema" && k != keyFooter {
			s.metadata = append(s.metadata, format.KeyValue{Key: k, Value: meta.Values()[i]})
		}
	}
	return s, nil
}

// arrays returns a batch's columns in the order of the output.
func (s *spec) arrays(b *pipeline.Batch) ([]arrow.Array, error) {
	out := make([]arrow.Array, len(s.fields))
	for i, f := range s.fields {
		if i < s.result {
			out[i] = b.Column(f.name)
		} else if b.Result != nil {
			out[i] = b.Result.Column(f.index)
		}
		if out[i] == nil {
			return nil, fault.New(fault.Internal, "the column %q did not come with the batch", f.name)
		}
	}
	return out, nil
}
