package api

// tagOne answers POST /v1/tag: one text, every label above the threshold.
func (c *call) tagOne() error { return c.one(tagBody, (*asking).appendTags) }

// tagAll answers POST /v1/tag/batch: many texts, a list of labels each.
func (c *call) tagAll() error {
	return c.many(tagMany, (*asking).appendTags, `"labels":[]`)
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
