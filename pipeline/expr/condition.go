package expr

import (
	"reflect"
	"sync"

	"github.com/winnow-stream/winnow/pipeline"
)

// condition is a compiled expression that is true or false: as a predicate where it can be one, and as a program.
type condition struct {
	*program
	fast    predicate // nil: the program alone
	columns []*column // of fast
	scratch sync.Pool // *operands
}

func newCondition(code Code, s *scope) (*condition, error) {
	p, err := compile(code, s, reflect.Bool)
	if err != nil {
		return nil, err
	}
	t, err := parse(code)
	if err != nil {
		return nil, err
	}
	c := &condition{program: p}
	if c.columns, err = s.bind(t); err != nil {
		return nil, err
	}
	c.fast = planner{t, s.labels}.predicate(t.parsed.Node)
	c.scratch.New = func() any { return new(operands) }
	return c, nil
}

// eval sets out[row] for the rows that ask for it, and calls fail for those that could not be decided: they are false.
func (c *condition) eval(b *pipeline.Batch, out []bool, ask func(row int) bool, fail func(row int, err error)) {
	if c.fast != nil {
		in := c.scratch.Get().(*operands)
		in.bind(b, c.columns)
		ok := c.fast.eval(in, out)
		in.release()
		c.scratch.Put(in)
		if ok {
			return
		}
	}
	f := c.frame(b)
	defer c.release(f)
	for row := range out {
		out[row] = false
		if !ask(row) {
			continue
		}
		v, err := c.run(f, row)
		if err != nil {
			fail(row, rowError(err))
			continue
		}
		switch v := v.(type) {
		case bool:
			out[row] = v
		case nil:
		default:
			fail(row, notBool(v))
		}
	}
}
