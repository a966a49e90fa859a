package tagger_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

const sentence = "Please send the chair to Rosa Diaz, who lives in San Jose!"

func TestFileRoundTrip(t *testing.T) {
	m := smallModel(t)
	data := written(t, m)
	rest := strings.NewReader(string(data) + "behind it")
	back, err := tagger.Load(rest, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rest.Len() != len("behind it") {
		t.Errorf("%d bytes are left behind the model", rest.Len())
	}
	if !bytes.Equal(data, written(t, back)) || m.Version() != back.Version() || !strings.HasPrefix(m.Version(), "tagger-") {
		t.Error("the model changed on its way through a file")
	}
	for _, e := range orders(50, 3) {
		if diff := cmp.Diff(m.Find(nil, e.Text), back.Find(nil, e.Text)); diff != "" {
			t.Errorf("%q (-trained +loaded):\n%s", e.Text, diff)
		}
	}
}

// sealed is data with its checksum mended.
func sealed(data []byte) []byte {
	body := data[:len(data)-8]
	return binary.LittleEndian.AppendUint64(bytes.Clone(body), xxhash.Sum64(body))
}

func TestLoadRefuses(t *testing.T) {
	data := written(t, smallModel(t))
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"nothing", "model.invalid: it is not a tagger that winnow trained", nil},
		{"foreign", "model.invalid: it is not a tagger that winnow trained", []byte("PK\x03\x04 something else")},
		{"newer", "model.invalid: a newer version of winnow wrote it", append(append(bytes.Clone(data[:8]), 2, 0, 0, 0), data[12:]...)},
		{"version 0", "model.invalid: it is not a tagger that winnow trained", append(append(bytes.Clone(data[:8]), 0, 0, 0, 0), data[12:]...)},
		{"flipped bit", "model.invalid: it is damaged: its checksum is wrong", append(append(bytes.Clone(data[:5000]), data[5000]^1), data[5001:]...)},
		{"another table", "model.invalid: it was trained with another table of embeddings", sealed(bytes.Replace(data, []byte(`"table":"e9`), []byte(`"table":"f9`), 1))},
		{"types out of order", "model.invalid: it contradicts itself: types", sealed(bytes.Replace(data, []byte(`"person","place"`), []byte(`"qerson","place"`), 1))},
	} {
		_, err := tagger.Load(bytes.NewReader(c.data), nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: want %s, got %v", c.name, c.want, err)
		}
	}
}

func TestLoadRefusesCutFiles(t *testing.T) {
	data := written(t, smallModel(t))
	for n := 0; n < len(data); n += 1 + n/400 {
		if _, err := tagger.Load(bytes.NewReader(data[:n]), nil); !fault.Is(err, fault.ModelInvalid) {
			t.Fatalf("cut at %d of %d: %v", n, len(data), err)
		}
	}
	if _, err := tagger.Load(bytes.NewReader(data[:len(data)-1]), nil); !fault.Is(err, fault.ModelInvalid) {
		t.Fatalf("cut at the last byte: %v", err)
	}
}

// short is a writer without room.
type short struct{ room int }

var errFull = errors.New("full")

func (s *short) Write(b []byte) (int, error) {
	if len(b) > s.room {
		return 0, errFull
	}
	s.room -= len(b)
	return len(b), nil
}

func TestWriteToTellsOfErrors(t *testing.T) {
	m := smallModel(t)
	size := len(written(t, m))
	for room := 0; room < size; room += size / 7 {
		if _, err := m.WriteTo(&short{room}); !errors.Is(err, errFull) {
			t.Errorf("with room for %d bytes: %v", room, err)
		}
	}
}

// FuzzLoad loads what it is given, with a right checksum, and tags a text by what comes of it.
func FuzzLoad(f *testing.F) {
	m, _, err := tagger.Train(f.Context(), tagger.Config{Iterations: 1}, of([]tagger.Example{parsed("call [a Bo]")}), nil)
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes(), sentence)
	f.Add(b.Bytes()[:100], "")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if len(data) < 8 {
			return
		}
		m, err := tagger.Load(bytes.NewReader(sealed(data)), nil)
		if err != nil {
			return
		}
		checkSpans(t, m, text)
	})
}
