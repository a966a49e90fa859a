package xlsx_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/file/xlsx"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// sample is a workbook with everything in it.
func sample() []byte {
	var all strings.Builder
	all.WriteString(row(1, `<c t="s"><v>0</v></c>`, inline("B1", "text"), inline("C1", "date")))
	for i := 2; i < 60; i++ {
		all.WriteString(row(i, number(fmt.Sprintf("A%d", i), strconv.Itoa(i*i)), inline(fmt.Sprintf("B%d", i), fmt.Sprintf("a text &amp; number %d", i)),
			fmt.Sprintf(`<c r="C%d" s="1"><v>%d</v></c>`, i, 45000+i)))
	}
	b := rows(all.String())
	b.shared = []string{"<t>id</t>", "<t>unused</t>"}
	b.xfs = `<xf numFmtId="0"/><xf numFmtId="14"/>`
	return b.bytes()
}

// TestMutants damages a workbook in a thousand ways. A zip archive has a checksum for each part, and a workbook names
// its parts in more than one place, so whatever damage there is, it is an error, or in what is not read.
func TestMutants(t *testing.T) {
	whole := sample()
	want := mustRead(t, whole, xlsx.Options{})
	counts := map[string]int{}
	for seed := range uint64(1000) {
		data, how := mutant(whole, rand.New(rand.NewPCG(seed, 1)))
		d, path := put(data)
		got, err := read(d, path, xlsx.Options{}, 100, 0)
		switch {
		case err != nil:
			if _, ok := fault.As(err); !ok {
				t.Fatalf("seed %d, %s: an error without a code: %v", seed, how, err)
			}
			counts[how+": error"]++
		case cmp.Equal(want.lines, got.lines):
			counts[how+": equal"]++
		default:
			t.Errorf("seed %d, %s: different without an error", seed, how)
		}
	}
	for _, how := range slices.Sorted(keys(counts)) {
		t.Logf("%s %d", how, counts[how])
	}
}

func keys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// mutant damages a file. The archive's directory, which has no checksum, is told apart from its parts.
func mutant(whole []byte, rng *rand.Rand) ([]byte, string) {
	data := slices.Clone(whole)
	directory := strings.Index(string(whole), "PK\x01\x02")
	switch rng.IntN(4) {
	case 0:
		return data[:rng.IntN(len(data))], "cut"
	case 1:
		at := rng.IntN(directory)
		data[at] ^= 1 << rng.IntN(8)
		return data, "bit"
	case 2:
		at := directory + rng.IntN(len(data)-directory)
		data[at] = byte(rng.IntN(256))
		return data, "directory byte"
	default:
		at := rng.IntN(directory)
		clear(data[at:min(at+64, directory)])
		return data, "zeros"
	}
}

// TestReadErrors lets every operation of reading fail.
func TestReadErrors(t *testing.T) {
	d, path := put(sample())
	if _, err := read(d, path, xlsx.Options{}, 10, 0); err != nil {
		t.Fatal(err)
	}
	for n := int64(1); n <= d.Ops(); n++ {
		d, path := put(sample())
		d.FailAt(n, syscall.EIO)
		_, err := read(d, path, xlsx.Options{}, 10, 0)
		switch e, ok := fault.As(err); {
		case err == nil: // closing
		case !ok:
			if !strings.Contains(err.Error(), string(pipelinetest.OpClose)) {
				t.Errorf("operation %d: %v", n, err)
			}
		case e.Code != fault.InputRead && e.Code != fault.InputCorrupt:
			t.Errorf("operation %d: %v", n, err)
		}
	}
	if _, err := read(d, "/lost.xlsx", xlsx.Options{}, 10, 0); !fault.Is(err, fault.InputMissing) {
		t.Error(err)
	}
}

// FuzzRead reads sheets of any XML.
func FuzzRead(f *testing.F) {
	for name, content := range rows(row(1, inline("A1", "text")) + row(2, number("A2", "1"), `<c r="B2" t="s"><v>0</v></c>`)).parts() {
		if strings.Contains(name, "sheet1") {
			f.Add(content, "<sst><si><t>a</t></si></sst>", `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`)
		}
	}
	f.Add("<worksheet><sheetData><row><c t='inlineStr'><is><t>x</t></is></c></row><row><c><v>1</v></c></row></sheetData></worksheet>", "", "")
	f.Add("<a:b><!-- --><?x?><![CDATA[]]></a:b>", "<sst/>", "<x/>")
	f.Fuzz(func(t *testing.T, sheet, shared, styles string) {
		b := good()
		b.extra = map[string]string{"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": shared, "xl/styles.xml": styles}
		fuzzRead(t, b.bytes())
	})
}

// FuzzArchive reads any bytes as a workbook.
func FuzzArchive(f *testing.F) {
	f.Add(sample())
	f.Add(good().bytes())
	f.Fuzz(func(t *testing.T, data []byte) { fuzzRead(t, data) })
}

func fuzzRead(t *testing.T, data []byte) {
	t.Helper()
	d, path := put(data)
	if _, err := read(d, path, xlsx.Options{}, 10, 0); err != nil {
		if _, ok := fault.As(err); !ok {
			t.Errorf("an error without a code: %v", err)
		}
	}
}
