package catalog

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestAliases(t *testing.T) {
	ctx := context.Background()
	c := inMemory(t)
	save(t, c, draft("x", "1"))
	save(t, c, draft("x", "2"))
	set := func(alias string, number int) Move {
		t.Helper()
		m, err := c.SetAlias(ctx, alias, Reference{Name: "x", Number: number})
		must(t, err)
		return m
	}
	want := []Move{{clock(), 0, 1}, {clock(), 1, 2}, {clock(), 2, 2}, {clock(), 0, 2}}
	got := []Move{set("production", 1), set("production", 2), set("production", 2), set("a", 2)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if m, err := c.RemoveAlias(ctx, "x", "a"); err != nil || m.From != 2 || m.To != 0 {
		t.Errorf("removed %+v, %v", m, err)
	}
	_, err := c.Resolve("x@a")
	wantFault(t, err, fault.ClassifierVersion, `no alias "a"`)
	_, err = c.RemoveAlias(ctx, "x", "a")
	wantFault(t, err, fault.ClassifierVersion, `no alias "a"`)
	_, err = c.RemoveAlias(ctx, "y", "a")
	wantFault(t, err, fault.ClassifierUnknown, `no saved classifier "y"`)
	_, err = c.SetAlias(ctx, "latest", Reference{Name: "x"})
	wantFault(t, err, fault.ClassifierAlias, "latest")
	_, err = c.SetAlias(ctx, "b", Reference{Name: "x", Number: 7})
	wantFault(t, err, fault.ClassifierVersion, "there is no x@v7")

	all, err := c.Aliases("x")
	must(t, err)
	history := []Alias{
		{Alias: "a", Number: 0, History: []Move{{clock(), 0, 2}, {clock(), 2, 0}}},
		{Alias: "production", Number: 2, History: []Move{{clock(), 0, 1}, {clock(), 1, 2}}},
	}
	if diff := cmp.Diff(history, all); diff != "" {
		t.Error(diff)
	}
	e, err := c.Entry("x")
	if err != nil || len(e.Aliases) != 1 || e.Aliases[0].Alias != "production" {
		t.Errorf("%+v, %v", e.Aliases, err)
	}

	for i := range maxHistory - 1 {
		all[1].History = append(all[1].History, Move{clock(), i%2 + 1, (i+1)%2 + 1})
	}
	long, err := seal(kindAliases, aliasBook{Name: "x", Aliases: all})
	must(t, err)
	must(t, c.replace(c.path(namesDir, "x", aliasesFile), long))
	set("production", 1)
	if all, err := c.Aliases("x"); err != nil || len(all[1].History) != maxHistory {
		t.Errorf("%d moves are kept, %v", len(all[1].History), err)
	}
}
