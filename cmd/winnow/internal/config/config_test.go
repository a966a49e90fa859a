package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "server.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOrder has the same setting in all places: the flag wins over the environment, and that over the file.
func TestOrder(t *testing.T) {
	path := write(t, "listen: 127.0.0.1:1\nlimits: {texts: 1, body: 1MiB}\nrate: {requests: 60}\n")
	environ := []string{"HOME=/root", "WINNOW_SERVE_LIMITS_TEXTS=2", "WINNOW_SERVE_LISTEN=127.0.0.1:2", "WINNOW_HOME=x"}
	flags := []spec.Setting{{From: "--listen", Path: "listen", Value: "127.0.0.1:3"}}
	got, err := config.Load(path, environ, flags)
	want := config.Default()
	want.Listen, want.Limits.Texts, want.Limits.Body, want.Rate = "127.0.0.1:3", 2, 1<<20, &config.Rate{Requests: 60}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b unit.Secret) bool { return a == b })); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// TestSecret has an address with a password: it is not shown.
func TestSecret(t *testing.T) {
	s, err := config.Load("", []string{"WINNOW_SERVE_STORE_POSTGRES=postgres://winnow:canary-88@db/winnow"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v %v", *s, s.Store); strings.Contains(text, "canary") {
		t.Errorf("the password is shown: %s", text)
	}
	if address, err := s.Store.Postgres.Reveal(); err != nil || address != "postgres://winnow:canary-88@db/winnow" {
		t.Errorf("%v: %s", err, address)
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct {
		name, file string
		environ    []string
		flags      []spec.Setting
		want       []string
	}{
		{name: "unknown setting", file: "lissten: x\n", want: []string{`server.yaml:1:1 lissten: config.unknown_field: unknown field "lissten"; did you mean "listen"?`}},
		{name: "all at once", file: "limits:\n  texts: many\n  body: 5\n", want: []string{
			"server.yaml:2:10 limits.texts: config.field: texts takes a whole number, and this is the text \"many\"",
			`server.yaml:3:9 limits.body: config.field: size "5" has no unit`,
		}},
		{name: "unknown variable", environ: []string{"WINNOW_SERVE_LISTN=x"}, want: []string{"config.unknown_field: unknown setting WINNOW_SERVE_LISTN in the environment"}},
		{name: "wrong variable", environ: []string{"WINNOW_SERVE_LIMITS_TEXTS=0"}, want: []string{"WINNOW_SERVE_LIMITS_TEXTS limits.texts: config.field: texts is 0, and has to be from 1 to 100000"}},
		{name: "wrong flag", flags: []spec.Setting{{From: "--set", Path: "limits.txts", Value: "1"}}, want: []string{`--set limits.txts: config.unknown_field: unknown field "txts"; did you mean "texts"?`}},
		{name: "together", file: "limits: {body: 1GiB}\npublic_url: example.com\n", want: []string{
			`public_url: config.field: public_url "example.com" is no address of a server`,
			"limits.body: config.field: limits.body is 1GiB, and limits.in_flight 512MiB",
		}},
		{name: "networks and sites", file: "trusted_proxies: [10.0.0.1]\ncors: {origins: [https://a.example/x]}\n", want: []string{
			`trusted_proxies[0]: config.field: "10.0.0.1" is no network`,
			`cors.origins[0]: config.field: "https://a.example/x" is no site`,
		}},
		{name: "a mailbox as a domain", file: "notify: {email: {from: a@b.example, server: \"b.example:587\", domains: [b.example, a@b.example]}}\n", want: []string{
			`notify.email.domains[1]: config.field: "a@b.example" is no domain`,
		}},
		{name: "no bucket", file: "uploads: {via: s3}\n", want: []string{"uploads.via: config.field: uploads.via is s3, and there is no bucket"}},
		{name: "another way", file: "downloads: {via: ftp}\n", want: []string{`server.yaml:1:18 downloads.via: config.field: via can't be "ftp"`}},
		{name: "bucket and folder", file: "blobs: {folder: x, s3: {bucket: y}}\n", want: []string{"blobs.folder: config.field: there is a bucket as well as a folder for blobs"}},
		{name: "prices", file: "prices: {fast: -1}\n", want: []string{"server.yaml:1:16 prices.fast: config.field: fast is -1, and has to be from 0 up"}},
		{name: "retention", file: "retention: 0s\n", want: []string{"retention: config.field: retention is 0s"}},
		{name: "rates without a number", file: "rate: {}\n", want: []string{"rate: config.field: rate has no limit"}},
		{name: "half of TLS", file: "tls: {cert: a.pem}\n", want: []string{"server.yaml:1:6 tls.key: config.missing: key is missing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := ""
			if c.file != "" {
				path = write(t, c.file)
			}
			_, err := config.Load(path, c.environ, c.flags)
			var got []string
			for _, e := range fault.List(err) {
				e.Where.File = filepath.Base(e.Where.File)
				if e.Where.File == "." {
					e.Where.File = ""
				}
				got = append(got, e.Error())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"), nil, nil); !fault.Is(err, fault.InputMissing) {
		t.Errorf("a missing file: %v", err)
	}
}

func Example() {
	s, err := config.Load("", []string{"WINNOW_SERVE_LIMITS_TEXTS=100"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Listen, s.Limits.Texts)
	// Output: 127.0.0.1:8080 100
}
