package keyphrase

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
)

// Keyphrases finds the tags of each text. It does not fail but by a context that ended.
func (f *Finder) Keyphrases(ctx context.Context, texts *array.String, out *classify.Keyphrases) error {
	out.Reset()
	var tags Tags
	for row := range texts.Len() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if texts.IsNull(row) {
			out.End(NoText.String())
			continue
		}
		f.Find(texts.Value(row), &tags)
		for _, t := range tags.List {
			out.List = append(out.List, classify.Keyphrase{Text: t.Text, Score: t.Score})
		}
		out.End(tags.Reason.String())
	}
	return nil
}

// algorithm is part of every version: it changes when the same config would give other tags.
const algorithm = "keyphrase/1"

// Version is "keyphrase-" and 12 hexadecimal digits, over everything that decides an answer.
func (f *Finder) Version() string {
	excluded := slices.Clone(f.cfg.Exclude)
	slices.Sort(excluded)
	h := sha256.New()
	_ = json.NewEncoder(h).Encode([]any{algorithm, f.cfg.Tags, f.cfg.Words, f.diversity, excluded, f.cfg.Table.Hash()})
	return "keyphrase-" + hex.EncodeToString(h.Sum(nil))[:12]
}

var _ classify.Keyphraser = (*Finder)(nil)
