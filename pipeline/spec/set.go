package spec

import (
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// override applies one --set path=value. The value is YAML; what the path names is replaced or added.
func override(root *node, set string) *fault.Error {
	path, text, ok := strings.Cut(set, "=")
	if !ok || path == "" {
		return fault.New(fault.Usage, "--set takes a path and a value, and this is %q", set).
			WithFix("write it as --set source.file.path=other.csv")
	}
	return assign(root, path, text, fault.Where{File: "--set", Path: path})
}

// assign replaces or adds the value of a path, which is YAML.
func assign(root *node, path, text string, place fault.Where) *fault.Error {
	value := &node{kind: scalarNode, plain: true}
	if text != "" {
		var errs []*fault.Error
		if value, errs = parseDocument(place.File, []byte(text)); len(errs) > 0 {
			return errs[0].At(place)
		}
	}
	value.settle(place)
	keys, err := splitPath(path)
	if err != nil {
		return err.At(place)
	}
	at := root
	for i, k := range keys {
		slot, err := at.slot(k, strings.Join(keys[:i], "."), place)
		if err != nil {
			return err
		}
		if i == len(keys)-1 {
			*slot = value
			return nil
		}
		if *slot == nil || (*slot).kind == nullNode {
			*slot = &node{kind: mapNode, at: place}
		}
		at = *slot
	}
	return nil
}

// settle gives every value below a node the same place: there is one line on a command line.
func (n *node) settle(at fault.Where) {
	n.at, n.block = at, 0
	for i := range n.fields {
		n.fields[i].at = at
		n.fields[i].value.settle(at)
	}
	for _, v := range n.list {
		v.settle(at)
	}
}

// slot is where the value of a key stands or is to stand.
func (n *node) slot(key, path string, place fault.Where) (**node, *fault.Error) {
	switch n.kind {
	case mapNode:
		for i := range n.fields {
			if n.fields[i].key == key {
				return &n.fields[i].value, nil
			}
		}
		n.fields = append(n.fields, field{key: key, at: place})
		return &n.fields[len(n.fields)-1].value, nil
	case listNode:
		i, err := strconv.Atoi(key)
		if err == nil && i >= 0 && i < len(n.list) {
			return &n.list[i], nil
		}
		return nil, fault.New(fault.ConfigField, "%s is a list of %d, and %q is none of its indexes", path, len(n.list), key).At(place).
			WithFix("count from 0")
	default:
		return nil, fault.New(fault.ConfigField, "%s is %s, so that nothing can be set below it", path, n.is()).At(place).
			WithFix("set %s itself", path)
	}
}

// splitPath cuts a path such as route[0].to or sinks."a.b".file into its keys.
func splitPath(path string) ([]string, *fault.Error) {
	var keys []string
	rest := path
	for rest != "" {
		if rest[0] == '"' {
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				return nil, fault.New(fault.Usage, "a quote in the path %s never ends", path)
			}
			keys = append(keys, rest[1:1+end])
			rest = rest[end+2:]
		} else {
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			keys = append(keys, strings.TrimSuffix(rest[:end], "]"))
			rest = rest[end:]
		}
		if keys[len(keys)-1] == "" {
			return nil, fault.New(fault.Usage, "the path %q has an empty part", path).
				WithFix("write it as --set source.file.path=other.csv")
		}
		for rest != "" && (rest[0] == '.' || rest[0] == '[' || rest[0] == ']') {
			rest = rest[1:]
		}
	}
	return keys, nil
}
