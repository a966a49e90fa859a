package term

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/classify/catalog"
)

// dash stands for what is not known.
const dash = "–"

// WriteClassifiers draws a table of saved classifiers, a row for each name.
func WriteClassifiers(w io.Writer, all []catalog.Entry, s Style) error {
	t := Table{
		Head: []string{"name", "newest", "aliases", "backend", "labels", "accuracy", "saved"}, Flex: 2,
		Align: []Align{Left, Right, Left, Left, Right, Right, Left},
	}
	for _, e := range all {
		m := e.Versions[len(e.Versions)-1]
		saved := day(m.Origin.Created)
		if e.Builtin {
			saved = "built in"
		}
		t.Row(e.Name, "v"+strconv.Itoa(m.Number), aliasList(e.Aliases), m.Backend.Name, strconv.Itoa(len(m.Labels)), accuracyOf(m), saved)
	}
	return t.Write(w, s)
}

func aliasList(all []catalog.Alias) string {
	parts := make([]string, len(all))
	for i, a := range all {
		parts[i] = fmt.Sprintf("%s=v%d", a.Alias, a.Number)
	}
	return strings.Join(parts, " ")
}

func accuracyOf(m *catalog.Manifest) string {
	if len(m.Evaluation) == 0 {
		return dash
	}
	metrics, err := catalog.ParseMetrics(m.Evaluation)
	if err != nil {
		return dash
	}
	return share(metrics.Accuracy)
}

func share(v *float64) string {
	if v == nil {
		return dash
	}
	return decimal(*v, 3)
}

func day(t time.Time) string { return t.Format("2006-01-02") }

// facts draws names beside values.
type facts struct {
	b strings.Builder
	s Style
}

// add draws a fact; one without a value is left out.
func (f *facts) add(name, value string) {
	if value == "" {
		return
	}
	for i, line := range strings.Split(strings.TrimRight(value, "\n"), "\n") {
		if i > 0 {
			name = ""
		}
		f.b.WriteString(f.s.paint(bold, padRight(name, 12)) + clean(line) + "\n")
	}
}

// WriteClassifier draws a version, with the aliases of its name.
func WriteClassifier(w io.Writer, v *catalog.Version, aliases []catalog.Alias, s Style) error {
	f := &facts{s: s}
	f.add("classifier", v.Ref())
	f.add("hash", v.Hash)
	if v.Builtin {
		f.add("", "built in")
	}
	for _, a := range aliases {
		if a.Number > 0 {
			f.add("alias", fmt.Sprintf("%s is v%d", a.Alias, a.Number))
		}
	}
	f.add("backend", v.Backend.String())
	f.add("options", options(v.Options))
	evaluation(f, v.Manifest)
	for _, b := range v.Weights {
		f.add("weights", fmt.Sprintf("%s  %s  sha256:%s", b.Name, Bytes(b.Size), b.SHA256[:12]))
	}
	origin(f, &v.Origin)
	f.add("notes", v.Notes)
	f.b.WriteString("\n")
	t := &labelRows{Table{Head: []string{"label", "examples", "description"}, Align: []Align{Left, Right, Left}, Flex: 2}}
	for _, l := range v.Labels {
		t.Row(l.Name, strconv.Itoa(len(l.Examples)), l.Description)
	}
	t.write(&f.b, s)
	_, err := io.WriteString(w, f.b.String())
	return err
}

// options writes those that were set, by the names that a spec has for them.
func options(o catalog.Options) string {
	var parts []string
	v := reflect.ValueOf(o)
	for i := range v.NumField() {
		if field := v.Field(i); !field.IsZero() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			parts = append(parts, fmt.Sprintf("%s %v", name, reflect.Indirect(field).Interface()))
		}
	}
	return strings.Join(parts, ", ")
}

func evaluation(f *facts, m *catalog.Manifest) {
	if len(m.Evaluation) == 0 {
		return
	}
	metrics, err := catalog.ParseMetrics(m.Evaluation)
	if err != nil {
		return
	}
	f.add("evaluation", fmt.Sprintf("accuracy %s, macro-F1 %s, calibration error %s over %s",
		share(metrics.Accuracy), share(metrics.MacroF1), share(metrics.ECE), Plural(metrics.Rows, "record")))
}

