package classify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// lines are the errors that err joins, one a line.
func lines(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestLabelSetForms(t *testing.T) {
	names := classify.LabelSet{{Name: "b"}, {Name: "a"}}
	full := classify.LabelSet{
		{Name: "billing", Description: "money, invoices"},
		{Name: "bug", Description: "it's broken", Examples: []string{"it crashes", "white: screen"}},
		{Name: "other"},
	}
	cases := []struct {
		name, text string
		want       classify.LabelSet
	}{
		{"list", "[b, a]", names},
		{"block list", "- b\n- a\n", names},
		{"JSON list", "[\n\t\"b\",\n\t\"a\"\n]", names},
		{"quoted numbers", `["1", 'true']`, classify.LabelSet{{Name: "1"}, {Name: "true"}}},
		{"map keeps its order", "{b: , a: }", names},
		{"map", "billing: money, invoices\nbug: {description: it's broken, examples: [it crashes, 'white: screen']}\nother:\n", full},
		{"JSON map", `{"billing": "money, invoices", "bug": {"description": "it's broken", "examples": ["it crashes", "white: screen"]}, "other": null}`, full},
		{"list of objects", "- name: billing\n  description: money, invoices\n- name: bug\n  description: it's broken\n  examples:\n  - it crashes\n  - 'white: screen'\n- other\n", full},
		{"JSON list of objects", `[{"name":"billing","description":"money, invoices"},{"name":"bug","description":"it's broken","examples":["it crashes","white: screen"]},{"name":"other"}]`, full},
		{"literal block", "a: |\n  two\n  lines\nb: x\n", classify.LabelSet{{Name: "a", Description: "two\nlines\n"}, {Name: "b", Description: "x"}}},
		{"keys that YAML reads as numbers", "{1: one, 2.0: two, true: yes}", classify.LabelSet{{Name: "1", Description: "one"}, {Name: "2.0", Description: "two"}, {Name: "true", Description: "yes"}}},
		{"emoji escaped", `["\ud83d\ude00", "a\/b"]`, classify.LabelSet{{Name: "😀"}, {Name: "a/b"}}},
		{"comment first", "# ours\n\n- a\n", classify.LabelSet{{Name: "a"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := classify.ParseLabels("labels.yaml", []byte(c.text))
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
			var spec struct {
				Labels classify.LabelSet `yaml:"labels"`
			}
			indented := "labels:\n  " + strings.ReplaceAll(strings.ReplaceAll(c.text, "\t", ""), "\n", "\n  ")
			if err := yaml.Unmarshal([]byte(indented), &spec); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, spec.Labels); diff != "" {
				t.Errorf("inside of a spec (-want +got)\n%s", diff)
			}
		})
	}
}

func TestLabelSetProblems(t *testing.T) {
	many := make([]string, 201)
	for i := range many {
		many[i] = fmt.Sprint("l", i)
	}
	tooMany, _ := json.Marshal(many)
	examples, _ := json.Marshal(map[string]any{"a": map[string]any{"examples": many}})
	cases := []struct{ name, text, want string }{
		{"nothing", "", "f: labels.required: there are no labels"},
		{"empty list", "[]", "f: labels.required: there are no labels"},
		{"201", string(tooMany), "f: labels.too_many: 201 labels, at most 200 are allowed"},
		{"all at once", "['', ' ', 'a', 'A ']", "f:1:2: labels.blank: a label is empty or blank\n" +
			"f:1:6: labels.blank: a label is empty or blank\n" +
			`f:1:16: labels.duplicate: labels[2] "a" and labels[3] "A " are the same`},
		{"case folding", "- Straße\n- STRASSE\n", `f:2:3: labels.duplicate: labels[0] "Straße" and labels[1] "STRASSE" are the same`},
		{"normalization", "[\"caf\u00e9\", \"cafe\u0301\"]", "f:1:10: labels.duplicate: labels[0] \"caf\u00e9\" and labels[1] \"cafe\u0301\" are the same"},
		{"101 characters", strings.Repeat("ä", 101) + ": x", "f:1:1: labels.too_long: a label has 101 characters, at most 100 are allowed"},
		{"control", `["a\u0007b"]`, `f:1:2: labels.control: the label "a\ab" contains the control character U+0007`},
		{"number", "[a, 1]", "f:1:5: labels.type: a label is a number: want text"},
		{"bool", "[a, true]", "f:1:5: labels.type: a label is true or false: want text"},
		{"scalar", "bug", "f:1:1: labels.type: labels are text: want a list of names, a map from name to description, or a list of {name, description, examples}"},
		{"nested list", "[a, [b]]", "f:1:5: labels.type: a label is a list: want text"},
		{"no name", "[{description: x}]", "f:1:2: labels.type: a label has no name\nf:1:2: labels.blank: a label is empty or blank"},
		{"unknown field", "a: {descripton: x}", `f:1:5: labels.type: a label has no field "descripton"`},
		{"description a list", "a: [x]", "f:1:4: labels.type: the description of a is a list: want text"},
		{"examples text", "a: {examples: x}", "f:1:15: labels.type: examples are text: want a list of texts"},
		{"empty example", "a: {examples: ['']}", `f:1:1: examples.invalid: examples[0] of the label "a" is empty`},
		{"201 examples", string(examples), `f:1:2: examples.invalid: the label "a" has 201 examples, at most 100 are allowed`},
		{"duplicate key", `{"a": "x", "a": "y"}`, `f:1:12: labels.file: the file is neither JSON nor YAML: mapping key "a" already defined at [1:2]`},
		{"syntax", "[a, b", "f:1:1: labels.file: the file is neither JSON nor YAML: sequence end token ']' not found"},
		{"too deep", strings.Repeat("[", 1_000_000), "f: labels.file: the file is neither JSON nor YAML: the YAML is nested too deeply"},
		{"two documents", "[a]\n---\n[b]\n", "f:3:1: labels.file: the file holds more than one document"},
		{"not text", "\xff\xfe", "f: labels.file: the file is not UTF-8"},
		{"alias", "- &x a\n- *x\n", "f:2:3: labels.type: a label is an alias (*…), which is not resolved here: want text"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := classify.ParseLabels("f", []byte(c.text))
			if got := lines(err); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestHugeLabelSets checks sets that only somebody who means harm would make, each of some MB: at once, and the error is short.
func TestHugeLabelSets(t *testing.T) {
	long, other := strings.Repeat("x", 3<<20), strings.Repeat("y", 3<<20)
	descriptions, names := make(map[string]string), make([]string, 200)
	for i := range 20_000 {
		descriptions[fmt.Sprintf("description %d", i)] = ""
	}
	for i := range names {
		names[i] = fmt.Sprintf("label %090d", i)
	}
	blanks := make([]string, 100)
	for _, c := range []struct {
		name         string
		names        []string
		descriptions map[string]string
		examples     map[string][]string
		want         int // errors
	}{
		{"a long name, and one that it could be", []string{"a", long}, map[string]string{other: "x"}, nil, 2},
		{"a long name with blank examples", []string{"a", long}, nil, map[string][]string{long: blanks}, 1},
		{"a long name with a control character, twice", []string{"a", long + "\x00", long + "\x00"}, nil, nil, 2},
		{"descriptions of none", names, descriptions, nil, 100},
		{"names of none", make([]string, 1_000_000), nil, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			begun := time.Now()
			_, err := classify.NewLabelSet(c.names, c.descriptions, c.examples)
			if n := len(fault.List(err)); n != c.want || len(err.Error()) > 20_000 {
				t.Errorf("%d errors, want %d: %.1000s", n, c.want, err)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestNewLabelSet(t *testing.T) {
	set, err := classify.NewLabelSet([]string{"bug", "praise"}, map[string]string{"bug": "it fails"}, map[string][]string{"praise": {"nice"}})
	want := classify.LabelSet{{Name: "bug", Description: "it fails"}, {Name: "praise", Examples: []string{"nice"}}}
	if diff := cmp.Diff(want, set); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	_, err = classify.NewLabelSet([]string{"bug", "praise"}, map[string]string{"bugs": "", "billing": ""}, map[string][]string{"Praise": nil})
	const problems = `descriptions.unknown_label: a description for "billing", which is not one of the labels
descriptions.unknown_label: a description for "bugs", which is not one of the labels
examples.invalid: examples for "Praise", which is not one of the labels`
	if lines(err) != problems {
		t.Errorf("got\n%v\nwant\n%s", err, problems)
	}
}

func TestLoadLabels(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels.json")
	if _, err := classify.LoadLabels(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte(`["a"]`), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := classify.LoadLabels(path)
	if diff := cmp.Diff(classify.LabelSet{{Name: "a"}}, set); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if !json.Valid([]byte(classify.LabelSetSchema)) {
		t.Error("LabelSetSchema is not JSON")
	}
}

func FuzzParseLabels(f *testing.F) {
	f.Add([]byte(`{"a": {"description": "b", "examples": ["c"]}}`))
	f.Add([]byte("- name: a\n  description: |\n    b\n"))
	f.Add([]byte("? [a, b]\n: &x {<<: *x}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := classify.ParseLabels("f", data)
		if err == nil && set.Check() != nil {
			t.Errorf("ParseLabels accepted what Check refuses: %v", set.Check())
		}
	})
}

func ExampleParseLabels() {
	set, err := classify.ParseLabels("labels.yaml", []byte("billing: invoices, refunds, payments\nbug: something is broken\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set[0].Name, "-", set[0].Description)
	_, err = classify.ParseLabels("labels.yaml", []byte("[bug, Bug, 7]\n"))
	fmt.Println(err)
	// Output:
	// billing - invoices, refunds, payments
	// labels.yaml:1:12: labels.type: a label is a number: want text
	// labels.yaml:1:7: labels.duplicate: labels[0] "bug" and labels[1] "Bug" are the same
}
