package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// buffers hold bodies and answers.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func buffer() *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	return b
}

func recycle(b *bytes.Buffer) {
	if b.Cap() <= keepBuffer {
		buffers.Put(b)
	}
}

// read fills into with the request's body, which is JSON of at most limit bytes. It takes as much of the server's room as it
// comes, and holds that until the call ends.
func (c *call) read(into *bytes.Buffer, limit int64) error {
	media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return fault.New(fault.BodyType, "the Content-Type is %q, and this route takes application/json", fault.Excerpt(c.r.Header.Get("Content-Type")))
	}
	size := c.r.ContentLength
	if size > limit {
		return fault.New(fault.BodyTooLarge, "the body has %d bytes, and %d are allowed", size, limit)
	}
	zipped := false
	switch e := c.r.Header.Get("Content-Encoding"); strings.ToLower(e) {
	case "", "identity":
	case "gzip":
		zipped = true
	default:
		return fault.New(fault.BodyEncoding, "the Content-Encoding is %q", fault.Excerpt(e))
	}
	if size < 0 || zipped {
		size = limit
	}
	if err := c.takeRoom(min(size, firstRoom)); err != nil {
		return err
	}
	var body io.Reader = http.MaxBytesReader(c.w, c.r.Body, limit)
	into.Grow(int(min(max(c.r.ContentLength, 0), firstRoom)) + bytes.MinRead) // or it would be copied each time that it doubles
	if zipped {
		z, err := gzip.NewReader(body)
		if err != nil {
			return fault.New(fault.BodyRead, "the body is not gzip: %w", err)
		}
		defer z.Close()
		body = io.LimitReader(z, limit+1)
	}
	c.body = arrivingBody{call: c, body: body, most: size}
	_, err = into.ReadFrom(&c.body)
	var large *http.MaxBytesError
	switch {
	case fault.Is(err, fault.ServerBusy):
		return err
	case errors.As(err, &large):
		return fault.New(fault.BodyTooLarge, "the body is larger than the %d bytes that are allowed", limit)
	case err != nil:
		return fault.New(fault.BodyRead, "the body did not come whole: %w", err)
	case int64(into.Len()) > limit:
		return fault.New(fault.BodyInflated, "the body is larger than %d bytes once it is decompressed", limit)
	}
	return wellFormed(into.Bytes())
}

// noBody holds a request to having none; {} is as good.
func (c *call) noBody() error {
	data, err := io.ReadAll(io.LimitReader(c.r.Body, 16))
	if err != nil {
		return fault.New(fault.BodyRead, "the body did not come whole: %w", err)
	}
	if rest := strings.ReplaceAll(string(bytes.TrimSpace(data)), " ", ""); rest != "" && rest != "{}" {
		return fault.New(fault.BodyUnexpected, "this route takes no body")
	}
	return nil
}

// wellFormed finds what the parser of JSON takes, or says less well: bytes that are no UTF-8, nesting, and very many keys.
func wellFormed(data []byte) error {
	if !utf8.Valid(data) {
		at := 0
		for rest := data; ; {
			r, n := utf8.DecodeRune(rest)
			if r == utf8.RuneError && n <= 1 {
				return fault.New(fault.BodyUTF8, "the body is not valid UTF-8 at byte %d", at)
			}
			at, rest = at+n, rest[n:]
		}
	}
	depth, keys, quoted := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{', b == '[':
			if depth++; depth > maxDepth {
				return fault.New(fault.BodyDepth, "the JSON has more than %d levels at byte %d", maxDepth, i)
			}
		case b == '}', b == ']':
			depth--
		case b == ':':
			if keys++; keys > maxKeys { // which the parser remembers, each of them
				return fault.New(fault.BodyKeys, "the JSON has more than %d keys at byte %d", maxKeys, i)
			}
		}
	}
	return nil
}

// decoders parse JSON out of a buffer. They refuse what is no UTF-8 and keys that come twice.
var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

// keyNames are the keys that requests have, so that reading one makes no copy of it.
var keyNames = func() map[string]string {
	m := make(map[string]string)
	for _, key := range append([]string{"text", "texts", "threshold", "text_type", "speed", "source", "name", "notes", "mode"}, configKeys...) {
		m[key] = key
	}
	return m
}()

// object gives the fields of a JSON object to take, one by one: the key, and the value as it is written. Both are parts
// of data. What take returns ends it.
func object(data []byte, take func(key string, value []byte) error) error {
	d := decoders.Get().(*jsontext.Decoder)
	defer decoders.Put(d)
	d.Reset(bytes.NewBuffer(data))
	defer d.Reset(bytes.NewReader(nil)) // it keeps no request
	switch d.PeekKind() {
	case jsontext.KindBeginObject:
	case jsontext.KindInvalid:
		_, err := d.ReadToken()
		return syntax(err, d, data)
	default:
		return fault.New(fault.BodyJSON, "the body is %s, and not an object", kindName(d.PeekKind()))
	}
	if _, err := d.ReadToken(); err != nil {
		return syntax(err, d, data)
	}
	for d.PeekKind() != jsontext.KindEndObject {
		raw, err := d.ReadValue()
		if err != nil {
			return syntax(err, d, data)
		}
		key, known := keyNames[string(raw[1:len(raw)-1])]
		if !known {
			key = string(raw[1 : len(raw)-1])
		}
		if strings.IndexByte(key, '\\') >= 0 {
			name, err := jsontext.AppendUnquote(nil, raw)
			if err != nil {
				return syntax(err, d, data)
			}
			key = string(name)
		}
		value, err := d.ReadValue()
		if err != nil {
			return syntax(err, d, data)
		}
		end := int(d.InputOffset())
		if err := take(key, data[end-len(value):end]); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return syntax(err, d, data)
	}
	if rest := bytes.TrimLeft(data[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return fault.New(fault.BodyTrailing, "something follows the JSON object at byte %d", len(data)-len(rest))
	}
	return nil
}

// syntax codes an error of the parser.
func syntax(err error, d *jsontext.Decoder, data []byte) error {
	var s *jsontext.SyntacticError
	at := d.InputOffset()
	what := "the JSON ends too early"
	if errors.As(err, &s) {
		at, what = s.ByteOffset, s.Err.Error()
	}
	switch rest := data[min(at, int64(len(data))):]; {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return fault.New(fault.BodyDuplicate, "the key %q is there twice", fault.Excerpt(s.JSONPointer.LastToken()))
	case strings.Contains(what, "UTF-8"), strings.Contains(what, "surrogate"):
		return fault.New(fault.BodyUTF8, "half a character is escaped at byte %d", at)
	case bytes.HasPrefix(rest, []byte("NaN")), bytes.HasPrefix(rest, []byte("Infinity")), bytes.HasPrefix(rest, []byte("-Infinity")):
		return fault.New(fault.BodyNumber, "JSON has no such number as at byte %d", at)
	case len(data) == 0:
		return fault.New(fault.BodyJSON, "the body is empty")
	default:
		return fault.New(fault.BodyJSON, "the body is not JSON at byte %d: %s", at, what)
	}
}

// kindName is a JSON value's kind for a message.
func kindName(k jsontext.Kind) string {
	switch k {
	case jsontext.KindNull:
		return "null"
	case jsontext.KindFalse, jsontext.KindTrue:
		return "true or false"
	case jsontext.KindString:
		return "a text"
	case jsontext.KindNumber:
		return "a number"
	case jsontext.KindBeginArray:
		return "a list"
	default:
		return "an object"
	}
}
