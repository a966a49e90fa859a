package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// compile makes the schema of the configuration. A schema refers to nothing outside of the manifest.
func (m *Manifest) compile() error {
	if m.Config == nil {
		m.Config = map[string]any{"type": "object", "maxProperties": 0}
	}
	text, err := json.Marshal(m.Config)
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{})
	if err := c.AddResource("plugin:config", document); err != nil {
		return err
	}
	m.schema, err = c.Compile("plugin:config")
	return err
}

// ExampleConfig is the manifest's example as a configuration; without one it is empty.
func (m *Manifest) ExampleConfig() ([]byte, error) {
	if m.Example == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(m.Example)
}

// CheckConfig holds a configuration, one JSON object, to the manifest's schema, and reports all that is wrong with it. The
// places of its errors are paths below the configuration.
func (m *Manifest) CheckConfig(config []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(config))
	if err != nil {
		return fault.New(fault.PluginConfig, "plugin %s: the configuration is no JSON: %w", m.Name, err)
	}
	var invalid *jsonschema.ValidationError
	if err := m.schema.Validate(value); !errors.As(err, &invalid) {
		return err
	}
	var errs []error
	printer := message.NewPrinter(language.English)
	for _, e := range leaves(invalid) {
		what := hide(m.Secrets(config), e.ErrorKind.LocalizedString(printer))
		errs = append(errs, fault.New(fault.PluginConfig, "plugin %s: %s", m.Name, what).
			At(fault.Where{Path: strings.Join(e.InstanceLocation, ".")}))
	}
	return errors.Join(errs...)
}

// leaves are the errors that have no others as their cause.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, c := range e.Causes {
		all = append(all, leaves(c)...)
	}
	return all
}
