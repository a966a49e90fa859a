//go:build integration

package service

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/test/python"
)

// TestClasser runs Classer's own Python client, with nothing but its base URL changed.
func TestClasser(t *testing.T) {
	interpreter := python.With(t, "classer-venv", "classer==0.0.6")
	cmd := exec.Command(interpreter, "testdata/classer_client.py", start(t, build(t), t.TempDir()).address)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestClasserJS runs Classer's own client for Node, with nothing but its base URL changed.
func TestClasserJS(t *testing.T) {
	dir := t.TempDir()
	install := exec.Command("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", dir, "classer-ai@0.0.4")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("install the client: %v\n%s", err, out)
	}
	script, err := filepath.Abs("testdata/classer_client.js")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", script, start(t, build(t), t.TempDir()).address)
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(dir, "node_modules"), "CLASSER_API_KEY=YOUR_API_KEY")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestClasserPage runs the examples of Classer's page about tags as they stand there; the base URL is set from outside.
func TestClasserPage(t *testing.T) {
	interpreter := python.With(t, "classer-venv", "classer==0.0.6")
	run := "import sys, runpy, classer; classer.ClasserClient.BASE_URL = sys.argv[1]; runpy.run_path(sys.argv[2])"
	out, err := exec.Command(interpreter, "-c", run, start(t, build(t), t.TempDir()).address, "testdata/classer_tag_page.py").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !regexp.MustCompile(`^((politics|technology|finance|sports|business|consumer|ai): (1\.0|0\.\d{1,4})\n)+$`).Match(out) {
		t.Errorf("%s", out)
	}
}

// backingCase are the settings of a server.
type backingCase struct {
	name     string
	settings func(t *testing.T) []string
}

// backings are those of servers that keep what they have here, and elsewhere.
var backings = []backingCase{
	{"embedded", func(*testing.T) []string { return nil }},
	{"shared", shared},
}

// TestClasserExamples runs the commands of Classer's documentation, with nothing but the host replaced. Clients upload to
// the server, wherever it keeps the files.
func TestClasserExamples(t *testing.T) {
	bin := build(t)
	for _, b := range backings {
		t.Run(b.name, func(t *testing.T) { classerExamples(t, start(t, bin, t.TempDir(), b.settings(t)...)) })
	}
}

func classerExamples(t *testing.T, s *server) {
	dir := t.TempDir()
	run := func(file string, more ...string) string {
		t.Helper()
		script, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("bash", "-e", "-c", strings.ReplaceAll(string(script), "HOST", s.address))
		cmd.Dir = dir
		cmd.Env = append(append(os.Environ(), "CLASSER_API_KEY=YOUR_API_KEY"), more...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", file, err, out)
		}
		return string(out)
	}
	run("classer_example.sh")
	got, err := os.ReadFile(filepath.Join(dir, "results.ndjson"))
	line := `\{"label":"(\w+)","confidence":[0-9.]+,"tokens":\d+\}\n`
	labels := regexp.MustCompile(`^` + strings.Repeat(line, 3) + `$`).FindSubmatch(got)
	if err != nil || labels == nil || string(labels[1]) != "billing" || string(labels[2]) != "technical" {
		t.Fatalf("%v: %s", err, got)
	}
	j, err := exec.Command("curl", "-s", s.address+"/v1/batch", "-H", "Content-Type: application/json", "-d", `{"labels":["billing","technical"]}`).Output()
	if err != nil {
		t.Fatal(err)
	}
	if out := run("classer_upload.sh", "JOB="+string(j)); strings.Contains(out, "<Error>") {
		t.Errorf("the shorter upload: %s", out)
	}
}

// TestBoto3 uploads by the whole form of a presigned POST, as boto3's clients do: to the server, to one that takes nothing
// less, and to the bucket.
func TestBoto3(t *testing.T) {
	interpreter := python.With(t, "boto3-venv", "boto3==1.44.5", "requests==2.34.2")
	script, err := filepath.Abs("testdata/boto3_client.py")
	if err != nil {
		t.Fatal(err)
	}
	bin := build(t)
	for _, c := range []struct {
		name     string
		strict   bool
		settings func(t *testing.T) []string
	}{
		{"server", false, func(*testing.T) []string { return nil }},
		{"strict", true, func(*testing.T) []string { return []string{"WINNOW_SERVE_UPLOADS_STRICT=true"} }},
		{"server before a bucket", false, shared},
		{"bucket", true, func(t *testing.T) []string {
			return append(shared(t), "WINNOW_SERVE_UPLOADS_VIA=s3", "WINNOW_SERVE_DOWNLOADS_VIA=s3")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			lines := `{"text": "I need help with billing"}` + "\n" + `{"text": "The app keeps crashing"}` + "\n" + `{"text": "How do I upgrade my plan?"}` + "\n"
			if err := os.WriteFile(filepath.Join(dir, "input.ndjson"), []byte(lines), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{script, start(t, bin, t.TempDir(), c.settings(t)...).address}
			if c.strict {
				args = append(args, "strict")
			}
			cmd := exec.Command(interpreter, args...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}

// TestOpenAI runs batches by OpenAI's own Python client, with nothing but its base URL changed: on one server that keeps what
// it has by itself, and on two that share it.
func TestOpenAI(t *testing.T) {
	interpreter, bin := python.With(t, "openai-venv", "openai==3.57.0"), build(t)
	for _, b := range backings {
		t.Run(b.name, func(t *testing.T) {
			settings := append(b.settings(t), "WINNOW_SERVE_NOTIFY_PRIVATE=true")
			first := start(t, bin, t.TempDir(), settings...).address
			second := first
			if b.name == "shared" {
				second = start(t, bin, t.TempDir(), settings...).address
			}
			cmd := exec.Command(interpreter, "testdata/openai_client.py", first, second)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}

// TestJobsRun has a server label real texts by winnow jobs run, through the server and through its bucket: the output is the
// one of winnow classify, byte by byte.
func TestJobsRun(t *testing.T) {
	bin := build(t)
	input, err := filepath.Abs("../../cmd/winnow/internal/demo/messages.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range append(backings[:len(backings):len(backings)], backingCase{"bucket", func(t *testing.T) []string {
		return append(shared(t), "WINNOW_SERVE_UPLOADS_VIA=s3", "WINNOW_SERVE_DOWNLOADS_VIA=s3")
	}}) {
		t.Run(b.name, func(t *testing.T) {
			s, dir := start(t, bin, t.TempDir(), b.settings(t)...), t.TempDir()
			winnow := func(args ...string) {
				t.Helper()
				cmd := exec.Command(bin, args...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "WINNOW_URL="+s.address)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("winnow %v: %v\n%s", args, err, out)
				}
			}
			asked := []string{"--labels", "billing,technical,sales", "--keep", "text", "-q"}
			winnow(append([]string{"jobs", "run", input, "-o", "got.jsonl"}, asked...)...)
			winnow(append([]string{"classify", input, "-o", "want.jsonl"}, asked...)...)
			got, gotErr := os.ReadFile(filepath.Join(dir, "got.jsonl"))
			want, wantErr := os.ReadFile(filepath.Join(dir, "want.jsonl"))
			if err := errors.Join(gotErr, wantErr); err != nil || len(want) == 0 || !bytes.Equal(got, want) {
				t.Errorf("%v: %d bytes, and winnow classify gives %d", err, len(got), len(want))
			}
		})
	}
}
