package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// clock stands still.
func clock() time.Time { return time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) }

func open(t testing.TB, fsys disk.FS, dir string, builtins ...Builtin) *Catalog {
	t.Helper()
	c, err := New(Config{Dir: dir, FS: fsys, Builtins: builtins, Now: clock})
	must(t, err)
	return c
}

func onDisk(t testing.TB) *Catalog {
	t.Helper()
	return open(t, nil, filepath.Join(t.TempDir(), "classifiers"))
}

// inMemory is for tests with thousands of writes.
func inMemory(t testing.TB) *Catalog {
	t.Helper()
	return open(t, pipelinetest.NewDisk(), "/classifiers")
}

// draft is a classifier whose content is told apart by a note.
func draft(name, note string, weights ...string) Draft {
	d := Draft{
		Name: name, Backend: Backend{Name: "static", Format: 1}, Notes: note,
		Labels:  classify.LabelSet{{Name: "bug", Description: "it's <broken>", Examples: []string{"it crashes"}}, {Name: "other"}},
		Options: Options{Mode: classify.Single, Abstain: 0.4},
		Origin:  Origin{Command: "winnow classifiers save " + name},
	}
	for i, w := range weights {
		if d.Weights == nil {
			d.Weights = make(map[string]io.WriterTo)
		}
		d.Weights[fmt.Sprintf("part-%d.bin", i)] = strings.NewReader(w)
	}
	return d
}

func save(t testing.TB, c *Catalog, d Draft) Saved {
	t.Helper()
	s, err := c.Save(context.Background(), d)
	must(t, err)
	return s
}

func resolve(t testing.TB, c *Catalog, reference string) *Version {
	t.Helper()
	v, err := c.Resolve(reference)
	must(t, err)
	return v
}

func wantFault(t testing.TB, err error, code *fault.Code, text string) {
	t.Helper()
	if !fault.Is(err, code) || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want %s with %q", err, code.ID, text)
	}
}

func TestSave(t *testing.T) {
	c := onDisk(t)
	if all, err := c.List(); err != nil || len(all) != 0 {
		t.Errorf("an empty catalog has %v, %v", all, err)
	}
	d := draft("support", "first", "weights one", "weights two")
	d.Evaluation = json.RawMessage(`{"rows": 10, "accuracy": 0.9, "macro_f1": null, "ece": 0.05, "data": "sha256:` + strings.Repeat("a", 64) + `", "extra": {"z": 1e2, "a": "<"}}`)
	first := save(t, c, d)
	if first.Existed || first.Ref() != "support@v1" {
		t.Errorf("saved %+v", first)
	}
	second := save(t, c, draft("support", "second", "weights one"))
	if second.Ref() != "support@v2" || second.Hash == first.Hash {
		t.Errorf("saved %+v", second)
	}
	v := resolve(t, c, "support@v1")
	if diff := cmp.Diff(first.Manifest, v.Manifest, cmp.Comparer(sameJSON)); diff != "" {
		t.Errorf("read something else than was saved (-saved +read)\n%s", diff)
	}
	for i, want := range []string{"weights one", "weights two"} {
		if got, err := v.Blob(fmt.Sprintf("part-%d.bin", i)); string(got) != want || err != nil {
			t.Errorf("weights %q, %v", got, err)
		}
	}
	if _, err := v.Blob("part-2.bin"); !fault.Is(err, fault.CatalogDamaged) {
		t.Errorf("weights that are not there: %v", err)
	}
	blobs, err := os.ReadDir(c.path(blobsDir))
	if err != nil || len(blobs) != 2 {
		t.Errorf("%d weights are stored, %v: each is stored once", len(blobs), err)
	}
	if _, err := os.Stat(c.path(tmpDir)); !os.IsNotExist(err) {
		t.Errorf("leftovers: %v", err)
	}
}

// sameJSON compares JSON however it is spaced.
func sameJSON(a, b json.RawMessage) bool {
	x, _ := canonical(a)
	y, _ := canonical(b)
	return bytes.Equal(x, y)
}

