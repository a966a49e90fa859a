package classify

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// Keyphraser gives each text of a batch free tags: phrases that tell what it is about, without a set of labels.
//
// The engine calls Keyphrases from several goroutines at once, each with its own out. Texts belong to the caller and may
// be released or overwritten as soon as Keyphrases returns. A text that is null has none. An error is about the call as a
// whole.
type Keyphraser interface {
	Keyphrases(ctx context.Context, texts *array.String, out *Keyphrases) error
	// Version says what finds the phrases: a name and a hash over everything that decides an answer.
	Version() string
}

// Keyphrase is one phrase of a text.
type Keyphrase struct {
	Text  string  // its own: it does not refer to the batch
	Score float32 // [0, 1], rounded to 4 decimals; it orders the phrases of one text
}

// Keyphrases are the phrases of one batch's texts, reused from batch to batch: a keyphraser calls Reset, appends the
// phrases of a row to List, best first, and ends each row by End. The caller owns it; it is not safe for concurrent use.
type Keyphrases struct {
	// List of row i is List[Ends[i-1]:Ends[i]].
	List []Keyphrase
	Ends []int32
	// Reasons say why a row has no phrases, such as no_words; empty where it has some.
	Reasons []string
}

// Reset takes everything out.
func (k *Keyphrases) Reset() {
	clear(k.List)
	k.List, k.Ends, k.Reasons = k.List[:0], k.Ends[:0], k.Reasons[:0]
}

// End ends a row, which has no phrases for a reason, or some and no reason.
func (k *Keyphrases) End(reason string) {
	k.Ends, k.Reasons = append(k.Ends, int32(len(k.List))), append(k.Reasons, reason)
}

// Len is the number of rows.
func (k *Keyphrases) Len() int { return len(k.Ends) }

// Row returns the phrases of a row.
func (k *Keyphrases) Row(i int) []Keyphrase {
	var start int32
	if i > 0 {
		start = k.Ends[i-1]
	}
	return k.List[start:k.Ends[i]]
}
