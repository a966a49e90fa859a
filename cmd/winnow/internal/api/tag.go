package api

import (
	"net/http"
	"strconv"

	"github.com/winnow-stream/winnow/classify/cache"
)

// tagOne answers POST /v1/tag: one text, every label above the threshold.
func (c *call) tagOne() error {
	a, k, err := c.ask(tagBody)
	if err != nil {
		return err
	}
	defer askings.Put(a)
	if len(a.results.Failures) > 0 {
		return a.results.Failures[0].Err
	}
	a.headers(c, k)
	b := buffer()
	defer recycle(b)
	out := append(b.AvailableBuffer(), '{')
	out = a.appendTags(out, k, 0)
	out = append(out, `,"tokens":`...)
	out = strconv.AppendInt(out, int64(a.results.Tokens[0]), 10)
	out = c.appendEnd(out, a.age(0) != cache.Fresh)
	c.json(http.StatusOK, out)
	return nil
}

// tagAll answers POST /v1/tag/batch: many texts, a list of labels each.
func (c *call) tagAll() error {
	return c.many(tagMany, func(out []byte, a *asking, k *compiled, row int) []byte { return a.appendTags(out, k, row) }, `"labels":[]`)
}

// appendTags appends the labels whose confidence exceeds the threshold, highest first.
func (a *asking) appendTags(out []byte, k *compiled, row int) []byte {
	out = append(out, `"labels":[`...)
	first := true
	for _, s := range a.results.RowScores(row) {
		if s.Confidence <= a.question.above {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(append(out, `{"label":`...), k.names[s.Label]...)
		out = append(appendConfidence(append(out, `,"confidence":`...), s.Confidence), '}')
	}
	return append(out, ']')
}
