package conform_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// TestMain has more tests run at once than there are CPUs, since they mostly wait for processes.
func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // -parallel on the command line wins
	plugintest.Main(m, broken)
}

// broken is a plugin that breaks the one promise that its first argument names.
func broken() {
	how := conform.Promise(os.Args[1])
	if len(os.Args) > 2 {
		map[string]func(conform.Promise){"source": serveBrokenSource, "feed": serveBrokenFeed, "sink": serveBrokenSink}[os.Args[2]](how)
		return
	}
	name := "broken"
	if how == conform.Starts {
		name = "whole"
	}
	sdk.Serve(sdk.Plugin{Name: name, Version: "1", Classifier: func(context.Context, sdk.Task) (classify.Classifier, error) {
		return &classifier{how: how}, nil
	}})
	if how == conform.Ends {
		time.Sleep(time.Hour)
	}
}

type classifier struct{ how conform.Promise }

func (*classifier) Info() classify.Info {
	return classify.Info{Version: "broken", Labels: []string{"a", "b"}, Mode: classify.Single, Backend: "broken"}
}

// busy is full while a call is worked on.
var busy = make(chan struct{}, 1)

func (c *classifier) Classify(_ context.Context, texts *array.String, out *classify.Results) error {
	n := texts.Len()
	out.Reset(n)
	for i := range n {
		if texts.IsNull(i) && c.how != conform.NoText {
			out.Reason[i] = classify.NullText
			continue
		}
		out.Label[i], out.Confidence[i] = int32(len(texts.Value(i))%2), 1
		if c.how == conform.Alone && n == 1 {
			out.Label[i] = 1 - out.Label[i]
		}
		if c.how == conform.Repeatable {
			out.Confidence[i] = classify.RoundConfidence(float64(os.Getpid()%9999) / 1e4)
		}
		if c.how == conform.Large && n > 1000 {
			out.Fail(i, errors.New("too much"))
		}
	}
	switch {
	case c.how == conform.Answers && n > 1:
		return errors.New("I'd rather not")
	case c.how == conform.AtOnce:
		select {
		case busy <- struct{}{}:
			time.Sleep(50 * time.Millisecond) // long enough for another call to come
			<-busy
		default:
			return errors.New("I am busy")
		}
	}
	return nil
}

// TestBroken proves each check by a plugin that breaks its promise alone.
func TestBroken(t *testing.T) {
	for _, how := range []conform.Promise{
		"nothing", conform.Starts, conform.Answers, conform.NoText, conform.Alone, conform.AtOnce, conform.Large, conform.Repeatable,
		conform.Ends,
	} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			var want, failed []conform.Promise
			if how != "nothing" {
				want = []conform.Promise{how}
			}
			conform.Classifier(t.Context(), plugintest.Host(t), host.ClassifierConfig{
				Program: plugintest.Program(t, "broken", "1", string(how)), Config: []byte("{}"),
			}, func(r conform.Result) {
				if r.Err != nil {
					t.Log(r.Promise, r.Err)
					failed = append(failed, r.Promise)
				}
			})
			if !slices.Equal(failed, want) {
				t.Errorf("fails %q", failed)
			}
		})
	}
}

// What can't be started breaks the first promise, and no other is looked at.
func ExampleClassifier() {
	h := host.New(zerolog.Nop())
	defer h.Close()
	conform.Classifier(context.Background(), h, host.ClassifierConfig{
		Program: host.Program{Name: "nothing", Version: "1", Dir: "/", Command: []string{"true"}},
	}, func(r conform.Result) { fmt.Println(r.Promise, "–", r.Err) })
	// Output: starts, and is what its manifest says – plugin.handshake: plugin nothing: it ended before its handshake: exit status 0
}
