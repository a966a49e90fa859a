package spec

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// checker gathers what breaks the rules that span fields.
type checker struct {
	*Spec
	kinds *Kinds
	errs  []*fault.Error
}

// Check holds a spec to everything that can be known without touching the world, and reports all that is wrong at once.
func (s *Spec) Check(kinds Kinds) error {
	c := &checker{Spec: s, kinds: &kinds}
	c.general()
	c.connectors()
	c.classify()
	c.cascade()
	c.plugin()
	c.extract()
	c.keyphrases()
	c.expressions()
	c.routes()
	c.loops()
	c.tests()
	c.tracing()
	return c.err()
}

// Check holds classification alone to what can be known without touching the world.
func (k *Classify) Check(kinds Kinds) error {
	c := &checker{Spec: &Spec{Classify: k}, kinds: &kinds}
	c.classify()
	c.cascade()
	c.plugin()
	return c.err()
}

func (c *checker) err() error {
	all := make([]error, len(c.errs))
	for i, e := range c.errs {
		all[i] = e
	}
	return errors.Join(all...)
}

func (c *checker) fail(code *fault.Code, path, fix, format string, args ...any) {
	e := fault.New(code, format, args...).At(c.places.find(path))
	if fix != "" {
		e = e.WithFix("%s", fix)
	}
	c.errs = append(c.errs, e)
}

