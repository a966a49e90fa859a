package api

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// ReplyColumn is where Answering puts the answers: a line for each request.
const ReplyColumn = "_reply"

// Answering is the stage of a batch's pipeline that answers its requests, each by the label set that it names or else by the
// batch's. Requests of a batch of records that ask the same classifier are asked together. A request that the endpoint
// would refuse is a dead record. It is safe for concurrent use.
type Answering struct {
	server   *Server
	account  string // whose classifiers are meant
	name     string // of the batch, in ids
	endpoint string
	body     *body
	defaults question
	usual    []byte // the backend of requests that name none, as JSON
}

var _ pipeline.Stage = (*Answering)(nil)

// Answering makes the stage of a job; nil where the job is no batch.
func (s *Server) Answering(j *job.Job) (*Answering, error) {
	r, err := requestsOf(j)
	if err != nil || r == nil {
		return nil, err
	}
	a := &Answering{server: s, account: j.Account, name: strings.TrimPrefix(j.ID, "batch_"), endpoint: r.Endpoint, body: endpoints[r.Endpoint]}
	if r.Defaults != nil {
		err = a.defaults.take(r.Defaults)
	}
	if a.usual = a.defaults.backend; a.usual == nil && r.Backend != "" {
		a.usual = quoted(r.Backend)
	}
	return a, err
}

// take takes the keys of a body that are known, and leaves out the others.
func (q *question) take(data []byte) error {
	return object(data, func(key string, value []byte) error {
		if field := q.field(alias(key)); field != nil && string(value) != "null" {
			*field = value
		}
		return nil
	})
}

// Needs is no column: the sink asks for the records as they came.
func (*Answering) Needs(*pipeline.Layout) ([]arrow.Field, error) { return nil, nil }

// asked are the requests of a batch of records that one classifier answers, above one threshold.
type asked struct {
	*asking
	compiled *compiled
	batch    []int    // their rows
	custom   [][]byte // their custom_id, as it is written
}

// group tells requests apart that can't be asked together.
type group struct {
	compiled *compiled
	above    float32
}

// Process answers the requests of a batch of records.
func (a *Answering) Process(ctx context.Context, b *pipeline.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	groups := make(map[group]*asked)
	defer func() {
		for _, g := range groups {
			askings.Put(g.asking)
		}
	}()
	for row := range b.Len() {
		if !b.Live(row) {
			continue
		}
		if err := a.sort(ctx, b.Raw(row), row, groups); err != nil {
			if err := dead(b, row, err); err != nil {
				return err
			}
		}
	}
	replies := make([][]byte, b.Len())
	b.Tokens = 0 // where the stage is tried again
	for _, g := range groups {
		if err := a.answer(ctx, b, g, replies); err != nil {
			return err
		}
	}
	a.attach(b, replies)
	return nil
}

// dead makes a dead record of one whose request is refused. What the client is not to blame for ends the job, or is tried
// again.
func dead(b *pipeline.Batch, row int, err error) error {
	e := fault.List(err)[0]
	if e.Code == fault.Internal || statusOf(e.Code) >= http.StatusInternalServerError {
		return err
	}
	b.Kill(row, e)
	return nil
}

// sort puts a request to those that are asked with it.
func (a *Answering) sort(ctx context.Context, line []byte, row int, groups map[group]*asked) error {
	custom, data, err := a.parse(bytes.TrimRight(line, "\r\n"))
	if err != nil {
		return err
	}
	q := new(question)
	if err := q.take(data); err != nil {
		return err
	}
	if q.labels == nil && q.classifier == nil {
		q.labels, q.classifier, q.descriptions, q.examples = a.defaults.labels, a.defaults.classifier, a.defaults.descriptions, a.defaults.examples
	}
	if q.classifier == nil && q.backend == nil {
		q.backend = a.usual
	}
	if q.threshold == nil {
		q.threshold = a.defaults.threshold
	}
	if err := q.check(a.body); err != nil {
		return err
	}
	k, err := a.server.compiler.get(ctx, a.account, q, a.body.mode)
	if err != nil {
		return err
	}
	q.fallBack(k)
	key := group{k, q.above}
	g := groups[key]
	if g == nil {
		g = &asked{asking: askings.Get().(*asking), compiled: k}
		g.reset()
		g.question.above = q.above
		groups[key] = g
	}
	if err := g.add("text", q.text); err != nil {
		return err
	}
	g.batch, g.custom = append(g.batch, row), append(g.custom, custom)
	return nil
}