func TestTheSameIsTheSameVersion(t *testing.T) {
	c := onDisk(t)
	first := save(t, c, draft("support", "x", "w"))
	save(t, c, draft("support", "y"))
	later := draft("support", "x", "w")
	later.Origin = Origin{Command: "another", Winnow: "9.9", Parent: "support@v2", Created: clock().Add(time.Hour)}
	again := save(t, c, later)
	if !again.Existed || again.Ref() != "support@v1" || again.Hash != first.Hash {
		t.Errorf("saved again as %s, existed %v", again.Ref(), again.Existed)
	}
	elsewhere := later
	elsewhere.Name, elsewhere.Weights = "copy", map[string]io.WriterTo{"part-0.bin": strings.NewReader("w")}
	if s := save(t, c, elsewhere); s.Existed || s.Hash != first.Hash {
		t.Errorf("under another name: existed %v, hash %s", s.Existed, s.Hash)
	}
	seed := int64(1)
	changes := map[string]func(d *Draft){
		"label":       func(d *Draft) { d.Labels = d.Labels[:1] },
		"description": func(d *Draft) { d.Labels = classify.LabelSet{{Name: "bug"}, {Name: "other"}} },
		"options":     func(d *Draft) { d.Options.TopK = 2 },
		"backend":     func(d *Draft) { d.Backend.Fingerprint = "static-2" },
		"format":      func(d *Draft) { d.Backend.Format = 2 },
		"weights":     func(d *Draft) { d.Weights["part-0.bin"] = strings.NewReader("v") },
		"notes":       func(d *Draft) { d.Notes = "z" },
		"seed":        func(d *Draft) { d.Origin.Seed = &seed },
		"data":        func(d *Draft) { d.Origin.Data = []DataFile{{Path: "a", SHA256: strings.Repeat("0", 64)}} },
		"evaluation": func(d *Draft) {
			d.Evaluation = json.RawMessage(`{"accuracy":1,"macro_f1":1,"ece":0,"rows":1,"data":"sha256:` + strings.Repeat("0", 64) + `"}`)
		},
	}
	seen := map[string]string{first.Hash: "nothing"}
	for name, change := range changes {
		d := draft("support", "x", "w")
		change(&d)
		s := save(t, c, d)
		if other, twice := seen[s.Hash]; twice || s.Existed {
			t.Errorf("a change of %s gives the hash of a change of %s", name, other)
		}
		seen[s.Hash] = name
	}
}

// TestHashIsForEver holds the hash of one manifest. If it changes, versions that were saved before can't be read any
// more: mend the code, not the test.
func TestHashIsForEver(t *testing.T) {
	threshold, seed := 0.25, int64(-7)
	m := Manifest{
		Name: "x", Number: 3, Backend: Backend{Name: "linear/head", Format: 2, Fingerprint: "linear-1"},
		Options: Options{Mode: classify.Multi, Threshold: &threshold, TopK: 3, Abstain: 0.1, AbstainLabel: "?", Temperature: 0.07},
		Labels:  classify.LabelSet{{Name: "a&b", Description: "<é>\u2028", Examples: []string{"1", "2"}}},
		Weights: []Blob{{Name: "w", Size: 3, SHA256: strings.Repeat("ab", 32)}},
		Notes:   "n", Evaluation: json.RawMessage(`{"b": 1.50, "a": [true, null]}`),
		Origin: Origin{Command: "c", Created: clock(), Seed: &seed, Data: []DataFile{{Path: "p", Size: 1, SHA256: strings.Repeat("cd", 32)}}},
	}
	got, err := m.contentHash()
	const want = "sha256:20f400750bc45ce33d193fc4e7b369a74fa71265480c3b9b27bacf186972135e"
	if err != nil || got != want {
		t.Errorf("hash %s, want %s (%v)", got, want, err)
	}
}

