package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secretTexts are entities of the records below: none may be in a sink that redacts.
var secretTexts = []string{"ann@example.com", "4111 1111 1111 1111", "bob@example.org", "DE89370400440532013000", "+49 30 901820", "carl@example.net"}

// messages are records with entities in plain words, behind escapes, in quotes, and in nested fields.
var messages = map[string]string{
	"in.jsonl": `{"id":1,"text":"mail ann@example.com now","note":"x"}
{"id":2,"text":"card \u0034111 1111 1111 1111, \"bob\u0040example.org\"\n\u00e9 👍 carl@example.net","note":null}
{"id":3,"note":"y","text":"pay DE89370400440532013000 or call +49 30 901820"}
{"id":4,"text":"nothing here","note":"z"}
`,
	"in.csv": "id,text,note\r\n1,mail ann@example.com now,x\r\n2,\"card 4111 1111 1111 1111, \"\"bob@example.org\"\"\ncarl@example.net\",\r\n3,pay DE89370400440532013000 or call +49 30 901820,y\r\n4,nothing here,z\r\n",
	"in.txt": "mail ann@example.com now\ncard 4111 1111 1111 1111, bob@example.org carl@example.net\npay DE89370400440532013000 or call +49 30 901820\nnothing here\n",
}

// TestRedactedOutputs looks for entities in the bytes of every kind of file sink behind every kind of file source.
func TestRedactedOutputs(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	dir := t.TempDir()
	t.Chdir(dir)
	for name, content := range messages {
		must(t, os.WriteFile(name, []byte(content), 0o644))
	}
	status, stderr := started("entities", "in.jsonl", "-o", "in.parquet", "-q")
	if status != 0 {
		t.Fatal(stderr)
	}
	n := 0
	for _, in := range []string{"in.jsonl", "in.csv", "in.txt", "in.parquet"} {
		for _, out := range []string{"jsonl", "csv", "tsv", "xlsx", "parquet", "jsonl.gz"} {
			for _, extract := range []string{"extract: {}", "classify: {labels: [sport, finance]}", "extract: {types: [url]}\nclassify: {labels: [sport, finance], top_k: 2}"} {
				if n++; spared(n) {
					continue
				}
				t.Run(in+" to "+out+" by "+strings.SplitN(extract, ":", 2)[0], func(t *testing.T) {
					redactedOutput(t, in, out, extract)
				})
			}
		}
	}
}

func redactedOutput(t *testing.T, in, out, extract string) {
	work := t.TempDir()
	kind, source, compression := "file", "file", ""
	if strings.HasSuffix(in, "parquet") {
		source = "parquet"
	}
	if out == "parquet" {
		kind, compression = "parquet", ", compression: none"
	}
	spec := fmt.Sprintf("source: {%s: {path: %s}}\n%s\nroute: [{when: 'record.text == \"never\"', to: open}]\nsinks:\n"+
		"  default: {%s: {path: %s/out.%s%s}, redact: [email, card, iban, phone]}\n  open: {file: {path: %s/open.jsonl}}\n",
		source, in, extract, kind, work, out, compression, work)
	must(t, os.WriteFile(filepath.Join(work, "spec.yaml"), []byte(spec), 0o644))
	if status, stderr := started("run", filepath.Join(work, "spec.yaml"), "--state", filepath.Join(work, "state"), "-q"); status != 0 {
		t.Fatalf("%s\n%s", stderr, spec)
	}
	data := unpacked(t, filepath.Join(work, "out."+out))
	for _, secret := range secretTexts {
		if bytes.Contains(data, []byte(secret)) || bytes.Contains(data, []byte(strings.ReplaceAll(secret, "@", `\u0040`))) {
			t.Errorf("%q is in the output:\n%s", secret, data)
		}
	}
	for _, mark := range []string{"[EMAIL]", "[CARD]", "[IBAN]", "[PHONE]", "nothing here"} {
		if !bytes.Contains(data, []byte(mark)) {
			t.Errorf("%q is not in the output:\n%s", mark, data)
		}
	}
}

// unpacked is a file's content; of a sheet that of all its parts.
func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	switch filepath.Ext(path) {
	case ".gz":
		z, err := gzip.NewReader(bytes.NewReader(data))
		must(t, err)
		data, err = io.ReadAll(z)
		must(t, err)
	case ".xlsx":
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		must(t, err)
		data = nil
		for _, f := range z.File {
			r, err := f.Open()
			must(t, err)
			part, err := io.ReadAll(r)
			must(t, err)
			data = append(data, part...)
		}
	}
	return data
}

// started runs a command line and returns its status and what it says.
func started(args ...string) (int, string) {
	var stderr bytes.Buffer
	m := &Main{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Signals: make(chan os.Signal, 1)}
	defer m.Close()
	return m.Run(args), stderr.String()
}

// TestRedactedBeside keeps what one sink may not see in the others, and in the dead letters.
func TestRedactedBeside(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("in.jsonl", []byte(messages["in.jsonl"]+`{"id":5,"note":"ann@example.com"}`+"\n"), 0o644))
	must(t, os.WriteFile("spec.yaml", []byte(`source: {file: {path: in.jsonl}}
extract: {types: [email]}
text: text
route: [{when: 'record.id == 1', to: open}]
sinks:
  default: {file: {path: out.jsonl}, redact: {types: [email], key: k}}
  open: {file: {path: open.jsonl}}
dead_letters: {file: {path: dead.jsonl}}
max_error_rate: 1
`), 0o644))
	if status, stderr := started("run", "spec.yaml", "-q"); status != 0 {
		t.Fatal(stderr)
	}
	want := map[string]bool{"open.jsonl": true, "dead.jsonl": true, "out.jsonl": false}
	for path, has := range want {
		data, err := os.ReadFile(path)
		must(t, err)
		if bytes.Contains(data, []byte("@example")) != has {
			t.Errorf("%s:\n%s", path, data)
		}
	}
}
