package main

import (
	"fmt"
	"os"
	"strings"
)

// page is a document of figures, filled by sections.
type page struct {
	name     string
	path     string
	notes    string // file of what a person made of the figures; it ends the page
	sections []*section
	head     func(b *bench, w *strings.Builder, all map[string]*record)
}

// pageOf is the page of a name.
func pageOf(name string) (*page, error) {
	for _, p := range []*page{benchmarksPage, modelsPage} {
		if p.name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("there is no page %q: benchmarks or models", name)
}

var benchmarksPage = &page{
	name: "benchmarks", path: "docs/benchmarks.md", notes: "bench/notes-benchmarks.md", head: benchmarksHead,
	sections: append(benchSections, kafkaSection, pluginsSection, memorySection, serviceSection),
}

func benchmarksHead(b *bench, w *strings.Builder, all map[string]*record) {
	fmt.Fprint(w, "# Benchmarks\n\nWritten by `make bench`, `make bench-kafka`, `make bench-plugins` and `make bench-service`; every run's figures are in\n"+
		"[benchmarks.json](benchmarks.json).\n")
	if _, err := os.Stat(modelsPage.path); err == nil { // it is measured apart
		fmt.Fprint(w, "How good classifiers are, and how they compare with other libraries: [models](models.md).\n")
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "- fastText %s (%s) and pyarrow %s come from PyPI, Apache Kafka from Maven Central.\n", fastTextVersion,
		strings.Join(fastTextFlags[:2], " "), pyarrowVersion)
	fmt.Fprintf(w, "- Rows are made from %s; short texts have %.0f bytes in the mean, the rows' texts %.0f.\n",
		b.corpus.Origin, b.mean(b.corpus.Short), b.mean(b.corpus.Long))
	fmt.Fprint(w, "- Each command runs once without counting, then several times (the JSON has them all), in turn with those it is\n"+
		"  compared to. Tables give the median and, in brackets, least and most. CPU is user and system time of whole processes\n"+
		"  (wait4), which is the steadier figure; wall time depends on what else the machine does.\n")
	writeGoals(w, b.page.goals(all))
}

// goals are those of all sections that were measured.
func (p *page) goals(all map[string]*record) (goals []goal) {
	for _, s := range p.sections {
		if all[s.name] == nil {
			continue
		}
		for _, c := range all[s.name].Contests {
			goals = append(goals, c.Goals...)
		}
	}
	return goals
}

// writeGoals writes what was measured beside its limits.
func writeGoals(w *strings.Builder, goals []goal) {
	head := "\n| what | measured | at least or at most | |\n|---|---|---|---|\n"
	for _, g := range goals {
		fmt.Fprintln(w, head+g.row())
		head = ""
	}
}