var (
	validName     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	validSinkName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,99}$`)
)

func (c *checker) general() {
	if c.Name != "" && !validName.MatchString(c.Name) {
		c.fail(fault.ConfigField, "name", "use letters, digits, '-', '_' and '.', and begin with a letter or digit",
			"%q can't be a pipeline's name", c.Name)
	}
	if c.Batch.Bytes <= 0 {
		c.fail(fault.ConfigField, "batch.bytes", "leave it out for 4MiB", "a batch has to hold bytes")
	}
	if c.MaxRecordBytes <= 0 {
		c.fail(fault.ConfigField, "max_record_bytes", "leave it out for 16MiB", "records have to be allowed some bytes")
	}
	if c.Memory < 2*c.Batch.Bytes {
		c.fail(fault.ConfigField, "memory", "raise memory, or lower batch.bytes",
			"memory of %s does not hold two batches of %s", c.Memory, c.Batch.Bytes)
	}
	if c.MaxErrorRate <= 0 || c.MaxErrorRate > 1 {
		c.fail(fault.ConfigField, "max_error_rate", "give a share above 0, up to 1; to stop at the first rejected record write on_error: stop",
			"max_error_rate is %s", formatFloat(c.MaxErrorRate))
	}
	if c.Gold != "" && c.Classify == nil {
		c.fail(fault.ConfigField, "gold", "add classify, or remove gold", "gold compares labels, and nothing is classified")
	}
}

// connectors runs the connectors' own checks and puts their errors at their places in the spec.
func (c *checker) connectors() {
	if c.Source.Config == nil {
		c.fail(fault.ConfigMissing, "source", "write source: {file: {path: in.csv}}", "there is no source")
	} else {
		c.own("source."+c.Source.Kind, c.Source.Config.Check())
	}
	for _, s := range c.Sinks {
		if !validSinkName.MatchString(s.Name) {
			c.fail(fault.ConfigField, join("sinks", s.Name), "use letters, digits, '-' and '_', and begin with a letter", "%q can't be a sink's name", s.Name)
		}
		if s.Name == Drop || s.Name == string(ToDeadLetters) {
			c.fail(fault.ConfigField, join("sinks", s.Name), "choose another name", "%q has a meaning of its own and can't be a sink's name", s.Name)
		}
		if s.Config != nil {
			c.own(join(join("sinks", s.Name), s.Kind), s.Config.Check())
		}
	}
	if d := c.DeadLetters; d != nil && d.Config != nil {
		c.own("dead_letters."+d.Kind, d.Config.Check())
	}
}

func (c *checker) own(path string, err error) {
	for _, e := range fault.List(err) {
		if e.Code == fault.Internal {
			e = fault.New(fault.ConfigField, "%s", e.What)
		}
		at := path
		if e.Where.Path != "" {
			at = extend(path, e.Where.Path)
		}
		c.errs = append(c.errs, e.At(c.places.find(at)))
	}
}

func (c *checker) classify() {
	k := c.Classify
	if k == nil {
		return
	}
	switch {
	case len(k.Labels) > 0 && k.Classifier != "":
		c.fail(fault.LabelsExclusive, "classify.classifier", "remove one of them", "there are labels and a classifier")
	case len(k.Labels) == 0 && k.Classifier == "" && len(k.Cascade) == 0 && k.Plugin == nil && k.Backend != BackendPlugin && !(k.Model != "" && slices.Contains(c.kinds.Labelled, k.Backend)):
		c.fail(fault.LabelsRequired, "classify", "add labels: or classifier:", "there are neither labels nor a classifier")
	}
	if len(k.Labels) > 0 {
		c.labelSet(k.Labels)
	}
	if k.Backend != "" && k.Backend != BackendPlugin {
		c.backend("classify.backend", k.Backend)
	}
	c.auto()
	if k.Threshold != nil && k.Mode != classify.Multi && k.Classifier == "" && k.Plugin == nil && len(k.Cascade) == 0 {
		c.fail(fault.ThresholdMode, "classify.threshold", "", "threshold has no meaning in single mode")
	}
	if n := len(k.Labels); n > 0 && k.TopK > n {
		c.fail(fault.TopKRange, "classify.top_k", "", "top_k is %d, and there are %d labels", k.TopK, n)
	}
	if k.Threshold != nil && outside(*k.Threshold) {
		c.fail(fault.ThresholdRange, "classify.threshold", "", "threshold is %s", formatFloat(*k.Threshold))
	}
	if outside(k.Abstain) {
		c.fail(fault.ThresholdRange, "classify.abstain", "", "abstain is %s", formatFloat(k.Abstain))
	}
	c.explain()
	if k.TopK < 0 {
		c.fail(fault.TopKRange, "classify.top_k", "", "top_k is %d", k.TopK)
	}
	switch k.Mode {
	case "", classify.Single, classify.Multi:
	default:
		c.fail(fault.ModeUnknown, "classify.mode", "", "unknown mode %q", k.Mode)
	}
}

// mostExplainWords is more than anybody reads.
const mostExplainWords = 100

// explain checks what is asked for of explanations.
func (c *checker) explain() {
	k := c.Classify
	switch {
	case k.ExplainWords < 0 || k.ExplainWords > mostExplainWords:
		c.fail(fault.ConfigField, "classify.explain_words", "leave it out for 5", "explain_words is %d, and from 1 to %d are allowed", k.ExplainWords, mostExplainWords)
	case k.ExplainWords > 0 && !k.Explain:
		c.fail(fault.ConfigField, "classify.explain_words", "set explain as well", "explain_words says how many words explain a label, and nothing is explained")
	}
	if k.Explain && (k.Plugin != nil || k.Backend == BackendPlugin) {
		c.fail(fault.ExplainUnsupported, "classify.explain", "", "a plugin does not say which words moved its scores")
	}
}

func (c *checker) backend(path, name string) {
	if slices.Contains(c.kinds.Backends, name) {
		return
	}
	guess := ""
	if near := fault.Nearest(name, c.kinds.Backends); near != "" {
		guess = "; did you mean " + strconv.Quote(near) + "?"
	}
	c.fail(fault.BackendUnknown, path, "the backends are "+strings.Join(c.kinds.Backends, ", "), "unknown backend %q%s", name, guess)
}

// labelSet puts the errors of a label set at its labels, which a spec may write as a list or as a map.
func (c *checker) labelSet(set classify.LabelSet) {
	for _, e := range fault.List(set.Check()) {
		path := "classify." + e.Where.Path
		if e.Where.Path == "" {
			path = "classify.labels"
		}
		for i, l := range set {
			if named := join("classify.labels", l.Name); e.Where.Path == "labels["+strconv.Itoa(i)+"]" && c.places.has(named) {
				path = named
			}
		}
		c.errs = append(c.errs, e.At(c.places.find(path)))
	}
}

func outside(share float64) bool { return !(share >= 0 && share <= 1) }

// expressions checks syntax and names of results; columns are known only when the input is.
func (c *checker) expressions() {
	c.code("text", expr.CheckText(c.Text))
	c.code("where", expr.CheckFilter(c.Where))
	for i, r := range c.Route {
		c.code(route(i)+".when", expr.CheckRuleOn(r.When, c.labels(), c.Found()))
	}
}

// labels are the label names that routes can compare with; nil where they aren't known yet, empty without classifier.
func (c *checker) labels() []string {
	switch {
	case c.Classify == nil:
		return []string{}
	case len(c.Classify.Labels) == 0:
		return nil
	default:
		return c.Classify.Labels.Names()
	}
}

// code takes over an expression's error, which knows its own line and column.
func (c *checker) code(path string, err error) {
	for _, e := range fault.List(err) {
		w := e.Where
		if w.Line == 0 {
			w = c.places.find(path)
		}
		w.Path = path
		c.errs = append(c.errs, e.At(w))
	}
}

func route(i int) string { return "route[" + strconv.Itoa(i) + "]" }
