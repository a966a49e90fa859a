package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/winnow-stream/winnow/pipeline/disk"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestBadCommands runs the commands above each archive of testdata/bad/command among the archive's files. What the last
// one says stands beside it, with its status.
func TestBadCommands(t *testing.T) {
	archives, err := filepath.Glob("../../testdata/bad/command/*.bad.txtar")
	if err != nil || len(archives) < 40 {
		t.Fatal(len(archives), err)
	}
	for n, path := range archives {
		if spared(n) {
			continue
		}
		path, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		golden := strings.TrimSuffix(path, ".bad.txtar") + ".error"
		t.Run(filepath.Base(path), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
			t.Setenv("WINNOW_HOME", "home")
			for _, f := range a.Files {
				must(t, os.MkdirAll(filepath.Dir(f.Name), 0o755))
				must(t, os.WriteFile(f.Name, f.Data, 0o600))
			}
			var got string
			for line := range strings.Lines(string(a.Comment)) {
				got = perform(t, strings.Fields(line))
			}
			if *update {
				must(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			must(t, err)
			if d := cmp.Diff(string(want), got); d != "" {
				t.Error(d)
			}
		})
	}
}

// chance is what differs from run to run: process and run ids.
var chance = regexp.MustCompile(`process \d+|run [0-9a-f]{16}`)

// digest is what weights are called by: training differs in the last bits from one kind of processor to another.
var digest = regexp.MustCompile(`[0-9a-f]{64}`)

// perform runs one line: winnow, or what happens between two runs of it.
func perform(t *testing.T, words []string) string {
	t.Helper()
	args := words[1:]
	switch words[0] {
	case "winnow":
		var said bytes.Buffer
		m := &Main{Stdin: strings.NewReader("a line\n"), Stdout: &said, Stderr: &said, Signals: make(chan os.Signal, 1)}
		status := m.Run(args)
		here, err := os.Getwd()
		must(t, err)
		text := digest.ReplaceAllString(strings.ReplaceAll(said.String(), here+"/", ""), "HASH")
		return fmt.Sprintf("%sexit %d\n", chance.ReplaceAllStringFunc(text, func(s string) string {
			return s[:strings.IndexByte(s, ' ')] + " ID"
		}), status)
	case "mkdir":
		must(t, os.MkdirAll(args[0], 0o755))
	case "remove":
		must(t, os.Remove(args[0]))
	case "truncate":
		must(t, os.Truncate(args[0], int64(number(t, args[1]))))
	case "patch": // a byte at a place
		patch(t, args[0], number(t, args[1]), byte(number(t, args[2])))
	case "damage": // the byte in the middle of each file
		files, err := filepath.Glob(args[0])
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", args[0], len(files), err)
		}
		for _, path := range files {
			info, err := os.Stat(path)
			must(t, err)
			patch(t, path, int(info.Size()/2), 0x5a)
		}
	case "replace":
		data, err := os.ReadFile(args[0])
		must(t, err)
		must(t, os.WriteFile(args[0], bytes.Replace(data, []byte(args[1]), []byte(args[2]), 1), 0o600))
	case "lock":
		l, err := disk.OS{}.Lock(args[0])
		must(t, err)
		t.Cleanup(func() { _ = l.Close() })
	case "columns": // a CSV file of so many columns
		n := number(t, args[1])
		var head, row strings.Builder
		for i := range n {
			fmt.Fprintf(&head, "c%d,", i)
			row.WriteString("x,")
		}
		must(t, os.WriteFile(args[0], []byte(head.String()+"c\n"+row.String()+"x\n"), 0o600))
	default:
		t.Fatalf("unknown command %q", words)
	}
	return ""
}

// patch changes one byte of a file: to b, or where it is that already, to another.
func patch(t *testing.T, path string, at int, b byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	if data[at] == b {
		b++
	}
	data[at] = b
	must(t, os.WriteFile(path, data, 0o600))
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	must(t, err)
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
