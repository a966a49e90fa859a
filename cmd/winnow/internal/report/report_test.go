package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// hostile names and texts try to become markup, script, formulas and other files.
var hostile = []string{
	`</title><script>alert(1)</script>`, `" onmouseover="alert(1)`, `' autofocus onfocus=alert(1) x='`, `<img src=https://example.com/x.png>`,
	"=HYPERLINK(\"https://example.com\")", "\u202eright to left\x00\x1b[31m", "%s %d {{.}} <!-- ]]>", "\xff\xfe",
}

func measured(t *testing.T, mode classify.Mode, labels []string, shift int) (*Measured, *eval.Outcomes) {
	t.Helper()
	e := eval.New(eval.Config{Labels: labels, Mode: mode, Threshold: 0.4, Precisions: []float64{0.8, 1}, Wrong: 12})
	rng := rand.New(rand.NewPCG(7, 7))
	out := new(eval.Outcomes)
	for i := range 900 {
		gold := i % len(labels)
		label, c := gold, float32(rng.IntN(10001))/1e4
		if rng.IntN(10) > 5+shift {
			label = rng.IntN(len(labels))
		}
		r := &eval.Row{
			Gold: []string{labels[gold]}, Label: int32(label), Confidence: float64(c), Text: hostile[i%len(hostile)],
			Place: eval.Place{File: `a<b>"&'.csv`, Row: int64(i + 2)}, Scores: []classify.Score{{Label: int32(label), Confidence: c}},
		}
		switch i % 60 {
		case 1:
			r.Label, r.Reason, r.Scores = eval.None, classify.NoKnownWords, nil
		case 2:
			r.Gold = []string{"unknown <b>" + hostile[0]}
		case 3:
			r.Gold = nil
		}
		o, err := e.Add(r)
		if err != nil {
			t.Fatal(err)
		}
		out.Add(r, o)
	}
	return &Measured{Name: "labels <i>.json", Read: 903, Rejected: 3, Report: e.Report()}, out
}

func pages(t *testing.T) map[string]*Page {
	first, a := measured(t, classify.Single, hostile[:7], 0)
	second, b := measured(t, classify.Single, hostile[:7], 2)
	multi, _ := measured(t, classify.Multi, hostile[:3], 0)
	var many []string
	for i := range 77 {
		many = append(many, fmt.Sprintf("intent %d", i))
	}
	wide, _ := measured(t, classify.Single, many, 0)
	empty := eval.New(eval.Config{})
	return map[string]*Page{
		"compared": {Title: "Evaluation", First: first, Second: second, Comparison: eval.Compare(eval.PairByPlace(a, b))},
		"multi":    {Title: "Evaluation", First: multi},
		"many":     {Title: "Evaluation", First: wide},
		"empty":    {Title: "Evaluation", First: &Measured{Name: "column x", WithoutConfidence: true, Report: empty.Report()}},
	}
}

// allowed are the elements and attributes of a page; whatever else appears came out of the data.
var (
	elements   = regexp.MustCompile(`^(html|head|meta|title|style|body|main|h1|h2|article|section|table|caption|thead|tbody|tr|th|td|p|strong|bdi|div|figure|figcaption|svg|desc|path|text|rect|circle|details|summary)$`)
	attributes = regexp.MustCompile(`^(lang|charset|name|content|http-equiv|id|class|scope|role|aria-labelledby|viewBox|d|x|y|cx|cy|r|width|height|text-anchor|transform|fill-opacity)$`)
)

// TestHTML reads each page as XML, element by element: hostile data must not have become any.
func TestHTML(t *testing.T) {
	for name, p := range pages(t) {
		t.Run(name, func(t *testing.T) {
			data := string(p.HTML())
			if again := string(p.HTML()); again != data {
				t.Error("the page differs from one time to the next")
			}
			body := strings.TrimPrefix(data, "<!doctype html>\n")
			body = regexp.MustCompile(`<meta ([^>]*)>`).ReplaceAllString(body, `<meta $1/>`)
			d := xml.NewDecoder(strings.NewReader(body))
			ids := make(map[string]bool)
			var labelled []string
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				e, ok := token.(xml.StartElement)
				if !ok {
					continue
				}
				if !elements.MatchString(e.Name.Local) {
					t.Errorf("there is an element %s", e.Name.Local)
				}
				for _, a := range e.Attr {
					switch {
					case !attributes.MatchString(a.Name.Local):
						t.Errorf("there is an attribute %s=%q", a.Name.Local, a.Value)
					case a.Name.Local == "id" && ids[a.Value]:
						t.Errorf("there are two of the id %q", a.Value)
					case a.Name.Local == "id":
						ids[a.Value] = true
					case a.Name.Local == "aria-labelledby":
						labelled = append(labelled, strings.Fields(a.Value)...)
					}
				}
			}
			for _, id := range labelled {
				if !ids[id] {
					t.Errorf("nothing has the id %q", id)
				}
			}
			for _, bad := range []string{"\x00", "\x1b", "\u202e", "NaN", "Inf", "%!"} {
				if strings.Contains(data, bad) {
					t.Errorf("the page holds %q", bad)
				}
			}
			if name != "many" {
				golden(t, "testdata/"+name+".golden.html", data)
			}
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestJSON(t *testing.T) {
	for name, p := range pages(t) {
		data, err := p.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, field := range []string{"name", "mode", "rows", "accuracy", "labels", "calibration", "confusions"} {
			if _, ok := got[field]; !ok {
				t.Errorf("%s: there is no field %q", name, field)
			}
		}
		if _, ok := got["comparison"]; ok != (p.Comparison != nil) {
			t.Errorf("%s: comparison %v", name, ok)
		}
	}
}

func TestWrong(t *testing.T) {
	rows := []eval.Wrong{
		{Place: eval.Place{File: "in.csv", Row: 7}, Gold: []string{"ham"}, Label: "spam", Confidence: 0.9, Text: "=1+1, \"x\""},
		{Place: eval.Place{File: "in.csv", Row: 3}, Gold: []string{"a", "b"}, Label: "<c>", Confidence: eval.Ratio(0, 0)},
	}
	for path, want := range map[string]string{
		"wrong.jsonl": `{"file":"in.csv","row":7,"gold":["ham"],"label":"spam","confidence":0.9,"text":"=1+1, \"x\""}` + "\n" +
			`{"file":"in.csv","row":3,"gold":["a","b"],"label":"<c>","confidence":null}` + "\n",
		"wrong.csv": "file,row,gold,label,confidence,text\nin.csv,7,ham,spam,0.9,\"'=1+1, \"\"x\"\"\"\n" + `in.csv,3,"[""a"",""b""]",<c>,,` + "\n",
		"wrong.TSV": "file\trow\tgold\tlabel\tconfidence\ttext\nin.csv\t7\tham\tspam\t0.9\t\"'=1+1, \"\"x\"\"\"\nin.csv\t3\t\"[\"\"a\"\",\"\"b\"\"]\"\t<c>\t\t\n",
	} {
		got, err := Wrong(path, rows)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s:\n%s", path, diff)
		}
	}
}

func ExampleWrong() {
	data, err := Wrong("wrong.csv", []eval.Wrong{{Place: eval.Place{File: "mail.csv", Row: 3}, Gold: []string{"ham"}, Label: "spam", Confidence: 0.9}})
	fmt.Print(string(data), err)
	// Output:
	// file,row,gold,label,confidence,text
	// mail.csv,3,ham,spam,0.9,
	// <nil>
}
