package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/remote"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// column is a column of texts; "-" is null.
func column(texts ...string) *array.String {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for _, text := range texts {
		if text == "-" {
			b.AppendNull()
		} else {
			b.Append(text)
		}
	}
	return b.NewStringArray()
}

func TestSender(t *testing.T) {
	var out bytes.Buffer
	s := remote.NewSender(&out, classify.Info{Labels: []string{"a"}})
	var r classify.Results
	for _, texts := range []*array.String{column("one", "-", "tw\"o\n"), column("-"), column(""), column("\u2028é\\")} {
		if err := s.Classify(t.Context(), texts, &r); err != nil || r.Len() != texts.Len() {
			t.Fatal(r, err)
		}
	}
	want := `{"text":"one"}` + "\n" + `{"text":"tw\"o\n"}` + "\n" + `{"text":""}` + "\n" + `{"text":"` + "\u2028é" + `\\"}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" || s.Sent() != 4 {
		t.Errorf("%d sent\n%s", s.Sent(), diff)
	}
}

// broken is a writer that fails.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

// TestSenderFails ends the pipeline by an error that it neither tries again nor blames on a row.
func TestSenderFails(t *testing.T) {
	s := remote.NewSender(broken{}, classify.Info{})
	err := s.Classify(t.Context(), column("x"), new(classify.Results))
	if fault.FateOf(err) != fault.Fatal || s.Err() == nil {
		t.Errorf("%v, %v", err, s.Err())
	}
}

func TestReceiver(t *testing.T) {
	lines := `{"label":"b","confidence":0.1234,"tokens":3}
{"label":null,"confidence":null,"reason":"no_known_words","tokens":0}
{"label":null,"confidence":null,"tokens":0,"error":{"code":"TEXT_TOO_LONG","message":"so long"}}
{"label":"a","confidence":1,"tokens":1}
`
	r := remote.NewReceiver(strings.NewReader(lines), classify.Info{Labels: []string{"a", "b"}, Mode: classify.Single}, client.ByName)
	var got classify.Results
	if err := r.Classify(t.Context(), column("x", "-", "y", "z"), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int32{1, -1, -1, -1}, got.Label); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]classify.Reason{0, classify.NullText, classify.NoKnownWords, 0}, got.Reason); diff != "" {
		t.Error(diff)
	}
	if got.Confidence[0] != 0.1234 || got.Tokens[0] != 3 || len(got.Failures) != 1 || got.Failures[0].Row != 3 || !fault.Is(got.Failures[0].Err, fault.TextTooLong) {
		t.Errorf("%+v", got)
	}
	if err := r.Classify(t.Context(), column("-", "w"), &got); err != nil || got.Label[1] != 0 {
		t.Errorf("%v, %v", got.Label, err)
	}
	if err := r.Classify(t.Context(), column("one more"), &got); !fault.Is(err, fault.InputChanged) {
		t.Errorf("more texts than results: %v", err)
	}
}

func TestReceiverOfLists(t *testing.T) {
	lines := `{"labels":[{"label":"b","confidence":0.9},{"label":"a","confidence":0.5}],"tokens":3}` + "\n" + `{"labels":[],"tokens":1}` + "\n"
	r := remote.NewReceiver(strings.NewReader(lines), classify.Info{Labels: []string{"a", "b"}, Mode: classify.Multi}, client.ByName)
	var got classify.Results
	if err := r.Classify(t.Context(), column("x", "-", "y"), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int32{1, -1, -1}, got.Label); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int32{2, 2, 2}, got.Ends); diff != "" || got.Scores[1] != (classify.Score{Label: 0, Confidence: 0.5}) {
		t.Error(got.Scores, diff)
	}
}

// TestStrange are results that no winnow server gives.
func TestStrange(t *testing.T) {
	for _, line := range []string{"<html>\n", `{"label":"c"}` + "\n"} {
		r := remote.NewReceiver(strings.NewReader(line), classify.Info{Labels: []string{"a"}, Mode: classify.Single}, client.ByName)
		if err := r.Classify(t.Context(), column("x"), new(classify.Results)); !fault.Is(err, fault.ServerAnswer) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func Example() {
	var upload bytes.Buffer
	var answers classify.Results
	texts := column("refund me", "it crashes")
	sender := remote.NewSender(&upload, classify.Info{})
	fmt.Println(sender.Classify(context.Background(), texts, &answers), sender.Sent())

	results := strings.NewReader(`{"label":"billing","confidence":0.94,"tokens":2}` + "\n" + `{"label":"bug","confidence":0.97,"tokens":2}` + "\n")
	receiver := remote.NewReceiver(results, classify.Info{Labels: []string{"billing", "bug"}, Mode: classify.Single}, client.ByName)
	fmt.Println(receiver.Classify(context.Background(), texts, &answers), answers.Label)
	// Output:
	// <nil> 2
	// <nil> [0 1]
}