func origin(f *facts, o *catalog.Origin) {
	saved := o.Created.Format(time.RFC3339)
	if o.Winnow != "" {
		saved += " by winnow " + o.Winnow
	}
	f.add("saved", saved)
	f.add("command", o.Command)
	for _, d := range o.Data {
		f.add("made of", fmt.Sprintf("%s  %s  sha256:%s", d.Path, Bytes(d.Size), d.SHA256[:12]))
	}
	if o.Seed != nil {
		f.add("seed", strconv.FormatInt(*o.Seed, 10))
	}
	f.add("made from", o.Parent)
	if o.Imported != "" {
		f.add("imported", "from another catalog, where it was "+o.Imported)
	}
}

// WriteAliases draws aliases with their moves, the last ones first.
func WriteAliases(w io.Writer, all []catalog.Alias, s Style) error {
	t := Table{Head: []string{"alias", "time", "from", "to"}}
	for _, a := range all {
		for i := len(a.History) - 1; i >= 0; i-- {
			m := a.History[i]
			row := t.Dim
			if i == len(a.History)-1 {
				row = t.Row
			}
			row(a.Alias, m.Time.Format(time.RFC3339), numbered(m.From), numbered(m.To))
		}
	}
	return t.Write(w, s)
}

func numbered(n int) string {
	if n == 0 {
		return dash
	}
	return "v" + strconv.Itoa(n)
}

// WriteDifference draws what tells two versions apart.
func WriteDifference(w io.Writer, d *catalog.Difference, s Style) error {
	f := &facts{s: s}
	if d.Same {
		f.add("same", d.From+" and "+d.To+" have the same content")
		_, err := io.WriteString(w, f.b.String())
		return err
	}
	f.add("from", d.From)
	f.add("to", d.To)
	f.change(d.Backend)
	for i := range d.Options {
		f.change(&d.Options[i])
	}
	f.change(d.Notes)
	if len(d.Weights) > 0 {
		f.add("weights", "different: "+strings.Join(d.Weights, ", "))
	}
	if d.Reordered {
		f.add("labels", "in another order")
	}
	f.labels(d)
	if len(d.Metrics) > 0 {
		f.b.WriteString("\n")
		t := &labelRows{Table{Head: []string{"metric", d.From, d.To, "difference"}, Align: []Align{Left, Right, Right, Right}}}
		for _, m := range d.Metrics {
			difference := dash
			if m.From != nil && m.To != nil {
				difference = fmt.Sprintf("%+.3f", *m.To-*m.From)
			}
			t.Row(m.What, share(m.From), share(m.To), difference)
		}
		t.write(&f.b, s)
		if m := d.Metrics[0]; !d.SameData && m.From != nil && m.To != nil {
			f.b.WriteString(s.paint(dim, "measured on different data") + "\n")
		}
	}
	_, err := io.WriteString(w, f.b.String())
	return err
}

// change draws a value before and after.
func (f *facts) change(c *catalog.Change) {
	if c != nil {
		f.add(c.What, orElse(c.From, dash)+" → "+orElse(c.To, dash))
	}
}

func (f *facts) labels(d *catalog.Difference) {
	line := func(attr, sign, text string) { f.b.WriteString(f.s.paint(attr, sign+" "+clean(text)) + "\n") }
	for _, l := range d.Added {
		line(green, "+", l)
	}
	for _, l := range d.Removed {
		line(red, "-", l)
	}
	for _, c := range d.Changed {
		line(yellow, "~", c.Label)
		if c.Description != nil {
			line(red, "  - description:", orElse(c.Description.From, dash))
			line(green, "  + description:", orElse(c.Description.To, dash))
		}
		for _, e := range c.Removed {
			line(red, "  - example:", e)
		}
		for _, e := range c.Added {
			line(green, "  + example:", e)
		}
	}
}
