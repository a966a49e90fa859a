//go:build integration

package service

import (
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

// TestClasserExamples runs the commands of Classer's documentation, with nothing but the host replaced.
func TestClasserExamples(t *testing.T) {
	s, dir := start(t, build(t), t.TempDir()), t.TempDir()
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

// TestOpenAI runs batches by OpenAI's own Python client, with nothing but its base URL changed.
func TestOpenAI(t *testing.T) {
	interpreter := python.With(t, "openai-venv", "openai==3.57.0")
	cmd := exec.Command(interpreter, "testdata/openai_client.py", start(t, build(t), t.TempDir()).address)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
