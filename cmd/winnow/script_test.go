package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kfake"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"winnow": main, "shouter": serveShouter, peakCommand: mainWithPeak})
}

// peakCommand is the program that says how much memory it took.
const peakCommand = "winnow-peak"

// TestScripts runs testdata/script/*.txtar, each of which shows one thing that the command line does. Beside the usual
// commands there are
//
//	status N CMD...   CMD has to exit with N
//	lines N FILE      writes N records as JSON lines
//	broker [NAME]     starts a broker in this process; $NAME, or $BROKER, is its address
//	server ARGS...    starts winnow serve, again at the same address; $WINNOW_URL is that
//	kill-server       ends it at once; without, it is told to stop when the script ends
//	eventually RE CMD runs CMD until its standard output matches RE
//
// and $ROOT is the project's folder.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	must(t, err)
	testscript.Run(t, testscript.Params{
		Files: watched(t, scripts),
		Setup: func(e *testscript.Env) error {
			e.Setenv("WINNOW_HOME", e.WorkDir+"/.home")
			e.Setenv("XDG_RUNTIME_DIR", e.WorkDir+"/.run")
			e.Setenv("NO_COLOR", "1")
			root, err := filepath.Abs("../..")
			e.Setenv("ROOT", root)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": exitStatus, "lines": writeLines, "eventually": eventually, "broker": startBroker,
			"server": startServer, "kill-server": killServer,
		},
		Condition: func(name string) (bool, error) {
			if name == "root" { // for whom no folder is locked
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// exitStatus runs a command and compares its exit status.
func exitStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// writeLines writes records whose texts repeat after 7.
func writeLines(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	texts := []string{
		"win a cash prize now", "see you at lunch", "free tickets, call now", "the meeting moved to noon",
		"you won, claim your reward", "did you call mum", "cheap loans without checks",
	}
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"id":%d,"text":%q}`+"\n", i, texts[i%len(texts)])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o666))
}

// eventually waits for what a command says.
func eventually(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[0])
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		ts.Check(ts.Exec(args[1], args[2:]...))
		if want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s did not come", args[0])
		}
	}
}

// startBroker starts a broker until the script ends.
func startBroker(ts *testscript.TestScript, _ bool, args []string) {
	name := "BROKER"
	if len(args) > 0 {
		name = args[0]
	}
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	ts.Check(err)
	ts.Defer(c.Close)
	ts.Setenv(name, c.ListenAddrs()[0])
}
