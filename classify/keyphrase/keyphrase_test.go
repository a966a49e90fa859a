package keyphrase_test

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/winnow-stream/winnow/classify/keyphrase"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/test/race"
)

func newFinder(t testing.TB, cfg keyphrase.Config) *keyphrase.Finder {
	t.Helper()
	f, err := keyphrase.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func find(f *keyphrase.Finder, text string) []string {
	var tags keyphrase.Tags
	f.Find(text, &tags)
	list := []string{}
	for _, tag := range tags.List {
		list = append(list, tag.Text)
	}
	return list
}

const report = `Kafka consumer lag

The Kafka consumer lag of a group is how far its consumers are behind. When consumer lags grow, add consumers to the
consumer group, or give each consumer more memory. A rebalance moves partitions between consumers; during a
rebalance nobody reads. Partitions without a consumer keep growing. See the dashboard for the lag of each partition.`

func TestFind(t *testing.T) {
	f := newFinder(t, keyphrase.Config{Tags: 4})
	got := find(f, report)
	if len(got) != 4 || got[0] != "Kafka consumer lag" {
		t.Errorf("tags %q", got)
	}
	for _, want := range []string{"partitions", "rebalance"} {
		if !strings.Contains(strings.Join(got, ", "), want) {
			t.Errorf("tags %q lack %q", got, want)
		}
	}
}

// TestForms: case, plural and hyphens make no difference, and the most frequent form is given.
func TestForms(t *testing.T) {
	f := newFinder(t, keyphrase.Config{Tags: 3})
	for text, want := range map[string]keyphrase.Tag{
		"GitHub, github, GitHub.":                              {Text: "GitHub", Count: 3},
		"Batteries. A battery; the batteries.":                 {Text: "battery", Count: 3},
		"The boxes, the box, the boxes, the Boxes":             {Text: "boxes", Count: 4},
		"Real-time alerts, real time alerts, real-time alert.": {Text: "real time alerts", Count: 3},
		"the status, a status":                                 {Text: "status", Count: 2},
		"credit\ncard. Credit   card. A credit\tcard":          {Text: "credit card", Count: 3},
		"the customer’s invoice and the customer's invoice":    {Text: "customer’s invoice", Count: 2},
		"R&D budget": {Text: "R&D budget", Count: 1},
		"see jo@example.com or https://example.com/refunds/cards": {},
	} {
		var tags keyphrase.Tags
		f.Find(text, &tags)
		var got keyphrase.Tag
		if len(tags.List) > 0 {
			got = tags.List[0]
			got.Score = 0
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	}
}

func TestReasons(t *testing.T) {
	f := newFinder(t, keyphrase.Config{Exclude: []string{"cards"}})
	for text, want := range map[string]keyphrase.Reason{
		"": keyphrase.NoText, " \n\t": keyphrase.NoText, "?!": keyphrase.NoWords, "12, 13.5": keyphrase.NoWords, "😀": keyphrase.NoWords,
		"that is what it is": keyphrase.NoPhrases, "the card": keyphrase.NoPhrases, "\xff\xfe": keyphrase.NoWords,
		"我还没有收到我的新卡": keyphrase.Unspaced, "カードがまだ届きません": keyphrase.Unspaced, "the invoice": keyphrase.Tagged,
	} {
		var tags keyphrase.Tags
		f.Find(text, &tags)
		if tags.Reason != want || (len(tags.List) > 0) != (want == keyphrase.Tagged) {
			t.Errorf("%q: %v, reason %q, want %q", text, tags.List, tags.Reason, want)
		}
	}
}

// TestOtherLanguages: function words are found by their length and frequency.
func TestOtherLanguages(t *testing.T) {
	german := strings.Repeat("Die Rechnung wurde nicht bezahlt, und die Mahnung ging an den Kunden. "+
		"Der Kunde hat die Rechnung nicht erhalten, aber die Mahnung schon. Nicht jede Rechnung kommt an. ", 3)
	russian := "Мне ещё не пришла карта. Карта заказана две недели назад, а служба поддержки не отвечает. Где моя карта?"
	f := newFinder(t, keyphrase.Config{Tags: 5})
	for text, want := range map[string]string{german: "Rechnung", russian: "карта"} {
		got := find(f, text)
		if !strings.Contains(strings.Join(got, ", "), want) {
			t.Errorf("tags %q lack %q", got, want)
		}
		for _, tag := range got {
			for _, word := range strings.Fields(strings.ToLower(tag)) {
				if word == "nicht" || word == "die" || word == "не" {
					t.Errorf("tags %q hold %q", got, word)
				}
			}
		}
	}
}

func TestExclude(t *testing.T) {
	list, err := keyphrase.ReadExclusions(strings.NewReader("\ufeff# from the editor\n\n  consumer-lags \nKAFKA_consumer_lag\n#x\n"))
	if diff := cmp.Diff([]string{"consumer-lags", "KAFKA_consumer_lag"}, list); diff != "" || err != nil {
		t.Fatalf("%v (-want +got)\n%s", err, diff)
	}
	got := find(newFinder(t, keyphrase.Config{Tags: 20, Exclude: list}), report)
	for _, tag := range got {
		if l := strings.ToLower(tag); l == "kafka consumer lag" || l == "consumer lag" || l == "consumer lags" {
			t.Errorf("tags %q hold %q", got, tag)
		}
	}
	if _, err := keyphrase.ReadExclusions(strings.NewReader("a\n" + strings.Repeat("x", 1<<17))); !fault.Is(err, fault.ConfigField) {
		t.Errorf("an endless line: %v", err)
	}
}

func TestConfig(t *testing.T) {
	bad := 1.5
	_, err := keyphrase.New(keyphrase.Config{Tags: 101, Words: 5, Diversity: &bad})
	for _, path := range []string{"tags", "words", "diversity"} {
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%v says nothing of %s", err, path)
		}
	}
	for _, tag := range find(newFinder(t, keyphrase.Config{Words: 1}), report) {
		if strings.Contains(tag, " ") {
			t.Errorf("%q is more than one word", tag)
		}
	}
}

// TestProperties: whatever the text, tags are parts of it, differ, keep to the limits, and don't depend on anything else.
func TestProperties(t *testing.T) {
	words := rapid.SampledFrom([]string{
		"card", "Card", "cards", "lost", "payment", "the", "of", "my", "is", "API", "api", "real-time", "it's", "don't", "naïve", "über",
		"カード", "12", "v2", "a.b", "x@y.z", "https://a.b/c", "\xff", "-", "quickly", "new", "\u00a0", "’", "&amp;", strings.Repeat("w", 60),
	})
	breaks := rapid.SampledFrom([]string{" ", " ", " ", " ", ". ", "\n", "\n\n", ", ", "  "})
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(0, 80).Draw(t, "words") {
			b.WriteString(words.Draw(t, "word"))
			b.WriteString(breaks.Draw(t, "break"))
		}
		text := b.String()
		zero := 0.0
		cfg := keyphrase.Config{Tags: rapid.IntRange(1, 12).Draw(t, "tags"), Words: rapid.IntRange(1, 4).Draw(t, "most")}
		if rapid.Bool().Draw(t, "undivided") {
			cfg.Diversity = &zero
		}
		f, err := keyphrase.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var tags, again keyphrase.Tags
		f.Find(text, &tags)
		f.Find("something else came in between", &again)
		f.Find(text, &again)
		if diff := cmp.Diff(tags, again); diff != "" {
			t.Fatalf("the second time (-first +second)\n%s", diff)
		}
		if len(tags.List) > cfg.Tags || (len(tags.List) == 0) != (tags.Reason != keyphrase.Tagged) {
			t.Fatalf("%d tags of %d, reason %q", len(tags.List), cfg.Tags, tags.Reason)
		}
		flat, seen := strings.Join(strings.Fields(text), " "), map[string]bool{}
		for i, tag := range tags.List {
			if !strings.Contains(flat, tag.Text) || len(strings.Fields(tag.Text)) > cfg.Words || tag.Count < 1 {
				t.Fatalf("tag %+v is not of the text %q", tag, text)
			}
			if !(tag.Score > 0 && tag.Score <= 1) || cfg.Diversity != nil && i > 0 && tag.Score > tags.List[i-1].Score {
				t.Fatalf("scores: %+v", tags.List)
			}
			if l := strings.ToLower(tag.Text); seen[l] {
				t.Fatalf("%q comes twice", l)
			}
			seen[strings.ToLower(tag.Text)] = true
		}
		// The first tags of a long list are the short list.
		cfg.Tags = 1
		one, err := keyphrase.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		one.Find(text, &again)
		if len(tags.List) > 0 && cmp.Diff(tags.List[:1], again.List) != "" {
			t.Fatalf("one tag is %v, of several %v", again.List, tags.List)
		}
	})
}

