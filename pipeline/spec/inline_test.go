package spec

import (
	"bytes"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// Place is what several kinds have among their fields.
type Place struct {
	// Hosts to ask first.
	Hosts []string `yaml:"hosts" jsonschema:"required"`
	// How to sign in.
	Login *saslPart `yaml:"login" identity:"-"`
}

// inlinePart is a source with the fields of Place among its own.
type inlinePart struct {
	Place `yaml:",inline"`
	// How long to wait.
	Wait unit.Duration `yaml:"wait"`
}

func (p *inlinePart) Check() error {
	if p.Login != nil && p.Login.User == "" {
		return fault.New(fault.ConfigMissing, "login needs a user").At(fault.Where{Path: "login.user"})
	}
	return nil
}

func (p *inlinePart) NewSource(pipeline.Env) (pipeline.Source, error) { return nil, errUnused }

func inlineKinds() Kinds {
	k := testKinds()
	k.Sources["remote"] = func() pipeline.SourceConfig { return &inlinePart{Wait: 5e9} }
	const name = "github.com/winnow-stream/winnow/pipeline/spec."
	k.Comments = map[string]string{
		name + "Place.Hosts": "Hosts to ask first.", name + "Place.Login": "How to sign in.", name + "inlinePart.Wait": "How long to wait.",
	}
	return k
}

// The fields of an embedded struct stand beside those of its owner wherever fields are read, checked or described.
func TestInline(t *testing.T) {
	const rest = "\ntext: subject\nclassify: {labels: [a, b]}\nsinks: {default: {file: {path: out.jsonl}}}\n"
	parse := func(source string) (*Spec, error) {
		return Parse("s.yaml", []byte("source: {remote: "+source+"}"+rest), inlineKinds(), testEnv)
	}
	s, err := parse(`{hosts: [a, b], login: {user: me, password: "${PASSWORD}"}, wait: 3s}`)
	if err != nil {
		t.Fatal(explain(err))
	}
	p := s.Source.Config.(*inlinePart)
	if len(p.Hosts) != 2 || p.Login.User != "me" || p.Wait.String() != "3s" {
		t.Errorf("got %+v", p)
	}
	other, err := parse("{hosts: [a, c]}")
	if err != nil || other.Identity() == s.Identity() {
		t.Errorf("a field of the embedded struct is no part of the identity (%v)", err)
	}
	for source, want := range map[string]string{
		"{wait: 3s}":                        "hosts is missing",
		"{hosts: [a], waits: 3s}":           `did you mean "wait"`,
		"{hosts: [a], hots: [b]}":           `did you mean "hosts"`,
		"{hosts: [a], login: {user: \"\"}}": "source.remote.login.user",
	} {
		if _, err := parse(source); err == nil || !strings.Contains(explain(err), want) {
			t.Errorf("%s: got %v, want %s", source, err, want)
		}
	}

	page := Reference(inlineKinds())
	for _, want := range []string{"| `hosts` | list of text |  | Required. `hosts` to ask first. |", "| `wait` | duration | `5s` | How long to wait. |", "### login"} {
		if !strings.Contains(page, want) {
			t.Errorf("the reference lacks %s", want)
		}
	}
	schema, err := Schema(inlineKinds())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"hosts"`, "`hosts` to ask first.", `"How long to wait."`} {
		if !bytes.Contains(schema, []byte(want)) {
			t.Errorf("the schema lacks %s", want)
		}
	}
	if bytes.Contains(schema, []byte(`"Place"`)) {
		t.Error("the schema has the embedded struct as a field")
	}
}