func TestResolve(t *testing.T) {
	c := onDisk(t)
	v1 := save(t, c, draft("support", "1"))
	v2 := save(t, c, draft("support", "2"))
	save(t, c, draft("sentiment", "1"))
	_, err := c.SetAlias(context.Background(), "production", Reference{Name: "support", Number: 1})
	must(t, err)
	cases := []struct {
		reference string
		want      string
		code      *fault.Code
	}{
		{"support", "support@v2", nil},
		{"support@v1", "support@v1", nil},
		{"support@production", "support@v1", nil},
		{"support@" + v1.Hash, "support@v1", nil},
		{"support@" + v2.Hash[:15], "support@v2", nil},
		{"support@v3", "there is no support@v3; the newest is v2", fault.ClassifierVersion},
		{"suport", `no saved classifier "suport"; did you mean "support"?`, fault.ClassifierUnknown},
		{"xyz", `no saved classifier "xyz"`, fault.ClassifierUnknown},
		{"xyz@v1", `no saved classifier "xyz"`, fault.ClassifierUnknown},
		{"xyz@production", `no saved classifier "xyz"`, fault.ClassifierUnknown},
		{"xyz@sha256:00000000", `no saved classifier "xyz"`, fault.ClassifierUnknown},
		{"support@prodution", `no alias "prodution"; did you mean "production"?`, fault.ClassifierVersion},
		{"support@staging", `no alias "staging"`, fault.ClassifierVersion},
		{"support@sha256:00000000", "no version of support has the hash", fault.ClassifierVersion},
		{"support@sha256:0000000", "8 to 64 digits", fault.ClassifierRef},
		{"support@sha256:XXXXXXXX", "8 to 64 digits", fault.ClassifierRef},
		{"support@v0", "counted from v1", fault.ClassifierRef},
		{"support@v01", "counted from v1", fault.ClassifierRef},
		{"support@v99999999999999999999", "counted from v1", fault.ClassifierRef},
		{"support@2", "versions are written as v1", fault.ClassifierRef},
		{"@v2", "the name is empty", fault.ClassifierName},
		{"support@", "nothing follows", fault.ClassifierRef},
		{"support@latest", `"latest" can't be an alias`, fault.ClassifierAlias},
		{"support@../x", "can't be an alias", fault.ClassifierAlias},
		{"", "the name is empty", fault.ClassifierName},
		{"Support", "can't be a classifier's name", fault.ClassifierName},
		{"../support", "can't be a classifier's name", fault.ClassifierName},
		{strings.Repeat("a", 65), "65 characters", fault.ClassifierName},
	}
	for _, tt := range cases {
		v, err := c.Resolve(tt.reference)
		if tt.code != nil {
			wantFault(t, err, tt.code, tt.want)
		} else if err != nil || v.Ref() != tt.want {
			t.Errorf("%s is %v, %v; want %s", tt.reference, v, err, tt.want)
		}
	}
}

func TestAmbiguousHash(t *testing.T) {
	c := onDisk(t)
	// 4,000 versions share no 8 digits, so the prefix is cut by hand.
	a, b := save(t, c, draft("x", "a")), save(t, c, draft("x", "b"))
	_, err := c.Find(Reference{Name: "x", Hash: hashPrefix})
	wantFault(t, err, fault.ClassifierRef, "fits "+a.Ref()+" and "+b.Ref())
}

func TestReferencesAreReadAsTheyAreWritten(t *testing.T) {
	for _, text := range []string{"a", "a@v12", "a@production", "a.b-c_1@sha256:0123456789"} {
		r, err := ParseReference(text)
		if err != nil || r.String() != text {
			t.Errorf("%s: %s, %v", text, r, err)
		}
	}
}

func TestNames(t *testing.T) {
	for name, like := range map[string]string{"My Labels": "my-labels", "Straße": "stra-e", "-x": "x", "a/b": "a-b", "é": ""} {
		err := CheckName(name)
		e, ok := fault.As(err)
		if !ok || like != "" && !strings.Contains(e.Remedy(), "call it "+like+":") {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, alias := range []string{"v1", "7", "v", "latest", "sha256", "A", "a b", ""} {
		if err := CheckAlias(alias); (err == nil) != (alias == "v") {
			t.Errorf("alias %q: %v", alias, err)
		}
	}
}

func TestNotSaved(t *testing.T) {
	cases := []struct {
		name, want string
		code       *fault.Code
		change     func(d *Draft)
	}{
		{"name", "can't be", fault.ClassifierName, func(d *Draft) { d.Name = "A" }},
		{"no labels", "there are 0 labels", fault.ClassifierInvalid, func(d *Draft) { d.Labels = nil }},
		{"a label twice", `the label "a" is empty or there twice`, fault.ClassifierInvalid, func(d *Draft) { d.Labels = classify.LabelSet{{Name: "a"}, {Name: "a"}} }},
		{"backend", `the backend "../x"`, fault.ClassifierInvalid, func(d *Draft) { d.Backend.Name = "../x" }},
		{"format", "with format 0", fault.ClassifierInvalid, func(d *Draft) { d.Backend.Format = 0 }},
		{"notes", "the notes have", fault.ClassifierInvalid, func(d *Draft) { d.Notes = strings.Repeat("x", maxNotes+1) }},
		{"encoding", "not valid UTF-8", fault.ClassifierInvalid, func(d *Draft) { d.Notes = "\xff" }},
		{"example's encoding", "not valid UTF-8", fault.ClassifierInvalid, func(d *Draft) { d.Labels[0].Examples = []string{"\xff"} }},
		{"weights' name", `the weights "../x"`, fault.ClassifierInvalid, func(d *Draft) { d.Weights = map[string]io.WriterTo{"../x": strings.NewReader("")} }},
		{"too many weights", "17 parts", fault.ClassifierInvalid, func(d *Draft) {
			d.Weights = make(map[string]io.WriterTo)
			for i := range 17 {
				d.Weights[fmt.Sprint("w", i)] = strings.NewReader("")
			}
		}},
		{"large weights", "more bytes than are allowed", fault.ClassifierInvalid, func(d *Draft) { d.Weights = map[string]io.WriterTo{"w": strings.NewReader("12345")} }},
		{"evaluation", "is not a JSON object", fault.ClassifierInvalid, func(d *Draft) { d.Evaluation = json.RawMessage("[1]") }},
		{"metrics", `has no field "ece"`, fault.ClassifierInvalid, func(d *Draft) { d.Evaluation = json.RawMessage(`{"accuracy":1,"macro_f1":1}`) }},
		{"data file", `the data file "p"`, fault.ClassifierInvalid, func(d *Draft) { d.Origin.Data = []DataFile{{Path: "p"}} }},
		{"large labels", "at most", fault.ClassifierInvalid, func(d *Draft) { d.Labels[0].Description = strings.Repeat("x", maxManifest) }},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(Config{Dir: filepath.Join(t.TempDir(), "c"), MaxWeights: 4})
			must(t, err)
			d := draft("x", "")
			tt.change(&d)
			_, err = c.Save(context.Background(), d)
			wantFault(t, err, tt.code, tt.want)
			if all, err := c.List(); err != nil || len(all) > 0 {
				t.Errorf("%v is there, %v", all, err)
			}
			if p, err := c.Prune(context.Background()); err != nil || p.Blobs > 0 {
				t.Errorf("left behind %+v, %v", p, err)
			}
		})
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a catalog without a folder")
	}
}

