package tagger_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
)

func cut(text string) string {
	var out []string
	for _, t := range tagger.Tokenize(nil, text) {
		out = append(out, text[t.Start:t.End])
	}
	return strings.Join(out, " ")
}

func TestTokenize(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{" \t\n ", ""},
		{"Anna moved to New York.", "Anna moved to New York ."},
		{"Anna's, don't; we'll I'M can't it’s", "Anna 's , do n't ; we 'll I 'M ca n't it ’s"},
		{"do n't Anna 's ' s'", "do n't Anna 's ' s '"},
		{"rock'n'roll O'Neill l'eau", "rock'n'roll O'Neill l'eau"},
		{"@anna: #StarWars!! @ #", "@anna : #StarWars !! @ #"},
		{"see https://example.org/a(b)?c=1, or www.example.com.", "see https://example.org/a(b)?c=1 , or www.example.com ."},
		{"(http://t.co/x)", "( http://t.co/x )"},
		{"R&B &amp; x&amp;y &#39; & &;", "R&B &amp; x &amp; y &#39; & & ;"},
		{"at 4:30, 1,000.50 a:b a,b U.S.A. x.", "at 4:30 , 1,000.50 a : b a , b U.S.A . x ."},
		{"a_b pre-show -- x- well...ok a@b.org", "a_b pre-show -- x - well ... ok a@b.org"},
		{"hi :) ;-) :D :Dad :/ =] x", "hi :) ;-) :D : Dad :/ =] x"},
		{"“Anna”(1)", "“ Anna ” ( 1 )"},
		{"Zoë 東京 Ärger", "Zoë 東京 Ärger"},
		{"ok👍🏽👍 👩‍🚀!", "ok 👍🏽 👍 👩‍🚀 !"},
		{"a\x00b\xffc", "a \x00 b \xff c"},
	} {
		if diff := cmp.Diff(c.want, cut(c.text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}

// checkTokens holds tokens to what everything else takes for granted: in order, on code points, and nothing but white
// space between them.
func checkTokens(t *testing.T, text string, tokens []tagger.Token) {
	t.Helper()
	end := int32(0)
	space := func(s string) bool { return strings.TrimFunc(s, unicode.IsSpace) == "" }
	for _, k := range tokens {
		if k.Start < end || k.End <= k.Start || int(k.End) > len(text) {
			t.Fatalf("%q: token %v behind %d", text, k, end)
		}
		if !space(text[end:k.Start]) {
			t.Fatalf("%q: %q is in no token", text, text[end:k.Start])
		}
		if strings.IndexFunc(text[k.Start:k.End], unicode.IsSpace) >= 0 {
			t.Fatalf("%q: white space in %q", text, text[k.Start:k.End])
		}
		if utf8.ValidString(text) && !utf8.ValidString(text[k.Start:k.End]) {
			t.Fatalf("%q: a cut code point in %q", text, text[k.Start:k.End])
		}
		end = k.End
	}
	if !space(text[end:]) {
		t.Fatalf("%q: %q is in no token", text, text[end:])
	}
}

func FuzzTokenize(f *testing.F) {
	for _, s := range []string{"Anna's at http://x.y/z, #ok :-) 4:30 can't &amp; “q” 👩‍🚀", "''t’t n't'", "\xe2\x80 a\xe2", ":-", "&#;", "www.", "a.’s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { checkTokens(t, text, tagger.Tokenize(nil, text)) })
}
