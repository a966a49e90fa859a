package api

import (
	"encoding/json"
	"net/http"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// The routes that OpenAI's clients know: files.go, parts.go, batches.go. Their errors have OpenAI's shape, and keys that a
// body has beyond those that are known are ignored.

// openAIError is the body of an error on those routes.
type openAIError struct {
	Error openAIProblem `json:"error"`
}

type openAIProblem struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    string  `json:"code" jsonschema:"description=The registered code; /docs/errors lists them"`
}

// openAIFixes are remedies of codes that speak of other forms.
var openAIFixes = map[*fault.Code]string{
	fault.UploadPart:  "send multipart/form-data: purpose and then file, or data for a part",
	fault.UploadEmpty: "send a file with one request on each line",
}

// asOpenAI is an error in OpenAI's shape.
func asOpenAI(e *fault.Error, status int, fix string) openAIProblem {
	p := openAIProblem{Message: e.What, Type: "invalid_request_error", Code: e.Code.ID}
	switch {
	case status == http.StatusTooManyRequests:
		p.Type = "rate_limit_error"
	case status >= http.StatusInternalServerError:
		p.Type = "server_error"
	}
	if fix != "" {
		p.Message += ": " + fix
	}
	if e.Where.Path != "" {
		p.Param = &e.Where.Path
	}
	return p
}

// lenient gives the fields of a JSON object that are known to take, and leaves out the others. Null counts as absent.
func lenient(data []byte, take map[string]func(value []byte) error) error {
	return object(data, func(key string, value []byte) error {
		if f := take[key]; f != nil && string(value) != "null" {
			return f(value)
		}
		return nil
	})
}

// textInto reads a text into a variable.
func textInto(path string, to *string) func([]byte) error {
	return func(value []byte) (err error) {
		*to, err = textOf(path, value)
		return err
	}
}

// copyInto keeps a value as it is written.
func copyInto(to *[]byte) func([]byte) error {
	return func(value []byte) error {
		*to = append([]byte(nil), value...)
		return nil
	}
}

// listOf is a page of OpenAI's lists.
type listOf[T any] struct {
	Object  string  `json:"object"`
	Data    []T     `json:"data"`
	FirstID *string `json:"first_id"`
	LastID  *string `json:"last_id"`
	HasMore bool    `json:"has_more"`
}

func newList[T any](data []T, more bool, id func(*T) string) listOf[T] {
	l := listOf[T]{Object: "list", Data: data, HasMore: more}
	if n := len(data); n > 0 {
		first, last := id(&data[0]), id(&data[n-1])
		l.FirstID, l.LastID = &first, &last
	}
	return l
}

// marshaled is a value as JSON, of types that can't fail.
func marshaled(v any) []byte {
	data, _ := json.Marshal(v)
	return data
}
