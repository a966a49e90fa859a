package catalog

import (
	"context"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestDelete(t *testing.T) {
	ctx := context.Background()
	c := onDisk(t)
	save(t, c, draft("x", "1", "shared", "only in 1"))
	save(t, c, draft("x", "2", "shared"))
	save(t, c, draft("y", "1", "y's"))
	_, err := c.SetAlias(ctx, "production", Reference{Name: "x", Number: 1})
	must(t, err)

	_, err = c.Delete(ctx, Reference{Name: "x", Number: 1}, false)
	wantFault(t, err, fault.ClassifierInUse, "x@v1 is what the alias production names")
	_, err = c.Delete(ctx, Reference{Name: "x"}, false)
	wantFault(t, err, fault.ClassifierInUse, "x@v1")
	_, err = c.Delete(ctx, Reference{Name: "x", Number: 3}, true)
	wantFault(t, err, fault.ClassifierVersion, "there is no x@v3")
	_, err = c.Delete(ctx, Reference{Name: "z"}, true)
	wantFault(t, err, fault.ClassifierUnknown, `"z"`)

	d, err := c.Delete(ctx, Reference{Name: "x", Number: 1}, true)
	must(t, err)
	if diff := cmp.Diff([]int{1}, d.Numbers); diff != "" || len(d.Aliases) != 1 || d.Pruned != (Pruned{1, int64(len("only in 1"))}) {
		t.Errorf("deleted %+v", d)
	}
	_, err = c.Resolve("x@v1")
	wantFault(t, err, fault.ClassifierVersion, "x@v1 was deleted on 2026-11-27")
	_, err = c.Resolve("x@production")
	wantFault(t, err, fault.ClassifierVersion, "no alias")
	must(t, resolve(t, c, "x@v2").CheckWeights())

	// A number is never given again, not even the last one.
	_, err = c.Delete(ctx, Reference{Name: "x", Number: 2}, false)
	must(t, err)
	_, err = c.Resolve("x")
	wantFault(t, err, fault.ClassifierUnknown, `no saved classifier "x"`)
	if s := save(t, c, draft("x", "2", "shared")); s.Ref() != "x@v3" || s.Existed {
		t.Errorf("saved %s, existed %v", s.Ref(), s.Existed)
	}
	save(t, c, draft("x", "4"))
	if d, err := c.Delete(ctx, Reference{Name: "x"}, false); err != nil || !cmp.Equal(d.Numbers, []int{3, 4}) {
		t.Errorf("deleted %+v, %v", d, err)
	}
	all, err := c.List()
	if err != nil || len(all) != 1 || all[0].Name != "y" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestPrune(t *testing.T) {
	ctx := context.Background()
	c := onDisk(t)
	save(t, c, draft("x", "1", "kept"))
	orphan := c.path(blobsDir, "00000000000000000000000000000000000000000000000000000000000000aa")
	must(t, os.WriteFile(orphan, []byte("1234"), 0o600))
	must(t, os.WriteFile(c.path(blobsDir, "mine.txt"), nil, 0o600))
	p, err := c.Prune(ctx)
	if err != nil || p != (Pruned{1, 4}) {
		t.Errorf("%+v, %v", p, err)
	}
	must(t, resolve(t, c, "x").CheckWeights())

	// While it can't be known what a version refers to, nothing is removed.
	must(t, os.WriteFile(orphan, []byte("1234"), 0o600))
	must(t, os.WriteFile(c.manifestPath("x", 1), []byte("torn"), 0o600))
	_, err = c.Prune(ctx)
	wantFault(t, err, fault.CatalogDamaged, c.manifestPath("x", 1))
	if _, err := os.Stat(orphan); err != nil {
		t.Error(err)
	}
	// What can't be read can be deleted, by its number and with force.
	_, err = c.Delete(ctx, Reference{Name: "x", Number: 1}, false)
	wantFault(t, err, fault.CatalogDamaged, "v1.json")
	if _, err := c.Delete(ctx, Reference{Name: "x", Number: 1}, true); err != nil {
		t.Error(err)
	}
	if p, err := c.Prune(ctx); err != nil || p.Blobs != 0 {
		t.Errorf("%+v, %v: the deletion has pruned", p, err)
	}
	if s := save(t, c, draft("x", "1", "kept")); s.Number != 2 {
		t.Errorf("saved %s", s.Ref())
	}
}
