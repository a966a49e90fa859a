//go:build integration

package stream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/broker"
)

// firstTime is that of the first record: recent, since brokers drop what is older than their retention.
var firstTime = time.Now().Add(-time.Hour).Truncate(time.Millisecond)

func recordTime(id int64) time.Time { return firstTime.Add(time.Duration(id) * time.Millisecond) }

// command runs winnow to its end and returns what it printed.
func (s *scene) command(args ...string) (string, error) {
	cmd := exec.Command(winnow, args...)
	cmd.Dir = s.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	s.t.Logf("winnow %s\n%s", strings.Join(args, " "), out.String())
	return out.String(), err
}

// exitStatus is that of a command; 0 without an error.
func exitStatus(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return 0
}

// done is command for what has to succeed.
func (s *scene) done(args ...string) string {
	s.t.Helper()
	out, err := s.command(args...)
	s.must(err)
	return out
}

// rejectAll runs the pipeline to the input's end, where nothing of it can be labelled.
func (s *scene) rejectAll(args ...string) {
	s.t.Helper()
	out, err := s.command(append([]string{"run", s.spec, "--set", "source.kafka.until=latest"}, args...)...)
	if err == nil || !strings.Contains(out, "run.all_rejected") {
		s.t.Fatalf("%v, want run.all_rejected", err)
	}
}

// letterOf is what the headers of a rejected record say, "code attempts topic/partition/offset", with the length of its
// value; headers that come twice are an error.
func (s *scene) letterOf(r *kgo.Record) string {
	h := make(map[string]string)
	for _, header := range r.Headers {
		if _, twice := h[header.Key]; twice {
			s.t.Errorf("the header %s comes twice: %v", header.Key, r.Headers)
		}
		h[header.Key] = string(header.Value)
	}
	if h["trace"] != "t" || string(r.Key) != "k" {
		s.t.Errorf("the record's own header or key is gone: %v, key %q", r.Headers, r.Key)
	}
	if want := h["winnow-topic"] + "/" + h["winnow-partition"] + "/" + h["winnow-offset"]; h["winnow-id"] != want {
		s.t.Errorf("winnow-id is %s, and the place is %s", h["winnow-id"], want)
	}
	return fmt.Sprintf("%s %s %s %d %s", h["winnow-code"], h["winnow-attempts"], h["winnow-id"], len(r.Value), h["winnow-size"])
}

func (s *scene) letters() []string {
	var all []string
	s.consume(s.topic("dead"), func(r *kgo.Record) { all = append(all, s.letterOf(r)) })
	return all
}

// outputs are the ids of the labelled records.
func (s *scene) outputs() []int64 {
	var all []int64
	s.consume(s.topic("out"), func(r *kgo.Record) {
		var v struct {
			ID    int64
			Label *string
		}
		if err := json.Unmarshal(r.Value, &v); err != nil || v.Label == nil {
			s.t.Errorf("%s/%d/%d: not a labelled record: %.200q", r.Topic, r.Partition, r.Offset, r.Value)
		}
		for _, h := range r.Headers {
			if h.Key != "trace" {
				s.t.Errorf("record %d has the header %s", v.ID, h.Key)
			}
		}
		if want := recordTime(v.ID); !r.Timestamp.Equal(want) {
			s.t.Errorf("record %d is of %v, want %v", v.ID, r.Timestamp, want)
		}
		all = append(all, v.ID)
	})
	return all
}

// send sends values to a partition of the input, each with its index as milliseconds of its time.
func (s *scene) send(partition int32, values ...string) {
	s.t.Helper()
	cl := s.client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(64<<20))
	for i, v := range values {
		s.must(cl.ProduceSync(s.t.Context(), &kgo.Record{
			Topic: s.topic("in"), Partition: partition, Key: []byte("k"), Value: []byte(v),
			Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("t")}}, Timestamp: recordTime(int64(i)),
		}).FirstErr())
	}
}

