package expr

import (
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/expr-lang/expr/ast"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// readResult gives a part of the classification row by row.
func readResult(b *pipeline.Batch, part result, labels []any) reader {
	switch part {
	case resLabel:
		return func(row int) any {
			if b.Labels == nil || b.Labels[row] < 0 {
				return nil
			}
			return labels[b.Labels[row]]
		}
	case resConfidence:
		return func(row int) any {
			if b.Confidence == nil {
				return nil
			}
			return confidence(b.Confidence[row])
		}
	case resLabels:
		return resultReader(b, arrow.LIST)
	case resEntities:
		return listReader(b, pipeline.IsEntities)
	case resKeyphrases:
		return listReader(b, pipeline.IsKeyphrases)
	default:
		return resultReader(b, arrow.DICTIONARY)
	}
}

// listReader reads the column of what was found in texts.
func listReader(b *pipeline.Batch, is func(arrow.DataType) bool) reader {
	if b.Result != nil {
		for _, col := range b.Result.Columns() {
			if is(col.DataType()) {
				read := newReader(col, false)
				return func(row int) any { return rounded(read(row)) }
			}
		}
	}
	return func(int) any { return nil }
}

// resultReader reads the last column of a type: labels is the only list of labels, and classifier the last dictionary.
func resultReader(b *pipeline.Batch, id arrow.Type) reader {
	if b.Result != nil {
		for i := int(b.Result.NumCols()) - 1; i >= 0; i-- {
			col := b.Result.Column(i)
			if t := col.DataType(); t.ID() != id || pipeline.IsEntities(t) || pipeline.IsKeyphrases(t) || pipeline.IsExplanation(t) {
				continue
			}
			read := newReader(col, false)
			if id == arrow.LIST {
				return func(row int) any { return rounded(read(row)) }
			}
			return read
		}
	}
	return func(int) any { return nil }
}

// rounded gives the confidences and scores of a list as they are written.
func rounded(v any) any {
	list, _ := v.([]any)
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			for _, name := range [...]string{pipeline.ResConfidence, "score"} {
				if c, ok := m[name].(float64); ok {
					m[name] = round(c)
				}
			}
		}
	}
	return list
}

// confidence is a confidence as it is written: with the 4 decimals that it was rounded to, so that 0.8 > 0.8 is false.
func confidence(c float32) float64 { return round(float64(c)) }

func round(c float64) float64 { return math.Round(c*1e4) / 1e4 }

// checkLabels refuses comparisons with a label that the classifier never gives.
func (s *scope) checkLabels(t *tree) error {
	if s.labels == nil {
		return nil
	}
	c := &labelChecker{scope: s, tree: t}
	ast.Walk(&t.parsed.Node, c)
	return c.err
}

type labelChecker struct {
	*scope
	*tree
	err error
}

// Visit implements ast.Visitor.
func (c *labelChecker) Visit(n *ast.Node) {
	x, ok := (*n).(*ast.BinaryNode)
	if !ok || c.err != nil {
		return
	}
	switch x.Operator {
	case "==", "!=":
		if c.isLabel(x.Left) {
			c.literal(x.Right)
		}
		if c.isLabel(x.Right) {
			c.literal(x.Left)
		}
	case "in":
		if list, ok := x.Right.(*ast.ArrayNode); ok && c.isLabel(x.Left) {
			for _, item := range list.Nodes {
				c.literal(item)
			}
		}
	}
}

func (c *labelChecker) isLabel(n ast.Node) bool {
	r, ok := c.refs[n]
	return ok && r.column.result == resLabel
}

func (c *labelChecker) literal(n ast.Node) {
	s, ok := n.(*ast.StringNode)
	if !ok || c.err != nil {
		return
	}
	for _, l := range c.labels {
		if l == s.Value {
			return
		}
	}
	guess := ""
	if near := fault.Nearest(s.Value, c.labels); near != "" {
		guess = "; did you mean \"" + near + "\"?"
	}
	c.err = c.code.at(n.Location(), "there is no label %q%s", s.Value, guess).WithFix("%s", known(c.labels))
}

// known lists labels for a remedy.
func known(labels []string) string {
	const most = 20
	if len(labels) > most {
		return "the labels are " + strings.Join(labels[:most], ", ") + ", …"
	}
	return "the labels are " + strings.Join(labels, ", ")
}