// parse takes a line apart.
func (a *Answering) parse(line []byte) (custom, data []byte, err error) {
	if err := wellFormed(line); err != nil {
		return nil, nil, err
	}
	var method, url string
	err = lenient(line, map[string]func([]byte) error{
		"custom_id": func(value []byte) error { custom = value; return nil },
		"body":      func(value []byte) error { data = value; return nil },
		"method":    textInto("method", &method),
		"url":       textInto("url", &url),
	})
	switch {
	case err != nil:
		return nil, nil, err
	case len(custom) < 3 || custom[0] != '"':
		return nil, nil, fault.New(fault.RequestLine, "the request has no custom_id").At(fault.Where{Path: "custom_id"})
	case method != http.MethodPost:
		return nil, nil, fault.New(fault.RequestLine, "the request's method is %q, and not POST", fault.Excerpt(method)).At(fault.Where{Path: "method"})
	case url != a.endpoint:
		return nil, nil, fault.New(fault.RequestLine, "the request's url is %q, and the batch's endpoint is %s", fault.Excerpt(url), a.endpoint).At(fault.Where{Path: "url"})
	case len(data) == 0 || data[0] != '{':
		return nil, nil, fault.New(fault.RequestLine, "the request has no body").At(fault.Where{Path: "body"})
	}
	return custom, data, nil
}

// answer asks the classifier of a group, and writes its lines.
func (a *Answering) answer(ctx context.Context, b *pipeline.Batch, g *asked, replies [][]byte) error {
	texts := g.texts()
	defer texts.Release()
	if err := g.compiled.Classify(ctx, texts, &g.results); err != nil {
		return err
	}
	for _, f := range g.results.Failures {
		if err := dead(b, g.batch[f.Row], f.Err); err != nil {
			return err
		}
	}
	most, offsets := int32(a.server.cfg.Limits.Tokens), b.Offsets()
	for i, row := range g.batch {
		tokens := g.results.Tokens[i]
		switch {
		case !b.Live(row):
			continue
		case tokens > most:
			b.Kill(row, fault.New(fault.TextTooLong, "the text has %d tokens, and %d are allowed", tokens, most))
			continue
		}
		out := appendHead(nil, a.name, offsets[row], g.custom[i])
		out = appendStatus(out, a.name, offsets[row], http.StatusOK)
		out = append(out, '{')
		if a.body == tagBody {
			out = g.appendTags(out, g.compiled, i)
		} else {
			out = g.appendLabel(out, g.compiled, i)
		}
		out = strconv.AppendInt(append(out, `,"tokens":`...), int64(tokens), 10)
		b.Tokens += int64(tokens)
		replies[row] = append(out, `}},"error":null}`+"\n"...)
	}
	return nil
}

// appendHead begins a line: ids that are the same whenever the line is made.
func appendHead(out []byte, batch string, offset int64, custom []byte) []byte {
	out = append(append(out, `{"id":"batch_req_`...), batch...)
	out = strconv.AppendInt(append(out, '_'), offset, 10)
	return append(append(out, `","custom_id":`...), custom...)
}

// appendStatus begins the response in a line.
func appendStatus(out []byte, batch string, offset int64, status int) []byte {
	out = strconv.AppendInt(append(out, `,"response":{"status_code":`...), int64(status), 10)
	out = append(append(out, `,"request_id":"req_`...), batch...)
	out = strconv.AppendInt(append(out, '_'), offset, 10)
	return append(out, `","body":`...)
}

// attach adds the replies as a column.
func (a *Answering) attach(b *pipeline.Batch, replies [][]byte) {
	build := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer build.Release()
	for _, r := range replies {
		build.Append(r)
	}
	column := build.NewArray()
	defer column.Release()
	old := b.Record
	fields := slices.DeleteFunc(slices.Clone(old.Schema().Fields()), func(f arrow.Field) bool { return f.Name == ReplyColumn })
	columns := append(slices.Clone(old.Columns()[:len(fields)]), column)
	meta := old.Schema().Metadata()
	schema := arrow.NewSchema(append(fields, arrow.Field{Name: ReplyColumn, Type: arrow.BinaryTypes.Binary}), &meta)
	b.Record = array.NewRecordBatch(schema, columns, old.NumRows())
	old.Release()
}

// Refuse makes the line of a request that was refused, for the file of errors. A line that is no request has no response.
func (a *Answering) Refuse(code *fault.Code, message string, offset int64, record []byte) []byte {
	custom := []byte("null")
	if wellFormed(record) == nil {
		_ = lenient(record, map[string]func([]byte) error{"custom_id": func(value []byte) error { // what can't be read has none
			if value[0] == '"' {
				custom = value
			}
			return nil
		}})
	}
	e := fault.New(code, "%s", message)
	out := appendHead(nil, a.name, offset, custom)
	if code == fault.RequestLine || strings.HasPrefix(code.ID, "record.") || strings.HasPrefix(code.ID, "body.") {
		out = append(append(out, `,"response":null,"error":`...), marshaled(struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		}{code.ID, message})...)
		return append(out, "}\n"...)
	}
	status := statusOf(code)
	out = appendStatus(out, a.name, offset, status)
	out = append(out, marshaled(openAIError{asOpenAI(e, status, remedy(e))})...)
	return append(out, `},"error":null}`+"\n"...)
}
