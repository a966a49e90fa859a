package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

const folder = "/home/classifiers"

// deed is something that a process does to a catalog when it dies.
type deed struct {
	name string
	do   func(c *Catalog) error
	// done reports whether the catalog is as it should be once do has returned without an error.
	done func(c *Catalog) error
	// halves reports what must not be seen whatever happened.
	halves func(c *Catalog) error
}

func deeds(t *testing.T) []deed {
	ctx := context.Background()
	exported := new(bytes.Buffer)
	other := inMemory(t)
	must(t, save(t, other, draft("y", "theirs", "their weights", "more")).Export(exported))
	has := func(reference, note string, weights ...string) func(c *Catalog) error {
		return func(c *Catalog) error {
			v, err := c.Resolve(reference)
			if err != nil {
				return err
			}
			if v.Notes != note {
				return fmt.Errorf("%s has the notes %q", v.Ref(), v.Notes)
			}
			for i, want := range weights {
				got, err := v.Blob(fmt.Sprintf("part-%d.bin", i))
				if err != nil || string(got) != want {
					return fmt.Errorf("weights %q, %w", got, err)
				}
			}
			return nil
		}
	}
	lacks := func(reference string) func(c *Catalog) error {
		return func(c *Catalog) error {
			if v, err := c.Resolve(reference); !fault.Is(err, fault.ClassifierUnknown) && !fault.Is(err, fault.ClassifierVersion) {
				return fmt.Errorf("%s is %v, %w", reference, v, err)
			}
			return nil
		}
	}
	either := func(a, b func(c *Catalog) error) func(c *Catalog) error {
		return func(c *Catalog) error {
			x := a(c)
			if x == nil {
				return nil
			}
			if y := b(c); y != nil {
				return errors.Join(x, y)
			}
			return nil
		}
	}
	saved := has("x@v3", "third", "new weights", "shared")
	return []deed{
		{
			"save", func(c *Catalog) error {
				_, err := c.Save(ctx, draft("x", "third", "new weights", "shared"))
				return err
			},
			saved, either(saved, lacks("x@v3")),
		},
		{
			"first save", func(c *Catalog) error {
				_, err := c.Save(ctx, draft("new", "first", "w"))
				return err
			},
			has("new", "first", "w"), either(has("new", "first", "w"), lacks("new")),
		},
		{
			"import", func(c *Catalog) error {
				_, err := c.Import(ctx, bytes.NewReader(exported.Bytes()), "")
				return err
			},
			has("y", "theirs", "their weights", "more"), either(has("y", "theirs", "their weights", "more"), lacks("y")),
		},
		{
			"alias", func(c *Catalog) error {
				_, err := c.SetAlias(ctx, "production", Reference{Name: "x", Number: 2})
				return err
			},
			has("x@production", "second"), either(has("x@production", "first"), has("x@production", "second")),
		},
		{
			"delete", func(c *Catalog) error {
				_, err := c.Delete(ctx, Reference{Name: "x", Number: 2}, false)
				return err
			},
			lacks("x@v2"), either(lacks("x@v2"), has("x@v2", "second", "shared", "only of 2")),
		},
		{
			"prune", func(c *Catalog) error {
				_, err := c.Prune(ctx)
				return err
			},
			func(*Catalog) error { return nil }, has("x@v2", "second", "shared", "only of 2"),
		},
	}
}

// scene is a catalog with two versions and weights that a dead process left behind.
func scene(t *testing.T) *pipelinetest.Disk {
	t.Helper()
	d := pipelinetest.NewDisk()
	must(t, d.MkdirAll("/home"))
	must(t, d.SyncDir("/"))
	c := open(t, d, folder)
	save(t, c, draft("x", "first", "shared"))
	save(t, c, draft("x", "second", "shared", "only of 2"))
	save(t, c, draft("gone", "", "left behind"))
	must(t, d.Remove(c.manifestPath("gone", 1)))
	must(t, d.SyncDir(c.path(namesDir, "gone")))
	_, err := c.SetAlias(context.Background(), "production", Reference{Name: "x", Number: 1})
	must(t, err)
	return d
}