// TestReplay rejects a record for each kind of reason and replays them as the spec is mended.
func TestReplay(t *testing.T) {
	s := newScene(t, broker.Start(t, broker.Set("message.max.bytes", strconv.Itoa(64<<20))), toKafka{}, "")
	big := `{"id":4,"text":"` + strings.Repeat("my bill is wrong ", 20<<20/17) + `"}`
	s.send(3, `{"id":0,"text":"my bill is wrong"}`, `{"id":1`, `{"id":2,"body":"the app crashes"}`, "{\"id\":3,\"text\":\"\xff\"}", big,
		`{"id":5,"text":"thank you"}`)
	s.done("run", s.spec, "--set", "source.kafka.until=latest")
	in := s.topic("in")
	if diff := cmp.Diff([]string{
		"record.json 1 " + in + "/3/1 7 ", "record.text_missing 1 " + in + "/3/2 33 ", "record.utf8 1 " + in + "/3/3 19 ",
		fmt.Sprintf("record.too_large 1 %s/3/4 0 %d", in, len(big)),
	}, s.letters()); diff != "" {
		t.Fatalf("dead letters (-want +got):\n%s", diff)
	}
	if out := s.done("dead", "list", s.spec, "--json"); strings.Count(out, `"count":1`) != 4 {
		t.Errorf("list: %s", out)
	}
	if out := s.done("dead", "show", s.spec); !strings.Contains(out, "header trace t") || !strings.Contains(out, "kept at its source only") {
		t.Errorf("show: %s", out)
	}

	// One reason alone: the others come again as they were, not counted up.
	s.done("dead", "replay", s.spec, "--code", "record.text_missing", "--set", "text=text ?? body")
	if diff := cmp.Diff([]int64{0, 5, 2}, s.outputs()); diff != "" {
		t.Errorf("after the first replay (-want +got):\n%s", diff)
	}
	left := []string{
		"record.json 1 " + in + "/3/1 7 ", "record.utf8 1 " + in + "/3/3 19 ", fmt.Sprintf("record.too_large 1 %s/3/4 0 %d", in, len(big)),
	}
	if diff := cmp.Diff(left, s.letters()[4:]); diff != "" {
		t.Errorf("dead letters after the first replay (-want +got):\n%s", diff)
	}
	s.done("dead", "purge", s.spec, "--yes")
	if diff := cmp.Diff(left, s.letters()); diff != "" {
		t.Errorf("dead letters after the purge (-want +got):\n%s", diff)
	}

	// The large one is read where it stood; the two that nothing mends fail again.
	s.done("dead", "replay", s.spec, "--set", "max_record_bytes=32MiB")
	if diff := cmp.Diff([]int64{0, 5, 2, 4}, s.outputs()); diff != "" {
		t.Errorf("after the second replay (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"record.json 2 " + in + "/3/1 7 ", "record.utf8 2 " + in + "/3/3 19 "}, s.letters()[3:]); diff != "" {
		t.Errorf("dead letters after the second replay (-want +got):\n%s", diff)
	}
	if out, err := s.command("dead", "purge", s.spec, "--all"); err == nil || !strings.Contains(out, "would remove 5 records") {
		t.Errorf("purge without --yes: %v", err)
	}
	s.done("dead", "purge", s.spec, "--all", "--yes")
	if out := s.done("dead", "list", s.spec, "--all"); !strings.Contains(out, "no rejected records") {
		t.Errorf("after the purge: %s", out)
	}
}

// TestReplayOfWhatIsGone replays a large record that is not at its source any more: it stays dead.
func TestReplayOfWhatIsGone(t *testing.T) {
	s := newScene(t, broker.Start(t), toKafka{}, "")
	s.send(0, `{"id":0,"text":"`+strings.Repeat("x", 5000)+`"}`)
	s.rejectAll("--set", "max_record_bytes=4KiB")
	gone, err := s.adm.DeleteRecords(t.Context(), kadm.OffsetsList{{Topic: s.topic("in"), Partition: 0, At: 1}}.Offsets())
	s.must(err)
	s.must(gone.Error())
	if out, err := s.command("dead", "replay", s.spec); err == nil || !strings.Contains(out, "run.all_rejected") {
		t.Errorf("replay: %v", err)
	}
	in := s.topic("in")
	if diff := cmp.Diff([]string{"record.too_large 1 " + in + "/0/0 0 5018", "kafka.data_lost 2 " + in + "/0/0 0 5018"}, s.letters()); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
}

// TestReplayKilled kills a replay over and over: each record is labelled once, and a last replay does nothing.
func TestReplayKilled(t *testing.T) {
	s := newScene(t, broker.Start(t), toKafka{}, "")
	n := size(20_000, 500_000)
	cl := s.client()
	for i := range n {
		cl.Produce(context.Background(), &kgo.Record{
			Topic: s.topic("in"), Key: []byte("k"), Value: fmt.Appendf(nil, `{"id":%d,"body":"my bill is wrong"}`, i),
			Timestamp: recordTime(int64(i)),
		}, nil)
	}
	s.must(cl.Flush(t.Context()))
	s.rejectAll("--quiet")
	replay := []string{"dead", "replay", s.spec, "--set", "text=body", "--set", "commit.records=500", "--set", "batch.rows=100", "--quiet"}
	for i := range size(3, 20) {
		cmd := exec.Command(winnow, replay...)
		cmd.Dir = s.dir
		s.must(cmd.Start())
		for before := s.replayed(); s.replayed() == before; {
			time.Sleep(20 * time.Millisecond)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Logf("kill %d: the group stands at %d of %d", i, s.replayed(), n)
	}
	for range 2 {
		s.done(replay...)
		seen := make([]int, n)
		for _, id := range s.outputs() {
			seen[id]++
		}
		missing, doubled := 0, 0
		for _, times := range seen {
			if times == 0 {
				missing++
			} else if times > 1 {
				doubled++
			}
		}
		if missing > 0 || doubled > 0 {
			t.Fatalf("of %d records %d were not labelled, and %d more than once; the group stands at %d", n, missing, doubled, s.replayed())
		}
	}
	count := 0
	s.consume(s.topic("dead"), func(*kgo.Record) { count++ })
	if count != n {
		t.Errorf("%d dead letters, want the first %d alone", count, n)
	}
}

// replayed is where the group of the replays stands.
func (s *scene) replayed() int64 {
	done, err := s.adm.FetchOffsets(s.t.Context(), s.group+".dead-replay")
	if err != nil {
		return 0
	}
	o, _ := done.Lookup(s.topic("dead"), 0)
	return o.At
}
