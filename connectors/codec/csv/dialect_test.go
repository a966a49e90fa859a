package csv_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/connectors/codec/csv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDetect(t *testing.T) {
	tests := []struct {
		name, text string
		opts       csv.Options
		want       string // delimiter, columns, start, line end, empty
		err        string
	}{
		{"commas", "id,text\n1,a; b; c\n2,d\n", csv.Options{}, `, [id text] 1 "\n"`, ""},
		{"semicolons", "id;text\n1;a, b\n2;c, d, e\n", csv.Options{}, `; [id text] 1 "\n"`, ""},
		{"tabs", "id\ttext\r\n1\ta, b\r\n", csv.Options{}, `\t [id text] 1 "\r\n"`, ""},
		{"bars", "id|text|n\n1|a|2\n", csv.Options{}, `| [id text n] 1 "\n"`, ""},
		{"quoted header over lines", "\n\n\"the\nid\",\"a \"\"text\"\"\"\n1,a\n", csv.Options{}, `, ["the\nid" "a \"text\""] 4 "\n"`, ""},
		{"one column", "text\nso, it is\nyes\n", csv.Options{}, `, [text] 1 "\n"`, ""},
		{"numbers below words", "year,2020,2021\na,1,2\nb,3,4\n", csv.Options{}, `, [column_1 column_2 column_3] 0 "\n"`, ""},
		{"a numeric column with a name", "name,score\na,1\nb,2\n", csv.Options{}, `, [name score] 1 "\n"`, ""},
		{"no header: long text", "I have been waiting for my card for two weeks,card\nWhere is it,card\n", csv.Options{}, `, [column_1 column_2] 0 "\n"`, ""},
		{"no header, but told so", "1,2\n3,4\n", csv.Options{Header: csv.WithHeader}, `, [1 2] 1 "\n"`, ""},
		{"header, but told none", "id,text\n1,a\n", csv.Options{Header: csv.WithoutHeader}, `, [column_1 column_2] 0 "\n"`, ""},
		{"names given", "1,2\n3,4\n", csv.Options{Columns: []string{"a", "b"}}, `, [a b] 0 "\n"`, ""},
		{"names given over a header", "id,id\nx,y\n", csv.Options{Columns: []string{"a", "b"}}, `, [a b] 1 "\n"`, ""},
		{"header only", "id,text\n\n", csv.Options{}, `, [id text] 1 "\n" empty`, ""},
		{"nothing", "\n\r\n", csv.Options{}, `\x00 [] 2 "\n" empty`, ""},
		{"a line that names the delimiter", "\r\nsep=;\r\nid;text\r\n1;a, b\r\n", csv.Options{}, `; [id text] 3 "\r\n"`, ""},
		{"a line that names another delimiter than is given", "sep=;\nid,text\n1,a\n", csv.Options{Delimiter: ','}, `, [id text] 2 "\n"`, ""},
		{"a column that is called sep=", "sep=,b\n1,2\n", csv.Options{}, `, [sep= b] 1 "\n"`, ""},
		{"given delimiter", "a^b\n1^2\n", csv.Options{Delimiter: '^'}, `^ [a b] 1 "\n"`, ""},
		{"delimiter in one of two", "a,b\tc\n1,2\t3\n", csv.Options{Delimiter: '\t'}, `\t ["a,b" c] 1 "\n"`, ""},
		{"separator", "a\tb\n1\t2\n", csv.Options{Delimiter: ';'}, "", "line 1: input.separator: no field of the first row is separated by semicolons; they seem to be by tabs"},
		{"unclosed", "a,b\n1,2\n3,\"4\n", csv.Options{}, "", "line 3: input.unclosed_quote: the quote opened on line 3 is never closed"},
		{"duplicates", "a,b,a\n1,2,3\n", csv.Options{}, `, [a b a_2] 1 "\n"`, ""},
		{"duplicate of a made-up name", "column_2,\n1,2\n", csv.Options{}, `, [column_2 column_2_2] 1 "\n"`, ""},
		{"titles", "\"Reviews, 2026\"\n\nof all shops\n\nid,text,stars\n1,good,5\n2,bad,1\n", csv.Options{}, `, [id text stars] 5 "\n"`, ""},
		{"titles as a sheet has them", "Reviews;;\r\n;;\r\nid;text;stars\r\n1;good;5\r\n", csv.Options{}, `; [id text stars] 3 "\r\n"`, ""},
		{"a title above two columns", "Reviews\nid,text\n1,good\n", csv.Options{}, `, [id text] 2 "\n"`, ""},
		{"a title, and told of a header", "Reviews\nid,text\n1,good\n", csv.Options{Header: csv.WithHeader}, `, [id text] 2 "\n"`, ""},
		{"a title, but told no header", "Reviews,,\nid,text,stars\n1,good,5\n", csv.Options{Header: csv.WithoutHeader}, `, [column_1 column_2 column_3] 0 "\n"`, ""},
		{"a title over lines", "\"All\nreviews\"\n\nid,text,stars\n1,good,5\n", csv.Options{}, `, [id text stars] 4 "\n"`, ""},
		{"no title: texts with commas", "text\nso, it is\nso, it was\n", csv.Options{}, `, [text] 1 "\n"`, ""},
		{"no title: names of fewer columns", "name,text\nann,yes,no\nbob,red,blue\n", csv.Options{}, `, [name text] 1 "\n"`, ""},
		{"no title: names without blanks in one column", "text\nyes,no\nred,blue\n", csv.Options{}, `, [text] 1 "\n"`, ""},
		{"no title: an index without a name", ",text\nabc,hello\ndef,bye\n", csv.Options{}, `, [column_1 text] 1 "\n"`, ""},
		{"no title: records below", "text,,\nhello,1,2\nbye,3,4\n", csv.Options{}, `, [text column_2 column_3] 1 "\n"`, ""},
		{"no title: rows of other lengths", "Reviews\nid,text\n1,good\n2,bad,1\n", csv.Options{}, `, [Reviews] 1 "\n"`, ""},
		{"many", strings.Repeat("a,", 60) + "\n", csv.Options{}, "", "line 1: input.columns: the first row has 61 columns, more than 50"},
		{"bytes that are no text", "a,\xff\n1,2\n", csv.Options{}, "", "line 1: input.encoding: the header is not valid UTF-8"},
		{"NUL", "a,b\x00\n1,2\n", csv.Options{}, "", "line 1: input.format: the header holds a NUL byte; this does not look like CSV"},
		{"too few names", "1,2\n", csv.Options{Columns: []string{"a"}}, "", "columns: config.field: columns lists 1 name, the first row has 2 fields"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opts.MaxColumns = 50
			d, enough, err := csv.Detect([]byte(tt.text), true, tt.opts)
			if err != nil {
				if err.Error() != tt.err {
					t.Errorf("error %v", err)
				}
				return
			}
			got := fmt.Sprintf("%s %s %d %q", strings.Trim(fmt.Sprintf("%q", d.Delimiter), "'"), names(d.Columns), d.Start, d.LineEnd)
			if d.Empty {
				got += " empty"
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || tt.err != "" || !enough {
				t.Error(diff, enough)
			}
		})
	}
}

