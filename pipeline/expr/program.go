package expr

import (
	"reflect"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/winnow-stream/winnow/pipeline"
)

// program is an expression compiled for expr-lang's virtual machine. Safe for concurrent use.
type program struct {
	code    Code
	vm      *vm.Program
	columns []*column
	labels  []any     // the classifier's labels, boxed; routes only
	frames  sync.Pool // *frame
}

// compile checks an expression's types against what the scope knows, and makes a program that is safe for null. The
// result is of kind want, or unknown before it runs.
func compile(code Code, s *scope, want reflect.Kind) (*program, error) {
	if _, err := check(code, s, want); err != nil {
		return nil, err
	}
	t, err := parse(code)
	if err != nil {
		return nil, err
	}
	columns, err := s.bind(t)
	if err != nil {
		return nil, err
	}
	t.substitute()
	ast.Walk(&t.parsed.Node, nullPatcher{})
	env := types.Map{}
	for _, c := range columns {
		env[c.name] = types.Any
	}
	config := configure(env, nullFunctions()...)
	if _, err := checker.Check(t.parsed, config); err != nil {
		return nil, code.wrap(err)
	}
	if err := optimizer.Optimize(&t.parsed.Node, config); err != nil {
		return nil, code.wrap(err)
	}
	compiled, err := compiler.Compile(t.parsed, config)
	if err != nil {
		return nil, code.wrap(err)
	}
	p := &program{code: code, vm: compiled, columns: columns}
	for _, l := range s.labels {
		p.labels = append(p.labels, l)
	}
	p.frames.New = func() any { return p.newFrame() }
	return p, nil
}

// check is the strict pass: types as the schema has them, so that mistakes show before the first record.
func check(code Code, s *scope, want reflect.Kind) ([]*column, error) {
	t, err := parse(code)
	if err != nil {
		return nil, err
	}
	columns, err := s.bind(t)
	if err != nil {
		return nil, err
	}
	if err := s.checkLabels(t); err != nil {
		return nil, err
	}
	t.substitute()
	env := types.Map{}
	for _, c := range columns {
		env[c.name] = c.nature()
	}
	got, err := checker.Check(t.parsed, configure(env))
	if err != nil {
		return nil, code.wrap(err)
	}
	if got.Kind() != want && got.Kind() != reflect.Interface {
		return nil, wrongKind(code, want, got.Kind())
	}
	return columns, nil
}

// wrongKind is the error of an expression that gives something else than it is used for.
func wrongKind(code Code, want, got reflect.Kind) error {
	err := code.fail("the expression has to give %s, and gives %s", kindName(want), kindName(got))
	if want == reflect.Bool {
		return err.WithFix(`write a condition, such as lang == "en"`)
	}
	return err.WithFix("make a text of it with string(…)")
}

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Int, reflect.Int64, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "a map"
	default:
		return k.String()
	}
}

func configure(env types.Map, options ...expr.Option) *conf.Config {
	config := conf.CreateNew()
	expr.Env(env)(config)
	for _, o := range options {
		o(config)
	}
	config.Check()
	return config
}

// substitute replaces references by the names of their columns.
func (t *tree) substitute() {
	ast.Walk(&t.parsed.Node, substituter{t})
}

type substituter struct{ *tree }

// Visit implements ast.Visitor.
func (s substituter) Visit(n *ast.Node) {
	r, ok := s.refs[*n]
	if !ok {
		return
	}
	var out ast.Node = &ast.IdentifierNode{Value: r.column.name}
	out.SetLocation(r.at)
	for _, name := range r.rest {
		property := &ast.StringNode{Value: name}
		property.SetLocation(r.at)
		out = &ast.MemberNode{Node: out, Property: property, Optional: true}
		out.SetLocation(r.at)
	}
	if len(r.rest) > 0 {
		out = &ast.ChainNode{Node: out}
		out.SetLocation(r.at)
	}
	*n = out
}

// frame is what one goroutine needs to run a program over a batch.
type frame struct {
	machine vm.VM
	env     map[string]any
	readers []reader
}

func (p *program) newFrame() *frame {
	return &frame{env: make(map[string]any, len(p.columns)), readers: make([]reader, len(p.columns))}
}

// frame binds the program to a batch. release hands it back.
func (p *program) frame(b *pipeline.Batch) *frame {
	f := p.frames.Get().(*frame)
	for i, c := range p.columns {
		f.readers[i] = p.read(b, c)
	}
	return f
}

func (p *program) release(f *frame) {
	clear(f.readers)
	clear(f.env)
	p.frames.Put(f)
}

func (p *program) read(b *pipeline.Batch, c *column) reader {
	if c.result != resNone {
		return readResult(b, c.result, p.labels)
	}
	col, field := find(b, c.field.Name)
	if col == nil {
		return func(int) any { return nil }
	}
	return newReader(col, pipeline.IsJSONText(field))
}

// run evaluates the program for one row.
func (p *program) run(f *frame, row int) (any, error) {
	for i, c := range p.columns {
		f.env[c.name] = f.readers[i](row)
	}
	return f.machine.Run(p.vm, f.env)
}

// find returns a column of the input with its field.
func find(b *pipeline.Batch, name string) (arrow.Array, arrow.Field) {
	schema := b.Record.Schema()
	for i := range schema.NumFields() {
		if f := schema.Field(i); f.Name == name {
			return b.Record.Column(i), f
		}
	}
	return nil, arrow.Field{}
}
