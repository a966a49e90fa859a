package catalog

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// builtin makes a built-in classifier of a saved one.
func builtin(t *testing.T, name string) Builtin {
	t.Helper()
	c := inMemory(t)
	files := fstest.MapFS{}
	add := func(name, path string) {
		data, err := disk.ReadFile(c.cfg.FS, path)
		must(t, err)
		files[name] = &fstest.MapFile{Data: data}
	}
	for _, s := range []Saved{save(t, c, draft(name, "1", "weights")), save(t, c, draft(name, "2"))} {
		add("v"+s.Ref()[len(name)+2:]+".json", c.manifestPath(name, s.Number))
		for _, b := range s.Weights {
			add("blobs/"+b.SHA256, c.path(blobsDir, b.SHA256))
		}
	}
	return Builtin{Name: name, FS: files}
}

func TestBuiltins(t *testing.T) {
	ctx := context.Background()
	b := builtin(t, "sentiment")
	c := open(t, nil, t.TempDir(), b)
	save(t, c, draft("support", "1"))
	all, err := c.List()
	if err != nil || len(all) != 2 || all[0].Name != "sentiment" || !all[0].Builtin || len(all[0].Versions) != 2 || all[1].Builtin {
		t.Errorf("%+v, %v", all, err)
	}
	for _, reference := range []string{"sentiment", "sentiment@v2", "sentiment@" + all[0].Versions[1].Hash} {
		if v := resolve(t, c, reference); v.Ref() != "sentiment@v2" || !v.Builtin {
			t.Errorf("%s is %s", reference, v.Ref())
		}
	}
	v := resolve(t, c, "sentiment@v1")
	if got, err := v.Blob("part-0.bin"); string(got) != "weights" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	_, err = c.Resolve("sentimant")
	wantFault(t, err, fault.ClassifierUnknown, `did you mean "sentiment"?`)
	_, err = c.Resolve("sentiment@v3")
	wantFault(t, err, fault.ClassifierVersion, "newest version is v2")
	_, err = c.Resolve("sentiment@production")
	wantFault(t, err, fault.ClassifierVersion, "built in")
	_, err = c.Save(ctx, draft("sentiment", "mine"))
	wantFault(t, err, fault.ClassifierBuiltin, "sentiment is built into winnow")
	_, err = c.SetAlias(ctx, "production", Reference{Name: "sentiment"})
	wantFault(t, err, fault.ClassifierBuiltin, "no aliases")
	_, err = c.Delete(ctx, Reference{Name: "sentiment"}, true)
	wantFault(t, err, fault.ClassifierBuiltin, "can't be deleted")

	// It can be exchanged: under another name, where winnow has it built in.
	data := export(t, v)
	_, err = importFrom(c, data, "")
	wantFault(t, err, fault.ClassifierBuiltin, "built into winnow")
	if s, err := importFrom(c, data, "mine"); err != nil || s.Hash != v.Hash {
		t.Errorf("%v, %v", s, err)
	}

	// What was saved before winnow had it built in goes first.
	older := open(t, nil, t.TempDir())
	save(t, older, draft("sentiment", "mine"))
	newer := open(t, nil, older.Dir(), b)
	if v := resolve(t, newer, "sentiment"); v.Builtin || v.Notes != "mine" {
		t.Errorf("%s has %q", v.Ref(), v.Notes)
	}
	_, err = newer.Delete(ctx, Reference{Name: "sentiment"}, false)
	must(t, err)
	if v := resolve(t, newer, "sentiment"); !v.Builtin {
		t.Errorf("once that is deleted, %s", v.Ref())
	}
	_, err = newer.Delete(ctx, Reference{Name: "sentiment"}, false)
	wantFault(t, err, fault.ClassifierBuiltin, "can't be deleted")
	b.FS.(fstest.MapFS)["v2.json"].Data[10] ^= 1
	_, err = c.Resolve("sentiment")
	wantFault(t, err, fault.CatalogDamaged, "built-in sentiment/v2.json")
}