// failing is content that can't be made.
type failing struct{}

func (failing) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, "half")
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return int64(n), err
}

func TestWeightsThatFail(t *testing.T) {
	c := onDisk(t)
	d := draft("x", "")
	d.Weights = map[string]io.WriterTo{"w": failing{}}
	if _, err := c.Save(context.Background(), d); err == nil || !strings.Contains(err.Error(), "write the weights w: unexpected EOF") {
		t.Errorf("got %v", err)
	}
}

func TestAWriterWaitsForAnother(t *testing.T) {
	c, err := New(Config{Dir: t.TempDir(), LockWait: 20 * time.Millisecond})
	must(t, err)
	lock, err := disk.OS{}.Lock(c.path(lockFile))
	must(t, err)
	_, err = c.Save(context.Background(), draft("x", ""))
	wantFault(t, err, fault.CatalogLocked, fmt.Sprintf("locked by process %d", os.Getpid()))
	must(t, lock.Close())
	save(t, c, draft("x", ""))
}

func TestNewerFormats(t *testing.T) {
	c := onDisk(t)
	s := save(t, c, draft("x", ""))
	path := c.manifestPath("x", 1)
	data, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, bytes.Replace(data, []byte(`"format":1`), []byte(`"format":2`), 1), 0o600))
	_, err = c.Resolve("x")
	wantFault(t, err, fault.ClassifierNewer, "format 2, and this winnow knows up to 1")
	future, err := seal(kindClassifier, struct {
		*Manifest
		Future string `json:"future"`
	}{s.Manifest, "x"})
	must(t, err)
	must(t, os.WriteFile(path, future, 0o600))
	_, err = c.Resolve("x")
	wantFault(t, err, fault.ClassifierNewer, `unknown field "future"`)
	if n := save(t, c, draft("x", "")); n.Number != 2 {
		t.Errorf("saved beside one that can't be read as %s", n.Ref())
	}
}

// TestMany refuses more names and more versions than there may be.
func TestMany(t *testing.T) {
	c, err := New(Config{Dir: "/classifiers", FS: pipelinetest.NewDisk(), Now: clock, MaxNames: 2, MaxVersions: 3})
	must(t, err)
	for _, note := range []string{"a", "b", "c"} {
		save(t, c, draft("support", note))
	}
	save(t, c, draft("sales", "a"))
	for _, d := range []Draft{draft("support", "d"), draft("third", "a")} {
		_, err := c.Save(t.Context(), d)
		wantFault(t, err, fault.ClassifierMany, "")
	}
	if s := save(t, c, draft("support", "b")); !s.Existed || s.Number != 2 {
		t.Errorf("one that there is: %+v", s.Manifest)
	}
}