// whole asks what must hold at all times, then that the change can be made (again).
func (ch deed) whole(t *testing.T, d *pipelinetest.Disk, finished bool) {
	t.Helper()
	c := open(t, d, folder)
	first, err := c.Resolve("x@v1")
	if err != nil || first.CheckWeights() != nil {
		t.Errorf("the first version: %v, %v", err, first.CheckWeights())
	}
	if _, err := c.List(); err != nil {
		t.Errorf("list: %v", err)
	}
	if err := ch.halves(c); err != nil {
		t.Errorf("seen by half: %v", err)
	}
	if finished {
		if err := ch.done(c); err != nil {
			t.Errorf("it was done, and is lost: %v", err)
		}
	}
	if err := ch.do(c); err != nil && !(ch.name == "delete" && fault.Is(err, fault.ClassifierVersion)) {
		t.Errorf("it can't be done again: %v", err)
	}
	if err := ch.done(c); err != nil {
		t.Errorf("after it was done again: %v", err)
	}
	for seed := range uint64(2) { // what it found undone may not have been durable
		if err := ch.done(open(t, d.Crash(seed), folder)); err != nil {
			t.Errorf("after it was done again, and the power was lost: %v", err)
		}
	}
	if _, err := c.Prune(context.Background()); err != nil {
		t.Errorf("prune: %v", err)
	}
	all, _ := c.List()
	for _, e := range all {
		for _, m := range e.Versions {
			if err := resolve(t, c, m.Ref()).CheckWeights(); err != nil {
				t.Errorf("after prune: %v", err)
			}
		}
	}
	entries, err := d.ReadDir(c.path(blobsDir))
	must(t, err)
	used, err := c.used()
	must(t, err)
	if len(entries) != len(used) {
		t.Errorf("%d weights, of which %d are used", len(entries), len(used))
	}
	for _, left := range []string{c.path(tmpDir), c.path(namesDir, "x", aliasesFile+unfinished), c.manifestPath("x", 2) + unfinished} {
		if _, err := d.Stat(left); err == nil && (ch.name == "alias" || ch.name == "delete" || left == c.path(tmpDir)) {
			t.Errorf("left behind: %s", left)
		}
	}
}

// TestPowerLoss cuts the power at every operation of every change, and looks at what may be found then.
func TestPowerLoss(t *testing.T) {
	seeds := uint64(3)
	if testing.Short() {
		seeds = 1
	}
	for _, ch := range deeds(t) {
		t.Run(ch.name, func(t *testing.T) {
			before := scene(t)
			for n := int64(1); ; n++ {
				d := before.Kill()
				d.CutAt(n)
				err := ch.do(open(t, d, folder))
				for seed := range seeds {
					ch.whole(t, d.Crash(seed), err == nil)
					if t.Failed() {
						t.Fatalf("power lost at operation %d, seed %d, the change returned %v", n, seed, err)
					}
				}
				if err == nil && d.Ops() < n {
					t.Logf("%d operations", n-1)
					break
				}
			}
		})
	}
}

// TestKilled kills the process at every operation; what was written stays.
func TestKilled(t *testing.T) {
	for _, ch := range deeds(t) {
		t.Run(ch.name, func(t *testing.T) {
			before := scene(t)
			for n := int64(1); ; n++ {
				d := before.Kill()
				d.CutAt(n)
				err := ch.do(open(t, d, folder))
				if ch.whole(t, d.Kill(), err == nil); t.Failed() {
					t.Fatalf("killed at operation %d, the change returned %v", n, err)
				}
				if err == nil && d.Ops() < n {
					break
				}
			}
		})
	}
}

// TestDiskErrors lets every operation fail once. The change fails with a code, or is done, and can be made again.
func TestDiskErrors(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
		for _, ch := range deeds(t) {
			t.Run(fmt.Sprint(ch.name, " ", cause), func(t *testing.T) {
				before := scene(t)
				for n := int64(1); ; n++ {
					d := before.Kill()
					d.FailAt(n, cause)
					err := ch.do(open(t, d, folder))
					if e, ok := fault.As(err); err != nil && (!ok || e.Code == fault.Internal) {
						t.Errorf("an error without a code: %v", err)
					}
					last := d.Ops() < n
					if ch.whole(t, d.Kill(), err == nil); t.Failed() {
						t.Fatalf("%v at operation %d, the change returned %v", cause, n, err)
					}
					if last {
						break
					}
				}
			})
		}
	}
}

func TestScene(t *testing.T) {
	c := open(t, scene(t), folder)
	all, err := c.List()
	if err != nil || len(all) != 1 || !cmp.Equal(len(all[0].Versions), 2) {
		t.Errorf("%+v, %v", all, err)
	}
}
