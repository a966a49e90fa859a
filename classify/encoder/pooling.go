package encoder

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify/wordpiece"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Pooling is how the vectors of a text's tokens become one.
type Pooling string

const (
	// Mean takes the mean over all tokens, [CLS] and [SEP] too.
	Mean Pooling = "mean"
	// CLS takes the vector of [CLS].
	CLS Pooling = "cls"
)

// A text is cut into sequences of at most maxWindow tokens, [CLS], [SEP] and the prefix included.
const (
	maxWindow    = 256
	minPositions = 16
	minRoom      = 8 // tokens of the text in a window
)

// The files of sentence-transformers.
const (
	modulesFile  = "modules.json"
	promptsFile  = "config_sentence_transformers.json"
	sequenceFile = "sentence_bert_config.json"
)

// module is one step of sentence-transformers.
type module struct {
	Path string `json:"path"`
	Type string `json:"type"`
}

// readPooling decides pooling, prefix and window by the options, else by the files of sentence-transformers.
func (m *Model) readPooling(dir string, file func(string) ([]byte, error), o Options) error {
	pooling, err := pooling(dir, file)
	switch {
	case err != nil:
		return err
	case o.Pooling != "" && o.Pooling != Mean && o.Pooling != CLS:
		return fault.New(fault.ConfigField, "pooling %q is neither mean nor cls", string(o.Pooling))
	case o.Pooling != "":
		pooling = o.Pooling
	case pooling == "":
		pooling = Mean
		m.notices = append(m.notices, "the model does not say how to make one vector of those of its tokens (modules.json): took their mean")
	}
	m.pooling = pooling
	if err := m.readWindow(dir, file); err != nil {
		return err
	}
	return m.readPrefix(dir, file, o.Prefix)
}

// pooling reads modules.json and the pooling's own config; "" when they are not there.
func pooling(dir string, file func(string) ([]byte, error)) (Pooling, error) {
	var modules []module
	if found, err := optional(dir, file, modulesFile, &modules); !found || err != nil {
		return "", err
	}
	place := ""
	for _, step := range modules {
		switch kind := step.Type[strings.LastIndexByte(step.Type, '.')+1:]; kind {
		case "Transformer", "Normalize": // vectors have length 1 in any case
		case "Pooling":
			place = step.Path
		default:
			return "", invalid(filepath.Join(dir, modulesFile), unsupported("the module %q is not supported, only Transformer, Pooling and Normalize", kind))
		}
	}
	if place == "" {
		return "", nil
	}
	name := path.Join(place, ConfigFile)
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", invalid(filepath.Join(dir, modulesFile), unsupported("the path %q leads out of the folder", place))
	}
	var config map[string]any
	if found, err := optional(dir, file, name, &config); !found || err != nil {
		return "", err
	}
	var modes []string
	for key, value := range config {
		if mode, ok := strings.CutPrefix(key, "pooling_mode_"); ok && value == true {
			modes = append(modes, mode)
		}
	}
	slices.Sort(modes)
	switch strings.Join(modes, "+") {
	case "mean_tokens":
		return Mean, nil
	case "cls_token":
		return CLS, nil
	case "":
		return "", nil
	default:
		return "", invalid(filepath.Join(dir, name), unsupported("pooling by %s is not supported, only by mean_tokens or cls_token", strings.Join(modes, " and ")))
	}
}

// readWindow bounds sequences by what the model was made for.
func (m *Model) readWindow(dir string, file func(string) ([]byte, error)) error {
	var config struct {
		Most int `json:"max_seq_length"`
	}
	if _, err := optional(dir, file, sequenceFile, &config); err != nil {
		return err
	}
	m.window = min(maxWindow, m.architecture.Positions)
	if config.Most > 0 {
		m.window = max(min(m.window, config.Most), minPositions)
	}
	return nil
}

// readPrefix tokenizes what is to stand before each text.
func (m *Model) readPrefix(dir string, file func(string) ([]byte, error), given *string) error {
	var config struct {
		Prompts map[string]string `json:"prompts"`
		Default *string           `json:"default_prompt_name"`
	}
	if _, err := optional(dir, file, promptsFile, &config); err != nil {
		return err
	}
	prefix := ""
	if config.Default != nil {
		prefix = config.Prompts[*config.Default]
	}
	if given != nil {
		prefix = *given
	}
	if prefix == "" {
		return nil
	}
	if end := prefix[len(prefix)-1]; end != ' ' && end != ':' {
		return fault.New(fault.ConfigField, "the prefix %q does not end with a space or a colon: it would grow into the text's first word", prefix)
	}
	m.prefix = m.tokens.Tokenize(nil, []byte(prefix), new(wordpiece.Scratch))
	if m.room() < minRoom {
		return fault.New(fault.ConfigField, "the prefix has %d tokens, which leaves no room for a text in a window of %d", len(m.prefix), m.window)
	}
	return nil
}
