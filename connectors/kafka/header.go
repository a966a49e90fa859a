package kafka

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/pipeline"
)

// Names of headers. Those of dead letters say where a message came from and why it was rejected.
const (
	headerID = "winnow-id" // topic/partition/offset

	headerResult = "winnow-" // before a result column's name: winnow-label, winnow-confidence, …

	headerCode      = "winnow-code"
	headerReason    = "winnow-reason"
	headerFix       = "winnow-fix"
	headerTopic     = "winnow-topic"
	headerPartition = "winnow-partition"
	headerOffset    = "winnow-offset"
	headerTime      = "winnow-time" // of the message, RFC 3339
	headerAttempts  = "winnow-attempts"
	headerVersion   = "winnow-classifier"
	headerSize      = "winnow-size"   // of a value that was too large to be kept
	headerSHA256    = "winnow-sha256" // of it
)

// newMessages finds the columns of what messages have beside their values.
func newMessages(b *pipeline.Batch, results *arrow.Schema, resultsAsHeaders, ids bool) *messages {
	m := &messages{b: b, ids: ids}
	_, m.number, _ = splitID(b.Split.ID)
	m.replayed = b.Column(pipeline.ColFrom) != nil
	m.keys, _ = b.Column(pipeline.ColKey).(*array.Binary)
	m.times, _ = b.Column(pipeline.ColTime).(*array.Timestamp)
	if m.headers, _ = b.Column(pipeline.ColHeaders).(*array.List); m.headers != nil {
		pairs := m.headers.ListValues().(*array.Struct)
		m.names, m.values = pairs.Field(0).(*array.String), pairs.Field(1).(*array.Binary)
	}
	if resultsAsHeaders && results != nil && b.Result != nil {
		m.results = &resultHeaders{rec: b.Result}
	}
	return m
}

// resultHeaders writes results as headers; those that are null are left out.
type resultHeaders struct{ rec arrow.RecordBatch }

func (h *resultHeaders) append(dst []kgo.RecordHeader, row int) []kgo.RecordHeader {
	for i, f := range h.rec.Schema().Fields() {
		c := h.rec.Column(i)
		if c.IsNull(row) {
			continue
		}
		dst = append(dst, kgo.RecordHeader{Key: headerResult + f.Name, Value: resultText(c, row)})
	}
	return dst
}

// resultText is a result as text: confidences with 4 decimals, as in JSON.
func resultText(c arrow.Array, row int) []byte {
	switch c := c.(type) {
	case *array.Dictionary:
		return []byte(c.Dictionary().(*array.String).Value(c.GetValueIndex(row)))
	case *array.Float32:
		return strconv.AppendFloat(nil, float64(c.Value(row)), 'f', 4, 32)
	case *array.Int32:
		return strconv.AppendInt(nil, int64(c.Value(row)), 10)
	default: // lists: as JSON
		return []byte(c.ValueStr(row))
	}
}
