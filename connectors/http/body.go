package http

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// readBody reads a body of at most limit bytes, compressed and not. The room that it takes is reserved as it grows,
// so that who announces much and sends little holds little; held is how much the caller has to release, also after an error.
func readBody(w http.ResponseWriter, r *http.Request, q *queue, limit int64) (body []byte, held int64, err error) {
	if r.ContentLength > limit {
		return nil, 0, tooLarge(limit)
	}
	var text io.Reader = http.MaxBytesReader(w, r.Body, limit)
	room, most := int64(firstRead), limit+1
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(text)
		if err != nil {
			return nil, 0, unreadable(err, limit)
		}
		text = z
	} else if r.ContentLength >= 0 {
		most = r.ContentLength + 1 // where the last read sees the end
	}
	for {
		if int64(len(body)) > limit {
			return nil, held, tooLarge(limit)
		}
		if len(body) == cap(body) {
			room = min(max(room, 2*int64(cap(body))), most)
			if !q.reserve(room - held) {
				return nil, held, busy("there is no room for the request now")
			}
			held = room
			body = append(make([]byte, 0, room), body...)
		}
		n, err := text.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if errors.Is(err, io.EOF) {
			if int64(len(body)) > limit {
				return nil, held, tooLarge(limit)
			}
			return body, held, nil
		}
		if err != nil {
			return nil, held, unreadable(err, limit)
		}
	}
}

func tooLarge(limit int64) error {
	return refuse(http.StatusRequestEntityTooLarge, fault.HTTPTooLarge, "the body is larger than %d bytes", limit)
}

func unreadable(err error, limit int64) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return tooLarge(limit)
	}
	return refuse(http.StatusBadRequest, fault.HTTPBody, "the body can't be read: %v", err)
}

var bom = []byte("\xef\xbb\xbf")

// look counts a body's lines and refuses one that is not NDJSON at all, so that its client learns of it at once rather
// than by one rejection a line. Bodies of blank lines alone have no records.
func look(body []byte) (lines int64, records bool, err error) {
	if what := jsonl.Document(body, true); what != "" {
		return 0, false, refuse(http.StatusBadRequest, fault.HTTPBody, "the body looks like %s; one JSON object on each line is needed", what)
	}
	objects := false
	for rest := body; len(rest) > 0; lines++ {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		if line = bytes.TrimLeft(line, " \t\r"); len(line) > 0 {
			records = true
			objects = objects || line[0] == '{'
		}
	}
	if records && !objects {
		return 0, false, refuse(http.StatusBadRequest, fault.HTTPBody, "no line of the body is a JSON object")
	}
	return lines, records, nil
}
