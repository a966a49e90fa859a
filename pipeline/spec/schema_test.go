package spec

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := Schema(testKinds())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("spec.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("spec.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON is a spec as an editor's schema check sees it: before variables are replaced.
func asJSON(t *testing.T, file string) any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root, errs := parseDocument(file, data)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	text, err := json.Marshal(root.tree())
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchemaTakesGoodSpecs(t *testing.T) {
	s := compiledSchema(t)
	for _, file := range glob(t, goodFolder+"/*.yaml") {
		if err := s.Validate(asJSON(t, file)); err != nil {
			t.Errorf("%s: %#v", file, err)
		}
	}
}

func TestSchemaRefusesBadSpecs(t *testing.T) {
	s := compiledSchema(t)
	for _, name := range []string{
		"unknown_field", "missing", "no_value", "wrong_types", "wrong_types_in_connectors", "not_a_map", "units", "ranges", "enums",
		"labels_list", "too_many_labels", "connector", "tests",
	} {
		if err := s.Validate(asJSON(t, badFolder+"/"+name+".bad.yaml")); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestSchemaGolden(t *testing.T) {
	data, err := Schema(testKinds())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/schema.golden", string(data))
}

func TestReferenceGolden(t *testing.T) {
	golden(t, "testdata/reference.golden", Reference(testKinds()))
}

func TestEveryFieldHasAComment(t *testing.T) {
	page := Reference(Kinds{})
	for line := range strings.SplitSeq(page, "\n") {
		if strings.HasPrefix(line, "| `") && strings.HasSuffix(line, "|  |") {
			t.Errorf("no comment: %s", line)
		}
	}
}

func TestCommentsAreCurrent(t *testing.T) {
	out := filepath.Join(t.TempDir(), "comments.gen.go")
	cmd := exec.Command("go", "run", "./commentgen", "-package", "spec", "-var", "ownComments", "-o", out, "pipeline/spec", "classify")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("comments.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("comments.gen.go is out of date: run go generate ./pipeline/spec")
	}
}

func TestKindsComments(t *testing.T) {
	const key = "github.com/winnow-stream/winnow/pipeline/spec.filePart.Path"
	k := testKinds()
	k.Comments = map[string]string{key: "Path is a file, a glob or a folder."}
	if page := Reference(k); !strings.Contains(page, "| Required. `path` is a file, a glob or a folder. |") {
		t.Errorf("the comment is not in the reference:\n%s", page)
	}
	data, err := Schema(k)
	if err != nil || !bytes.Contains(data, []byte("`path` is a file, a glob or a folder.")) {
		t.Errorf("the comment is not in the schema: %v", err)
	}
}
