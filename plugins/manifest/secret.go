package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// hidden stands for a secret in what is shown.
const hidden = "***"

// Secrets are the values of a configuration whose schema says "secret: true", below properties, items and
// additionalProperties: texts and numbers that are never shown.
func (m *Manifest) Secrets(config []byte) []string {
	var value any
	d := json.NewDecoder(bytes.NewReader(config))
	d.UseNumber()
	if err := d.Decode(&value); err != nil { // CheckConfig says so
		return nil
	}
	return secrets(m.Config, value, false, nil)
}

// secrets appends those of a value. secret tells that the schema above says so of everything below.
func secrets(schema, value any, secret bool, found []string) []string {
	s, _ := schema.(map[string]any)
	if mark, ok := s["secret"].(bool); ok && mark {
		secret = true
	}
	switch v := value.(type) {
	case map[string]any:
		properties, _ := s["properties"].(map[string]any)
		for name, below := range v {
			of, ok := properties[name]
			if !ok {
				of = s["additionalProperties"]
			}
			found = secrets(of, below, secret, found)
		}
	case []any:
		for _, below := range v {
			found = secrets(s["items"], below, secret, found)
		}
	case string, json.Number:
		if text := fmt.Sprint(v); secret && text != "" {
			found = append(found, text)
		}
	}
	return found
}

// hide takes secrets out of a text.
func hide(secrets []string, text string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, hidden)
	}
	return text
}
