package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestNearest(t *testing.T) {
	fields := []string{"source", "text", "where", "classify", "sinks", "dead_letters", "max_error_rate"}
	for name, want := range map[string]string{
		"sink": "sinks", "clasify": "classify", "txet": "text", "dead_leters": "dead_letters", "Where": "where",
		"zzz": "", "": "", "max_errorrate": "max_error_rate", "x": "",
	} {
		if got := Nearest(name, fields); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestList(t *testing.T) {
	a, b := New(ConfigField, "a"), New(ConfigYAML, "b")
	err := fmt.Errorf("load: %w", errors.Join(a, errors.Join(b, errors.New("c"))))
	list := List(err)
	if len(list) != 3 || list[0] != a || list[1] != b || list[2].Code != Internal {
		t.Errorf("List = %v", list)
	}
	if List(nil) != nil {
		t.Error("List(nil) is not empty")
	}
}
