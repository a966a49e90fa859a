package spec

import (
	"regexp"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// reference is ${NAME} or ${NAME:-default}; $${ stands for a literal ${.
var reference = regexp.MustCompile(`\$?\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}\n]*))?\}`)

// structural are the characters that YAML would take as its own inside of a reference, so that {path: ${IN}} is read
// as it is meant. hide swaps them for noncharacters of Unicode, one for one so that columns stay, and reveal back.
var (
	structural = []string{"{", "\uFDD0", "}", "\uFDD1", ":", "\uFDD2", ",", "\uFDD3", "#", "\uFDD4", "[", "\uFDD5", "]", "\uFDD6", " ", "\uFDD7"}
	hider      = strings.NewReplacer(structural...)
	revealer   = strings.NewReplacer(swapped(structural)...)
)

func swapped(pairs []string) []string {
	out := make([]string, len(pairs))
	for i := 0; i < len(pairs); i += 2 {
		out[i], out[i+1] = pairs[i+1], pairs[i]
	}
	return out
}

// innerColon is a colon within a plain text: YAML 1.2 ends a key by a colon only before white space. The parser takes
// [localhost:9092] for a map.
var innerColon = regexp.MustCompile(`([^\s"'\]},:])(:+)([^\s,\[\]{}"':])`)

func hide(text string) string {
	text = reference.ReplaceAllStringFunc(text, hider.Replace)
	return innerColon.ReplaceAllStringFunc(text, func(s string) string { return strings.ReplaceAll(s, ":", "\uFDD2") })
}

func reveal(text string) string { return revealer.Replace(text) }

// substitute replaces the references in all scalars below a node by variables of the environment. Keys stay as they
// are.
func substitute(n *node, env Env) []*fault.Error {
	var errs []*fault.Error
	if n.kind == scalarNode && strings.Contains(n.text, "${") {
		n.text, errs = expand(n, env)
	}
	for i := range n.fields {
		errs = append(errs, substitute(n.fields[i].value, env)...)
	}
	for _, v := range n.list {
		errs = append(errs, substitute(v, env)...)
	}
	return errs
}

func expand(n *node, env Env) (string, []*fault.Error) {
	var out strings.Builder
	var errs []*fault.Error
	rest := n.text
	for {
		at := strings.Index(rest, "${")
		if at < 0 {
			out.WriteString(rest)
			return out.String(), errs
		}
		if at > 0 && rest[at-1] == '$' {
			out.WriteString(rest[:at-1] + "${")
			rest = rest[at+2:]
			continue
		}
		out.WriteString(rest[:at])
		m := reference.FindStringSubmatch(rest[at:])
		if m == nil || !strings.HasPrefix(rest[at:], m[0]) {
			errs = append(errs, fault.New(fault.ConfigEnv, "${ begins no reference to a variable").At(n.at).
				WithFix("write ${NAME} or ${NAME:-default}; $${ stands for a literal ${"))
			return n.text, errs
		}
		rest = rest[at+len(m[0]):]
		n.env = true
		value, ok := "", false
		if env != nil {
			value, ok = env(m[1])
		}
		switch {
		case m[2] != "" && value == "":
			value = m[3]
		case !ok:
			errs = append(errs, fault.New(fault.ConfigEnv, "the environment variable %s is not set", m[1]).At(n.at).
				WithFix("set %s, or give a default with ${%s:-default}", m[1], m[1]))
		}
		out.WriteString(value)
	}
}
