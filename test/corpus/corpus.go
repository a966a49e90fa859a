// Package corpus makes inputs of any size out of real texts, for crash tests and benchmarks.
//
// The texts are those of the labelled sets beside the checkout (../shared/data/sets) where they are, and the demo's
// messages otherwise. The same texts always give the same rows.
package corpus

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
)

// Sets are the labelled sets that texts are taken from, in their order.
var Sets = []string{"banking77", "clinc150", "hwu64", "snips", "sms_spam", "goemotions"}

// Row is a record as tests and benchmarks write it: seven columns, of which the text is one.
type Row struct {
	ID      int64     `json:"id" parquet:"id"`
	Created time.Time `json:"created" parquet:"created,timestamp(millisecond)"`
	Channel string    `json:"channel" parquet:"channel,dict"`
	Text    string    `json:"text" parquet:"text"`
	Score   float64   `json:"score" parquet:"score"`
	Visits  int32     `json:"visits" parquet:"visits"`
	Open    bool      `json:"open" parquet:"open"`
}

// Corpus gives rows of real text. It does not change and is safe for concurrent use.
type Corpus struct {
	// Origin says where the texts are from.
	Origin string
	texts  []string
}

// Open reads the texts; root is the checkout's root.
func Open(root string) (*Corpus, error) {
	sets := filepath.Join(root, "..", "shared", "data", "sets")
	if _, err := os.Stat(sets); err == nil {
		return openSets(sets)
	}
	return openDemo(filepath.Join(root, "testdata", "demo", "tickets.parquet"))
}

func openSets(dir string) (*Corpus, error) {
	c := &Corpus{Origin: "the texts of " + strings.Join(Sets, ", ")}
	for _, set := range Sets {
		for _, split := range []string{"train.jsonl", "test.jsonl"} {
			if err := c.addLines(filepath.Join(dir, set, split)); err != nil {
				return nil, err
			}
		}
	}
	return c.shuffle()
}

func (c *Corpus) addLines(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var line struct {
			Text string `json:"text"`
		}
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			return err
		}
		c.texts = append(c.texts, line.Text)
	}
	return sc.Err()
}

func openDemo(path string) (*Corpus, error) {
	type message struct {
		Text string `parquet:"text"`
	}
	rows, err := parquet.ReadFile[message](path)
	if err != nil {
		return nil, err
	}
	c := &Corpus{Origin: "the demo's messages"}
	for _, r := range rows {
		c.texts = append(c.texts, r.Text)
	}
	return c.shuffle()
}

// shuffle mixes the sets by a fixed sequence.
func (c *Corpus) shuffle() (*Corpus, error) {
	if len(c.texts) == 0 {
		return nil, errors.New("no texts")
	}
	for i := len(c.texts) - 1; i > 0; i-- {
		j := int(mix(uint64(i)) % uint64(i+1))
		c.texts[i], c.texts[j] = c.texts[j], c.texts[i]
	}
	return c, nil
}

// mix is SplitMix64's finalizer.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Short is one text, of 57 bytes in the mean over the sets. Line ends in it become spaces.
func (c *Corpus) Short(i int) string {
	return strings.NewReplacer("\n", " ", "\r", " ").Replace(c.texts[i%len(c.texts)])
}

// Long is two texts in a row, of 115 bytes in the mean over the sets. Rows seldom have the same one: the second text
// is another in each round over the first.
func (c *Corpus) Long(i int) string {
	n := len(c.texts)
	return c.Short(i) + " " + c.Short(int(mix(uint64(i))%uint64(n)))
}

// Row is the i-th record.
func (c *Corpus) Row(i int) Row {
	m := mix(uint64(i))
	return Row{
		ID:      int64(i),
		Created: time.Unix(1_767_225_600+int64(i), 0).UTC(),
		Channel: [...]string{"email", "chat", "web", "phone", "app"}[m%5],
		Text:    c.Long(i),
		Score:   float64(m>>40) / (1 << 24),
		Visits:  int32(m >> 8 & 0xff),
		Open:    m>>16&1 == 1,
	}
}
