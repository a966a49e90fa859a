package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cache"
)

// appendAnswer appends what there is to say of one text.
type appendAnswer func(a *asking, out []byte, k *compiled, row int) []byte

// classifyOne answers POST /v1/classify: one text, one label.
func (c *call) classifyOne() error { return c.one(classifyBody, (*asking).appendLabel) }

// one answers a form for one text.
func (c *call) one(body *body, answer appendAnswer) error {
	a, k, err := c.ask(body)
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
	out = answer(a, out, k, 0)
	out = append(out, `,"tokens":`...)
	out = strconv.AppendInt(out, int64(a.results.Tokens[0]), 10)
	if a.question.why {
		why, err := json.Marshal(a.why)
		if err != nil {
			return err
		}
		out = append(append(out, `,"explanation":`...), why...)
	}
	out = c.appendEnd(out, a.age(0) != cache.Fresh)
	c.json(http.StatusOK, out)
	return nil
}

// classifyAll answers POST /v1/classify/batch: many texts, a label each.
func (c *call) classifyAll() error {
	return c.many(classifyMany, (*asking).appendLabel, `"label":null,"confidence":null`)
}

// many answers a batch form: a row for each text, in order, with none in the place of an answer where the row failed.
func (c *call) many(body *body, answer appendAnswer, none string) error {
	a, k, err := c.ask(body)
	if err != nil {
		return err
	}
	defer askings.Put(a)
	failed := make(map[int]error, len(a.results.Failures))
	for _, f := range a.results.Failures {
		failed[f.Row] = f.Err
	}
	total := int64(0)
	b := buffer()
	defer recycle(b)
	out := append(b.AvailableBuffer(), `{"results":[`...)
	for i, row := range a.rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '{')
		var err error
		tokens, hit := int32(0), false
		if row < 0 {
			err = a.errs[-1-row]
		} else {
			err = failed[int(row)]
			tokens, hit = a.results.Tokens[row], a.age(int(row)) != cache.Fresh
		}
		if err != nil {
			out = append(append(out, none...), `,"error":`...)
			out = append(out, quoted(messageOf(err))...)
		} else {
			out = append(answer(a, out, k, int(row)), `,"error":null`...)
		}
		total += int64(tokens)
		out = append(out, `,"tokens":`...)
		out = strconv.AppendInt(out, int64(tokens), 10)
		out = append(out, `,"cache":{"hit":`...)
		out = append(strconv.AppendBool(out, hit), "}}"...)
	}
	out = append(out, `],"total_tokens":`...)
	out = strconv.AppendInt(out, total, 10)
	out = append(c.appendLatency(out), '}')
	c.w.Header().Set("X-Tokens-Used", strconv.FormatInt(total, 10))
	c.json(http.StatusOK, append(out, '\n'))
	return nil
}

// appendLabel appends the label and its confidence, or null and why there is none.
func (a *asking) appendLabel(out []byte, k *compiled, row int) []byte {
	label := a.results.Label[row]
	if label < 0 {
		out = append(out, `"label":null,"confidence":null`...)
		if r := a.results.Reason[row]; r != classify.Labelled {
			out = append(append(append(out, `,"reason":"`...), r.String()...), '"')
		}
		return out
	}
	out = append(append(out, `"label":`...), k.names[label]...)
	return appendConfidence(append(out, `,"confidence":`...), a.results.Confidence[row])
}

// appendConfidence appends a confidence with its 4 decimals at most.
func appendConfidence(out []byte, confidence float32) []byte {
	return strconv.AppendFloat(out, float64(confidence), 'f', -1, 32)
}

// appendEnd ends the answer to one text.
func (c *call) appendEnd(out []byte, cached bool) []byte {
	out = append(c.appendLatency(out), `,"cached":`...)
	return append(strconv.AppendBool(out, cached), "}\n"...)
}

// appendLatency appends how long the server took so far, in milliseconds.
func (c *call) appendLatency(out []byte) []byte {
	ms := float64(time.Since(c.begun).Microseconds()) / 1000
	return strconv.AppendFloat(append(out, `,"latency_ms":`...), ms, 'f', -1, 64)
}
