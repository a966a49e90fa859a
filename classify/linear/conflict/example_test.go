package conflict_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/linear/conflict"
)

func ExampleFind() {
	texts := []string{"the invoice is late", "the site is down", " the invoice is late"}
	labels := []string{"billing", "outage", "outage"}
	found, total := conflict.Find(len(texts), func(i int) string { return texts[i] }, func(a, b int) bool { return labels[a] == labels[b] })
	fmt.Println(total, found)
	// Output: 1 [{0 2}]
}

func TestFind(t *testing.T) {
	texts := []string{"b", "a", "b", "a ", "c", "b", "a"}
	labels := []int{1, 1, 2, 2, 3, 1, 1}
	find := func(n int) ([]conflict.Conflict, int) {
		return conflict.Find(n, func(i int) string { return texts[i] }, func(a, b int) bool { return labels[a] == labels[b] })
	}
	found, total := find(len(texts))
	if d := cmp.Diff([]conflict.Conflict{{First: 0, Second: 2}, {First: 1, Second: 3}}, found); d != "" || total != 2 {
		t.Errorf("%d conflicts (-want +got):\n%s", total, d)
	}
	if found, total = find(0); len(found) != 0 || total != 0 {
		t.Errorf("%v among no texts", found)
	}
	const n = conflict.Listed + 500
	found, total = conflict.Find(n, func(i int) string { return strconv.Itoa(i / 2) }, func(a, b int) bool { return a == b })
	if len(found) != n/2 || total != n/2 {
		t.Errorf("%d listed of %d", len(found), total)
	}
	found, total = conflict.Find(n, func(int) string { return "the same" }, func(a, b int) bool { return a == b })
	if len(found) != conflict.Listed || total != n-1 || found[0] != (conflict.Conflict{First: 0, Second: 1}) {
		t.Errorf("%d listed of %d, the first %v", len(found), total, found[0])
	}
}
