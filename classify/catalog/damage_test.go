package catalog

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// TestEveryByte changes and cuts every file of a catalog at every byte. What is read then is what was saved, or an error
// that names the file.
func TestEveryByte(t *testing.T) {
	ctx := context.Background()
	c := inMemory(t)
	want := save(t, c, draft("x", "n", "the weights"))
	_, err := c.SetAlias(ctx, "production", Reference{Name: "x"})
	must(t, err)
	look := func() error {
		v, err := c.Resolve("x@production")
		if err != nil {
			return err
		}
		weights, err := v.Blob("part-0.bin")
		if err != nil {
			return err
		}
		if diff := cmp.Diff(want.Manifest, v.Manifest); diff != "" || string(weights) != "the weights" {
			t.Fatalf("read something else: %s\n%s", weights, diff)
		}
		return nil
	}
	must(t, look())
	files := []string{c.manifestPath("x", 1), c.path(namesDir, "x", aliasesFile), c.path(blobsDir, want.Weights[0].SHA256)}
	for _, path := range files {
		sound, err := disk.ReadFile(c.cfg.FS, path)
		must(t, err)
		damaged := func(what string, at int, data []byte) {
			t.Helper()
			must(t, disk.WriteFile(c.cfg.FS, path, data))
			err := look()
			if !fault.Is(err, fault.CatalogDamaged) && !fault.Is(err, fault.ClassifierNewer) || !strings.HasPrefix(err.Error(), path) {
				t.Fatalf("%s, %s at byte %d: %v", filepath.Base(path), what, at, err)
			}
		}
		for i := range sound {
			for _, bit := range []byte{0x01, 0x20, 0x80} {
				changed := bytes.Clone(sound)
				changed[i] ^= bit
				damaged("changed", i, changed)
			}
			damaged("cut", i, sound[:i])
			damaged("removed", i, append(bytes.Clone(sound[:i]), sound[i+1:]...))
		}
		damaged("longer", len(sound), append(bytes.Clone(sound), '\n'))
		must(t, disk.WriteFile(c.cfg.FS, path, sound))
		must(t, look())
	}
}

func TestFilesThatChangedPlaces(t *testing.T) {
	ctx := context.Background()
	c := onDisk(t)
	save(t, c, draft("x", "1"))
	save(t, c, draft("x", "2"))
	save(t, c, draft("y", "1"))
	_, err := c.SetAlias(ctx, "a", Reference{Name: "x"})
	must(t, err)
	must(t, os.Rename(c.manifestPath("x", 2), c.manifestPath("x", 1)))
	_, err = c.Resolve("x@v1")
	wantFault(t, err, fault.CatalogDamaged, "it is the file of x@v2, and that of x@v1 belongs here")
	must(t, os.Rename(c.path(namesDir, "x", aliasesFile), c.path(namesDir, "y", aliasesFile)))
	_, err = c.Resolve("y@a")
	wantFault(t, err, fault.CatalogDamaged, "it is the file of x")
	must(t, os.Rename(c.path(namesDir, "y", aliasesFile), c.manifestPath("y", 1)))
	_, err = c.Resolve("y")
	wantFault(t, err, fault.CatalogDamaged, "it is a file of aliases")
}

// TestAnotherHash finds a version whose file is sound, and whose content is not what its hash says.
func TestAnotherHash(t *testing.T) {
	c := onDisk(t)
	s := save(t, c, draft("x", "1"))
	s.Labels[0].Description = "something else"
	data, err := s.encode()
	must(t, err)
	must(t, os.WriteFile(c.manifestPath("x", 1), data, 0o600))
	_, err = c.Resolve("x@v1")
	wantFault(t, err, fault.CatalogDamaged, "its content has the hash")
	if !strings.Contains(err.Error(), c.manifestPath("x", 1)) || !strings.Contains(err.Error(), s.Hash) {
		t.Errorf("neither the file nor its hash is named: %v", err)
	}
}

// TestListGoesOn lists what can be read beside what can't.
func TestListGoesOn(t *testing.T) {
	c := onDisk(t)
	save(t, c, draft("x", "1"))
	save(t, c, draft("x", "2"))
	save(t, c, draft("y", "1"))
	must(t, os.WriteFile(c.manifestPath("x", 2), nil, 0o600))
	all, err := c.List()
	wantFault(t, err, fault.CatalogDamaged, "v2.json")
	if len(all) != 2 || len(all[0].Versions) != 1 {
		t.Errorf("%+v", all)
	}
}

// TestSaveMendsWeights saves again what lost its weights.
func TestSaveMendsWeights(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"gone":    os.Remove,
		"changed": func(path string) error { return os.WriteFile(path, []byte("THE WEIGHTS"), 0o600) },
		"cut":     func(path string) error { return os.Truncate(path, 3) },
	} {
		t.Run(name, func(t *testing.T) {
			c := onDisk(t)
			s := save(t, c, draft("x", "n", "the weights"))
			must(t, damage(c.path(blobsDir, s.Weights[0].SHA256)))
			wantFault(t, s.CheckWeights(), fault.CatalogDamaged, s.Weights[0].SHA256)
			wantFault(t, s.Export(new(bytes.Buffer)), fault.CatalogDamaged, s.Weights[0].SHA256)
			if again := save(t, c, draft("x", "n", "the weights")); !again.Existed {
				t.Errorf("saved as %s", again.Ref())
			}
			must(t, s.CheckWeights())
		})
	}
}

func FuzzManifest(f *testing.F) {
	m := &Manifest{Name: "x", Number: 1, Backend: Backend{Name: "static", Format: 1}, Labels: draft("x", "").Labels}
	m.Hash, _ = m.contentHash()
	body, err := compact(m)
	must(f, err)
	f.Add(body)
	f.Add([]byte(`{"labels":[{"name":1}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		// The checksum is right, as if somebody meant it.
		sealed, err := seal(kindClassifier, rawBody(body))
		if err != nil {
			return
		}
		m, err := decodeManifest(sealed, 1<<20)
		if err != nil {
			if _, ok := fault.As(err); !ok {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		again, err := m.encode()
		must(t, err)
		if _, err := decodeManifest(again, 1<<20); err != nil {
			t.Errorf("what was read can't be read again: %v", err)
		}
	})
}

type rawBody []byte

func (b rawBody) MarshalJSON() ([]byte, error) { return b, nil }

func FuzzReference(f *testing.F) {
	f.Add("support@v2")
	f.Add("a@sha256:00000000")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseReference(text)
		if err == nil && r.String() != text {
			t.Errorf("%q is read as %q", text, r)
		}
	})
}
