package letter

import (
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka"
)

// Header is a header of a message.
type Header struct {
	Key         string `json:"key"`
	Value       string `json:"value"`
	ValueBase64 string `json:"value_base64,omitempty"`
}

// FromMessage reads a message of a dead-letter topic; nil for one that is no rejected record.
func FromMessage(r *kgo.Record) *Letter {
	k, ok := kafka.ReadLetter(r)
	if !ok {
		return nil
	}
	l := &Letter{
		Code: k.Code, Message: k.Reason, Fix: k.Fix, File: k.Split, Split: k.Split, Offset: k.Offset, Attempts: k.Attempts,
		Classifier: k.Classifier, Time: k.Time, Size: k.Size, SHA256: k.SHA256,
	}
	l.Record, l.RecordBase64 = either(r.Value)
	l.Key, l.KeyBase64 = either(r.Key)
	for _, h := range k.Headers {
		text, base := either(h.Value)
		l.Headers = append(l.Headers, Header{Key: h.Key, Value: text, ValueBase64: base})
	}
	l.Raw, _ = json.Marshal(l) // strings, numbers and a time: nothing that could fail
	return l
}

// either is bytes as text, or in base64 where they are not UTF-8.
func either(b []byte) (text, base string) {
	if utf8.Valid(b) {
		return string(b), ""
	}
	return "", base64.StdEncoding.EncodeToString(b)
}
