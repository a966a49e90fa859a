package api

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// kindOf is the kind of a value as it is written.
func kindOf(value []byte) jsontext.Kind { return jsontext.Value(value).Kind() }

func wrongType(path, want string, value []byte) error {
	return fault.New(fault.FieldType, "%s: want %s, got %s", path, want, kindName(kindOf(value))).At(fault.Where{Path: path})
}

// appendText appends a text's characters.
func appendText(to []byte, path string, value []byte) ([]byte, error) {
	if kindOf(value) != jsontext.KindString {
		return to, wrongType(path, "a text", value)
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return append(to, value[1:len(value)-1]...), nil
	}
	return jsontext.AppendUnquote(to, value) // it was parsed before
}

func textOf(path string, value []byte) (string, error) {
	text, err := appendText(nil, path, value)
	return string(text), err
}

// boolOf reads true or false.
func boolOf(path string, value []byte) (bool, error) {
	switch kindOf(value) {
	case jsontext.KindTrue:
		return true, nil
	case jsontext.KindFalse:
		return false, nil
	default:
		return false, wrongType(path, "true or false", value)
	}
}

// numberOf reads a number.
func numberOf(path string, value []byte) (float64, error) {
	if kindOf(value) != jsontext.KindNumber {
		return 0, wrongType(path, "a number", value)
	}
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil {
		return 0, fault.New(fault.BodyNumber, "%s: the number is too large", path).At(fault.Where{Path: path})
	}
	return f, nil
}

// wholeOf reads a whole number, which may be written as 1.0 too.
func wholeOf(path string, value []byte) (int64, error) {
	f, err := numberOf(path, value)
	if err != nil {
		return 0, err
	}
	if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, fault.New(fault.FieldType, "%s: want a whole number, got %s", path, fault.Excerpt(string(value))).At(fault.Where{Path: path})
	}
	return int64(f), nil
}

// elements gives the values of a list to take.
func elements(path string, value []byte, take func(i int, value []byte) error) error {
	if kindOf(value) != jsontext.KindBeginArray {
		return wrongType(path, "a list", value)
	}
	d := decoders.Get().(*jsontext.Decoder)
	defer decoders.Put(d)
	d.Reset(bytes.NewBuffer(value))
	defer d.Reset(bytes.NewReader(nil))
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for i := 0; d.PeekKind() != jsontext.KindEndArray; i++ {
		v, err := d.ReadValue()
		if err != nil {
			return err
		}
		if err := take(i, v); err != nil {
			return err
		}
	}
	return nil
}

// textsOf reads a list of at most so many texts. Of a longer one it reads no more.
func textsOf(path string, value []byte, most int, tooMany *fault.Code) ([]string, error) {
	var list []string
	n := 0
	err := elements(path, value, func(i int, v []byte) error {
		if n++; n > most {
			return nil
		}
		text, err := textOf(fmt.Sprintf("%s[%d]", path, i), v)
		list = append(list, text)
		return err
	})
	if err == nil && n > most {
		what, of, _ := strings.Cut(path, ".")
		if of != "" {
			what += " of " + strconv.Quote(of)
		}
		err = fault.New(tooMany, "%d %s, at most %d are allowed", n, what, most).At(fault.Where{Path: path})
	}
	return list, err
}

// mapOf reads an object of at most so many fields, from labels to whatever of reads.
func mapOf[T any](path string, value []byte, most int, tooMany *fault.Code, of func(path string, value []byte) (T, error)) (map[string]T, error) {
	if kindOf(value) != jsontext.KindBeginObject {
		return nil, wrongType(path, "an object", value)
	}
	m := make(map[string]T)
	return m, object(value, func(key string, v []byte) error {
		if len(m) == most {
			return fault.New(tooMany, "%s has more than %d fields", path, most).At(fault.Where{Path: path})
		}
		one, err := of(path+"."+fault.Excerpt(key), v)
		m[key] = one
		return err
	})
}