func names(columns []string) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		if list[i] = c; strings.ContainsAny(c, " ,\"\n") {
			list[i] = fmt.Sprintf("%q", c)
		}
	}
	return "[" + strings.Join(list, " ") + "]"
}

// TestDetectNeedsMore: a head without a whole record, or with a header alone, does not do.
func TestDetectNeedsMore(t *testing.T) {
	for text, want := range map[string]bool{
		"id,te": false, "id,\"te\n": false, "id,text\n": false, "id,text\n\n": false, "id,text\n1": true, "id,text\n1,a\n": true, "\n": false,
	} {
		if _, enough, err := csv.Detect([]byte(text), false, csv.Options{MaxColumns: 5}); enough != want || err != nil {
			t.Errorf("%q: %v, %v", text, enough, err)
		}
	}
}

func TestPlain(t *testing.T) {
	for text, want := range map[string]bool{
		"id,text\n1,a\n":                        true,
		"id\ttext\n1\ta\n":                      true,
		"Hello, world\nThis, too\n":             false, // a blank behind a comma is how sentences have it
		"Hello there, my friend. Bye\nYes, I\n": false,
		"one\ntwo\n":                            false,
		"a,b\n":                                 false,
		"1,2\n3,4\n":                            false,
		"a,b\n1\n":                              false,
	} {
		if got := csv.Plain([]byte(text), true); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func ExampleDetect() {
	d, _, err := csv.Detect([]byte("id;text\n1;Hello, world\n"), true, csv.Options{MaxColumns: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Columns, "from line", d.Start, "on;", d.Notes[0])
	// Output: [id text] from line 1 on; fields are separated by semicolons
}

func ExampleAppendField() {
	rec := csv.AppendField(nil, []byte(`say "hi"`), ',')
	rec = append(rec, ',')
	rec = csv.AppendField(rec, []byte("plain"), ',')
	fmt.Println(string(rec))
	// Output: "say ""hi""",plain
}
