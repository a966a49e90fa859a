package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestStreams runs testdata/stream/*.txtar beside a cluster in this process, at $BROKERS. Beside the commands of
// TestScripts there are
//
//	produce TOPIC N   sends N records of which each fourth goes to the same partition
//	feed TOPIC FILE   sends records until something is written to the file
//	hangup PIPELINE   sends SIGHUP to the process that runs it
func TestStreams(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, "tickets", "labelled", "dead"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close) // the scripts run after this function has returned
	// The cluster of a test tells nothing of a group that has never been, where Kafka says that it is empty.
	cl, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	var begin kadm.Offsets
	for partition := range int32(4) {
		begin.AddOffset("tickets", partition, 0, -1)
	}
	if err := kadm.NewClient(cl).CommitAllOffsets(t.Context(), "winnow-tickets", begin); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/stream",
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_RUNTIME_DIR", e.WorkDir+"/.run")
			e.Setenv("NO_COLOR", "1")
			e.Setenv("COLUMNS", "200")
			e.Setenv("BROKERS", strings.Join(cluster.ListenAddrs(), ","))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": exitStatus, "eventually": eventually, "produce": produce, "feed": feed, "hangup": hangup,
		},
	})
}

func hangup(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("winnow", "status", args[0], "--json"))
	var st statusJSON
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &st))
	ts.Check(syscall.Kill(st.PID, syscall.SIGHUP))
}

func feed(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		produce(ts, false, []string{args[0], "4"})
		if info, err := os.Stat(ts.MkAbs(args[1])); err == nil && info.Size() > 0 {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("nothing is written to %s", args[1])
		}
	}
}

func produce(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	cl, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(ts.Getenv("BROKERS"), ",")...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	ts.Check(err)
	defer cl.Close()
	texts := []string{"the team won the match", "the shares fell at the stock exchange", "the band played its new song"}
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{Topic: args[0], Partition: int32(i % 4), Value: fmt.Appendf(nil, `{"id":%d,"text":%q}`, i, texts[i%len(texts)])}
	}
	ts.Check(cl.ProduceSync(context.Background(), records...).FirstErr())
}
