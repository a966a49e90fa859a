package catalog

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

func inMemoryExample() *Catalog {
	c, _ := New(Config{Dir: "/classifiers", FS: pipelinetest.NewDisk()})
	return c
}

// A classifier is saved under a name, in versions; the same content is the same version.
func ExampleCatalog_Save() {
	c := inMemoryExample()
	ctx := context.Background()
	d := Draft{
		Name: "support", Backend: Backend{Name: "static", Format: 1},
		Labels: classify.LabelSet{{Name: "billing", Description: "invoices, refunds"}, {Name: "bug"}},
	}
	first, _ := c.Save(ctx, d)
	again, _ := c.Save(ctx, d)
	d.Labels = append(d.Labels, classify.Label{Name: "other"})
	second, _ := c.Save(ctx, d)
	fmt.Println(first.Ref(), again.Ref(), again.Existed, second.Ref())

	_, _ = c.SetAlias(ctx, "production", Reference{Name: "support", Number: 1})
	for _, reference := range []string{"support", "support@production", "supports"} {
		v, err := c.Resolve(reference)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(reference, "is", v.Ref(), v.Labels.Names())
	}
	// Output:
	// support@v1 support@v1 true support@v2
	// support is support@v2 [billing bug other]
	// support@production is support@v1 [billing bug]
	// classifier.unknown: there is no saved classifier "supports"; did you mean "support"?
}

// Two versions are compared label by label.
func ExampleDiff() {
	before := &Manifest{Name: "support", Number: 1, Hash: "1", Labels: classify.LabelSet{{Name: "bug"}, {Name: "misc"}}}
	after := &Manifest{Name: "support", Number: 2, Hash: "2", Labels: classify.LabelSet{{Name: "bug", Description: "a crash"}, {Name: "other"}}}
	d := Diff(before, after)
	fmt.Println(d.Added, d.Removed, d.Changed[0].Label, d.Changed[0].Description.To)
	// Output: [other] [misc] bug a crash
}
