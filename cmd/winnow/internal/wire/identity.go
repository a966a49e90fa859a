package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/winnow-stream/winnow/pipeline/spec"
)

// identity is a hash over everything that decides the output and the summary. What only decides how the run gets there (memory, batch
// and commit sizes, workers, time-outs) may change between an interruption and its continuation.
func identity(s *spec.Spec, o Options) string {
	decides := struct {
		Name        string
		Source      spec.Source
		Text, Where string
		Classify    *spec.Classify
		Route       []spec.Rule
		Sinks       spec.Sinks
		DeadLetters *spec.Sink
		OnError     spec.OnError
		MaxRecord   int64
		Limit       int64
		Gold        string
		Keep        []string
	}{
		s.Name, s.Source, s.Text.Text, s.Where.Text, s.Classify, s.Route, s.Sinks, s.DeadLetters, s.OnError,
		s.MaxRecordBytes.Bytes(), max(o.Limit, s.Limit), s.Gold, o.Keep,
	}
	data, err := json.Marshal(decides)
	if err != nil { // configurations are plain structs
		panic("wire: a configuration can't be hashed: " + err.Error())
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
