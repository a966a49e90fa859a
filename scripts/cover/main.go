// Cover sums a coverage profile by folder, prints each package's share, and fails where a folder stays below the floor.
//
//	go run ./scripts/cover -floor 85 cover.out pipeline connectors classify
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"
)

const module = "github.com/winnow-stream/winnow/"

type share struct{ covered, total int }

func (s share) percent() float64 { return 100 * float64(s.covered) / float64(max(s.total, 1)) }

func main() {
	floor := flag.Float64("floor", 85, "least share of statements, in percent")
	flag.Parse()
	if flag.NArg() < 2 {
		fmt.Fprintln(os.Stderr, "usage: cover [-floor 85] PROFILE FOLDER…")
		os.Exit(2)
	}
	packages, err := read(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "cover:", err)
		os.Exit(1)
	}
	if !report(packages, flag.Args()[1:], *floor) {
		os.Exit(1)
	}
}

// Read returns the shares by package path below the module. A block that several test binaries report counts once, as
// covered where one of them ran it.
func read(profile string) (map[string]share, error) {
	f, err := os.Open(profile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	type block struct {
		statements int
		hit        bool
	}
	blocks := map[string]block{}
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		fields := strings.Fields(sc.Text()) // file:from,to statements count
		if len(fields) != 3 {
			continue // the mode line
		}
		n, err := strconv.Atoi(fields[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", profile, err)
		}
		blocks[fields[0]] = block{n, blocks[fields[0]].hit || fields[2] != "0"}
	}
	packages := map[string]share{}
	for place, b := range blocks {
		file, _, _ := strings.Cut(place, ":")
		if strings.HasSuffix(file, "/generate.go") {
			continue
		}
		p := strings.TrimPrefix(path.Dir(file), module)
		s := packages[p]
		s.total += b.statements
		if b.hit {
			s.covered += b.statements
		}
		packages[p] = s
	}
	return packages, sc.Err()
}

// Report prints and judges.
func report(packages map[string]share, folders []string, floor float64) bool {
	names := make([]string, 0, len(packages))
	for p := range packages {
		names = append(names, p)
	}
	sort.Strings(names)
	ok := true
	for _, folder := range folders {
		var sum share
		for _, p := range names {
			if p == folder || strings.HasPrefix(p, folder+"/") {
				fmt.Printf("  %6.1f %%  %s\n", packages[p].percent(), p)
				sum.covered += packages[p].covered
				sum.total += packages[p].total
			}
		}
		verdict := "ok"
		if sum.percent() < floor {
			verdict, ok = fmt.Sprintf("below %g", floor), false
		}
		fmt.Printf("%8.1f %%  %s/... %s\n", sum.percent(), folder, verdict)
	}
	return ok
}
