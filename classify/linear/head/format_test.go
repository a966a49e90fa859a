package head_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/head"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func saved(t testing.TB, m *head.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := m.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("%d bytes of %d, %v", n, b.Len(), err)
	}
	return b.Bytes()
}

func answersOf(t testing.TB, m *head.Model) classify.Results {
	t.Helper()
	var texts []string
	for _, e := range several() {
		texts = append(texts, e.Text)
	}
	var out classify.Results
	if err := m.Classify(t.Context(), evalset.Array(texts...), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSaved(t *testing.T) {
	single, _ := train(t, head.Config{}, tickets(3))
	multi, _ := train(t, head.Config{Mode: classify.Multi}, several())
	for _, m := range []*head.Model{single, multi} {
		data := saved(t, m)
		// What follows is left alone.
		r := io.MultiReader(bytes.NewReader(data), strings.NewReader("more"))
		again, err := head.Load(iotest.HalfReader(r), nil)
		if err != nil {
			t.Fatal(err)
		}
		if rest, _ := io.ReadAll(r); string(rest) != "more" {
			t.Errorf("%q is left, want what follows the model", rest)
		}
		if diff := cmp.Diff(m.Info(), again.Info()); diff != "" {
			t.Errorf("info (-trained +loaded)\n%s", diff)
		}
		if diff := cmp.Diff(answersOf(t, m), answersOf(t, again)); diff != "" {
			t.Errorf("answers (-trained +loaded)\n%s", diff)
		}
		if !bytes.Equal(data, saved(t, again)) {
			t.Error("a loaded model is written in another way")
		}
	}
}

func TestCutAnywhere(t *testing.T) {
	m, _ := train(t, head.Config{}, tickets(1)[:6])
	data := saved(t, m)
	for n := range data {
		if n > 2000 && n%97 != 0 && n < len(data)-200 {
			continue
		}
		_, err := head.Load(bytes.NewReader(data[:n]), nil)
		if !fault.Is(err, fault.ModelInvalid) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(data), err)
		}
	}
}

func TestFlippedAnywhere(t *testing.T) {
	m, _ := train(t, head.Config{}, tickets(1)[:6])
	data := saved(t, m)
	for i := 0; i < len(data); i += 1 + i/300 {
		damaged := bytes.Clone(data)
		damaged[i] ^= 1 << (i % 8)
		if _, err := head.Load(bytes.NewReader(damaged), nil); !fault.Is(err, fault.ModelInvalid) {
			t.Fatalf("a changed bit in byte %d of %d: %v", i, len(data), err)
		}
	}
}

// sealed puts the right checksum behind an altered model.
func sealed(data []byte) []byte {
	body := data[:len(data)-8]
	return binary.LittleEndian.AppendUint64(bytes.Clone(body), xxhash.Sum64(body))
}

func TestRefusedFiles(t *testing.T) {
	m, _ := train(t, head.Config{}, tickets(2))
	data := saved(t, m)
	newer := bytes.Clone(data)
	newer[8] = 9
	size := int(binary.LittleEndian.Uint32(data[12:]))
	replaced := func(old, by string) []byte {
		text := bytes.Replace(data[16:16+size], []byte(old), []byte(by), 1)
		out := binary.LittleEndian.AppendUint32(bytes.Clone(data[:12]), uint32(len(text)))
		return sealed(append(append(out, text...), data[16+size:]...))
	}
	huge := bytes.Clone(data[:16])
	binary.LittleEndian.PutUint32(huge[12:], 1<<31)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":       {nil, "it is not a model that winnow trained"},
		"text":        {[]byte("hello world, this is text"), "it is not a model that winnow trained"},
		"newer":       {newer, "a newer version of winnow wrote it"},
		"cut":         {data[:len(data)/2], "it is cut short"},
		"damaged":     {append(bytes.Clone(data[:len(data)-1]), data[len(data)-1]^1), "it is damaged: its checksum is wrong"},
		"huge header": {huge, "it is damaged: its checksum is wrong"},
		"no mode":     {replaced(`"mode":"single"`, `"mode":"double"`), `it contradicts itself: mode "double"`},
		"other table": {replaced(`"table":"`, `"table":"0`), "it was trained with another table of embeddings"},
		"huge counts": {replaced(`"entries":`, `"entries":1`), "it is cut short"},
		"negative":    {replaced(`"words":`, `"words":-`), "it contradicts itself"},
		"temperature": {replaced(`"temperature":`, `"temperature":-`), "it contradicts itself: temperature"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := head.Load(bytes.NewReader(c.data), nil)
			var coded *fault.Error
			if !errors.As(err, &coded) || coded.Code != fault.ModelInvalid || coded.What != c.want || coded.Fix == "" {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	failing := errors.New("the disk is gone")
	if _, err := head.Load(io.MultiReader(bytes.NewReader(data[:100]), iotest.ErrReader(failing)), nil); !errors.Is(err, failing) {
		t.Errorf("error %v, want the reader's", err)
	}
}

// FuzzLoad: whatever the bytes, and with the right checksum too, Load gives an error or a model that answers.
func FuzzLoad(f *testing.F) {
	single, _ := train(f, head.Config{}, tickets(1)[:6])
	multi, _ := train(f, head.Config{Mode: classify.Multi}, several()[:6])
	f.Add(saved(f, single))
	f.Add(saved(f, multi))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 8 {
			data = sealed(data)
		}
		m, err := head.Load(bytes.NewReader(data), nil)
		if err != nil {
			return
		}
		var out classify.Results
		if err := m.Classify(t.Context(), evalset.Array("you charged me twice", "我还没有收到", "x"), &out); err != nil {
			t.Fatal(err)
		}
		saved(t, m)
	})
}
