package spec

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// routes checks that rules and sinks fit together: every target exists, every sink and every rule can be reached, and
// every record has somewhere to go.
func (c *checker) routes() {
	names := c.Sinks.Names()
	if len(names) == 0 {
		c.fail(fault.ConfigMissing, "sinks", "write sinks: {default: {file: {path: out.jsonl}}}", "there is no sink")
		return
	}
	reached, all := c.targets(names)
	if !all && (len(c.Route) > 0 || len(names) > 1) {
		reached[DefaultSink] = true
		if !slices.Contains(names, DefaultSink) {
			c.fail(fault.ConfigRoute, "sinks", "add a sink default, or end route with a rule without when",
				"records that no rule takes have nowhere to go: there is no sink %q", DefaultSink)
		}
	}
	if len(c.Route) == 0 && len(names) == 1 {
		return
	}
	for _, name := range names {
		if !reached[name] {
			c.fail(fault.ConfigRoute, join("sinks", name), "add a rule to route, or remove the sink", "no record ever reaches the sink %q", name)
		}
	}
}

// targets checks the rules one by one. It returns the sinks that they name, and whether the last one takes every record.
func (c *checker) targets(names []string) (reached map[string]bool, all bool) {
	reached = map[string]bool{}
	for i, r := range c.Route {
		if all {
			c.fail(fault.ConfigRoute, route(i), "move the rule without when to the end", "no record ever reaches this rule: the one before takes all")
		}
		all = all || r.When.IsZero()
		reached[r.To] = true
		if r.To == "" || r.To == Drop || slices.Contains(names, r.To) {
			continue
		}
		guess := ""
		if near := fault.Nearest(r.To, append([]string{Drop}, names...)); near != "" {
			guess = "; did you mean " + strconv.Quote(near) + "?"
		}
		c.fail(fault.ConfigRoute, route(i)+".to", "the sinks are "+strings.Join(names, ", ")+"; drop drops records",
			"there is no sink %q%s", r.To, guess)
	}
	return reached, all
}

// pather is the capability of a connector's configuration to tell the paths and URLs that it reads or writes.
type pather interface {
	Paths() []string
}

// loops checks that no output is an input, and no two outputs are one.
func (c *checker) loops() {
	inputs := paths(c.Source.Config)
	taken := map[string]string{} // cleaned path → whose output it is
	claim := func(who, kind string, config any) {
		for _, out := range paths(config) {
			for _, in := range inputs {
				if covers(in, out) {
					c.fail(fault.ConfigLoop, extend(who, kind), "", "the output %s is an input as well", out)
				}
			}
			if other, twice := taken[filepath.Clean(out)]; twice {
				c.fail(fault.ConfigLoop, extend(who, kind), "", "the output %s is that of %s as well", out, other)
			}
			taken[filepath.Clean(out)] = who
		}
	}
	for _, s := range c.Sinks {
		claim(join("sinks", s.Name), s.Kind, s.Config)
	}
	if d := c.DeadLetters; d != nil {
		claim("dead_letters", d.Kind, d.Config)
	}
}

func paths(config any) []string {
	p, ok := config.(pather)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.Paths()), func(s string) bool { return s == "" || s == "-" })
}

// covers reports whether an input path, which may be a glob or a folder, takes in an output path.
func covers(in, out string) bool {
	clean := filepath.Clean(out)
	if filepath.Clean(in) == clean {
		return true
	}
	if strings.HasSuffix(in, "/") && filepath.Clean(in) == filepath.Dir(clean) {
		return true
	}
	matched, err := filepath.Match(filepath.Clean(in), clean)
	return err == nil && matched
}

// tests checks that cases have something to give and to expect.
func (c *checker) tests() {
	for i, t := range c.Tests {
		path := "tests[" + strconv.Itoa(i) + "]"
		if len(t.Expect) == 0 && t.Expect != nil {
			c.fail(fault.ConfigMissing, path+".expect", "name a field and its value", "the case expects nothing")
		}
		to, ok := t.Expect["to"].(string)
		if !ok || to == Drop || to == string(ToDeadLetters) || slices.Contains(c.Sinks.Names(), to) {
			continue
		}
		c.fail(fault.ConfigRoute, path+".expect.to", "the sinks are "+strings.Join(c.Sinks.Names(), ", ")+"; drop and dead_letters stand for themselves",
			"there is no sink %q", to)
	}
}