func TestAtOnce(t *testing.T) {
	f := newFinder(t, keyphrase.Config{})
	want := find(f, report)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if diff := cmp.Diff(want, find(f, report)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	wg.Wait()
}

// long is a text of n bytes in which one phrase in ten is about refunds, and the others are of words that never come
// again.
func long(n int) string {
	var b strings.Builder
	b.Grow(n + 100)
	for i := 0; b.Len() < n; i++ {
		if i%10 == 0 {
			b.WriteString("The refund request was sent. ")
		}
		fmt.Fprintf(&b, "The w%xa x%xb is with y%xc. ", i, i, i)
	}
	return b.String()
}

func TestLarge(t *testing.T) {
	if got := find(newFinder(t, keyphrase.Config{}), long(8<<20)); !strings.Contains(strings.Join(got, ", "), "refund") {
		t.Errorf("tags %q", got)
	}
	if got := find(newFinder(t, keyphrase.Config{}), strings.Repeat("x", 1<<20)); len(got) != 0 {
		t.Errorf("tags %q of a word of a million letters", got)
	}
	if got := find(newFinder(t, keyphrase.Config{}), "invoice"+strings.Repeat(" ", 1<<20)+"archive"); len(got) != 1 || got[0] != "invoice archive" {
		t.Errorf("tags %q across white space", got)
	}
}

// TestAllocations: a text costs its tags' texts, and nothing else.
func TestAllocations(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector makes pools lose things")
	}
	f := newFinder(t, keyphrase.Config{})
	var tags keyphrase.Tags
	for name, text := range map[string]string{"sentence": "My new card has not arrived yet.", "page": strings.Repeat(report, 10), "large": long(1 << 20)} {
		f.Find(text, &tags)
		if n := testing.AllocsPerRun(5, func() { f.Find(text, &tags) }); n > float64(len(tags.List)) {
			t.Errorf("%s: %v allocations for %d tags", name, n, len(tags.List))
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, text := range []string{report, "", "我还没有收到", "a&amp;b", "it's O’Brien’s", "\xff\xc3(", "x@y.z/ http://a", "é-é -é- é.é"} {
		f.Add(text)
	}
	k := newFinder(f, keyphrase.Config{Tags: 5, Words: 4})
	f.Fuzz(func(t *testing.T, text string) {
		var tags keyphrase.Tags
		k.Find(text, &tags)
		flat := strings.Join(strings.Fields(text), " ")
		for _, tag := range tags.List {
			if !strings.Contains(flat, tag.Text) {
				t.Errorf("%q is not of the text", tag.Text)
			}
		}
		if (len(tags.List) == 0) != (tags.Reason != keyphrase.Tagged) {
			t.Errorf("%d tags, reason %q", len(tags.List), tags.Reason)
		}
	})
}

// cpuTime is what the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkFind(b *testing.B) {
	f := newFinder(b, keyphrase.Config{})
	for name, text := range map[string]string{
		"sentence": "My new card has not arrived yet, and I ordered it two weeks ago.", "page": strings.Repeat(report, 8), "large": strings.Repeat(report, 2000), "unique": long(1 << 20),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var tags keyphrase.Tags
			before := cpuTime()
			for b.Loop() {
				f.Find(text, &tags)
			}
			b.ReportMetric(float64(len(text)*b.N)/(cpuTime()-before).Seconds()/1e6, "MB/cpu-s")
		})
	}
}
