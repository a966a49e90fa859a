//go:build integration

package registry_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/kafka/registry"
	"github.com/winnow-stream/winnow/test/python"
)

// services starts a registry of its own and returns its address.
func services(t *testing.T) string {
	t.Helper()
	script := os.Getenv("WINNOW_SERVICES")
	if script == "" {
		script = filepath.Join("..", "..", "..", "scripts", "services")
	}
	script, err := filepath.Abs(script)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	start := exec.Command(script, "start", "registry", "--port", "0", "--dir", dir)
	start.Stderr = os.Stderr
	out, err := start.Output()
	if err != nil {
		t.Fatalf("start a registry: %v", err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command(script, "stop", "registry", "--dir", dir).CombinedOutput(); err != nil {
			t.Errorf("stop the registry: %v\n%s", err, out)
		}
	})
	return "http://" + strings.TrimSpace(string(out))
}

type line struct {
	Topic  string          `json:"topic"`
	Format registry.Format `json:"format"`
	Value  []byte          `json:"value"`
	JSON   string          `json:"json"`
}

// interop runs the other side.
func interop(t *testing.T, python, mode, url string, in []byte) []line {
	t.Helper()
	cmd := exec.Command(python, filepath.Join("testdata", "interop.py"), mode, url)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("interop.py %s: %v\n%s", mode, err, out)
	}
	var lines []line
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

func tree(t *testing.T, text string) any {
	t.Helper()
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// Confluent's serializers and winnow read each other's records, by way of a registry in a process of its own.
func TestInterop(t *testing.T) {
	url, interpreter := services(t), python.With(t, "registry-venv", "confluent-kafka[avro,protobuf,json]==2.16.1", "protobuf==7.36.2")
	r := open(t, registry.Config{URL: url, Validate: true})
	if err := r.Reach(t.Context()); err != nil {
		t.Fatal(err)
	}
	written := interop(t, interpreter, "write", url, nil)
	if len(written) != 4 {
		t.Fatalf("%d values were written", len(written))
	}
	var labelled bytes.Buffer
	var want []string
	for _, l := range written {
		got, id, err := r.Decoder(l.Format).Append(t.Context(), nil, l.Value)
		if err != nil {
			t.Fatalf("%s: %v", l.Topic, err)
		}
		if diff := cmp.Diff(tree(t, l.JSON), tree(t, string(got))); diff != "" {
			t.Errorf("%s: %s", l.Topic, diff)
		}
		e, err := r.Encoder(t.Context(), l.Format, l.Topic+"-labelled", id, results)
		if err != nil {
			t.Fatal(err)
		}
		object := strings.TrimSuffix(string(got), "}") + `,"label":"bug","confidence":0.5,"labels":[{"label":"bug","confidence":0.5}],"tokens":7,"classifier":"m@1"}`
		out, err := e.Append(nil, []byte(object))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, object)
		if err := json.NewEncoder(&labelled).Encode(line{Topic: l.Topic, Format: l.Format, Value: out}); err != nil {
			t.Fatal(err)
		}
	}
	read := interop(t, interpreter, "read", url, labelled.Bytes())
	if len(read) != len(want) {
		t.Fatalf("%d values were read", len(read))
	}
	for i, l := range read {
		if diff := cmp.Diff(tree(t, want[i]), tree(t, l.JSON)); diff != "" {
			t.Errorf("%s: %s", l.Topic, diff)
		}
	}
}
