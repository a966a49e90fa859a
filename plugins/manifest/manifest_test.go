package manifest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

const sound = `name: keywords
version: 1.0.0
protocol: 1
kinds: [classifier]
command: [bin/keywords]
config:
  type: object
  required: [words]
  additionalProperties: false
  properties:
    words: {type: object, additionalProperties: {type: array, items: {type: string}}}
    weight: {type: number, minimum: 0}
`

// A configuration is held to the manifest's schema before anything is started.
func Example() {
	m, err := manifest.Parse("plugin.yaml", []byte(sound))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Name, m.Kinds)
	for _, e := range fault.List(m.CheckConfig([]byte(`{"words": {"bug": "crash"}, "weight": -1}`))) {
		fmt.Println(e)
	}
	// Unordered output:
	// keywords [classifier]
	// words.bug: plugin.config: plugin keywords: got string, want array
	// weight: plugin.config: plugin keywords: minimum: got -1, want 0
}

// TestSecrets finds what is never shown, and keeps it out of errors.
func TestSecrets(t *testing.T) {
	m, err := manifest.Parse("m.yaml", []byte(`name: store
version: 1.0.0
protocol: 1
kinds: [sink]
command: [bin/store]
config:
  type: object
  properties:
    user: {type: string}
    password: {type: string, secret: true, pattern: "^[a-z]+$"}
    keys: {type: array, items: {type: integer, secret: true}}
    headers: {type: object, additionalProperties: {type: string, secret: true}}
`))
	if err != nil {
		t.Fatal(err)
	}
	config := []byte(`{"user": "ann", "password": "Sesame1", "keys": [123456789012345678], "headers": {"X": "tok"}}`)
	got := m.Secrets(config)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"123456789012345678", "Sesame1", "tok"}, got); diff != "" {
		t.Error(diff)
	}
	err = m.CheckConfig(config)
	if err == nil || strings.Contains(err.Error(), "Sesame1") || !strings.Contains(err.Error(), "password: plugin.config: plugin store: ") {
		t.Errorf("got %v", err)
	}
}

// TestRefused has one case for each thing that a manifest can get wrong.
func TestRefused(t *testing.T) {
	replace := func(old, with string) string { return strings.Replace(sound, old, with, 1) }
	for _, tt := range []struct {
		name, text string
		code       *fault.Code
		want       string
	}{
		{"no command", replace("command: [bin/keywords]\n", ""), fault.PluginManifest, "m.yaml command: plugin.manifest: nothing says how the plugin is started: write [bin/keywords]"},
		{"protocol 99", replace("protocol: 1", "protocol: 99"), fault.PluginVersion, "m.yaml protocol: plugin.version: the plugin speaks protocol 99, and this winnow speaks 1"},
		{"name", replace("name: keywords", "name: Key Words"), fault.PluginManifest, `m.yaml name: plugin.manifest: "Key Words" can't be a plugin's name: write up to 64 lower-case letters, digits and '-', a letter first`},
		{"version", replace("version: 1.0.0", `version: ""`), fault.PluginManifest, `m.yaml version: plugin.manifest: "" can't be a version: write one such as 1.0.0`},
		{"kind", replace("[classifier]", "[sorter]"), fault.PluginManifest, `m.yaml kinds: plugin.manifest: "sorter" is no kind that this winnow knows: write classifier, source or sink`},
		{"no kind", replace("[classifier]", "[]"), fault.PluginManifest, "m.yaml kinds: plugin.manifest: the plugin is of no kind: write [classifier], [source] or [sink]"},
		{"outside", replace("bin/keywords", "../keywords"), fault.PluginManifest, `m.yaml command: plugin.manifest: "../keywords" lies outside of the plugin's folder`},
		{"file outside", sound + "files: [/etc/passwd]\n", fault.PluginManifest, `m.yaml files: plugin.manifest: "/etc/passwd" lies outside of the plugin's folder`},
		{"env", sound + "env: [PLUGIN_CLIENT_CERT]\n", fault.PluginManifest, `m.yaml env: plugin.manifest: "PLUGIN_CLIENT_CERT" can't be passed on`},
		{"field", sound + "comand: [x]\n", fault.PluginManifest, `m.yaml:13:1: plugin.manifest: unknown field "comand"`},
		{"schema", replace("type: object\n", "type: things\n"), fault.PluginManifest, "m.yaml config: plugin.manifest: it is no JSON Schema: …"},
		{"remote schema", replace("type: object\n", "$ref: https://example.com/schema\n"), fault.PluginManifest, "m.yaml config: plugin.manifest: it is no JSON Schema: …"},
		{"example", sound + "example: {words: {a: 1}}\n", fault.PluginManifest, "m.yaml example.words.a: plugin.manifest: plugin keywords: got number, want array"},
		{"not YAML", "name: [", fault.PluginManifest, "m.yaml:…"},
		{"empty", "", fault.PluginManifest, "m.yaml: plugin.manifest: the file holds 0 documents, and has to hold one"},
		{"deep", strings.Repeat("[", 100_000), fault.PluginManifest, "m.yaml: plugin.manifest: the YAML is nested too deeply"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := manifest.Parse("m.yaml", []byte(tt.text))
			if !fault.Is(err, tt.code) {
				t.Fatalf("got %v", err)
			}
			want, rest := strings.CutSuffix(tt.want, "…")
			if got := err.Error(); got != want && !(rest && strings.HasPrefix(got, want)) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// FuzzParse looks for a manifest that takes the process along.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sound))
	f.Fuzz(func(_ *testing.T, data []byte) {
		if m, err := manifest.Parse("m.yaml", data); err == nil {
			_ = m.CheckConfig([]byte(`{"a": [1, "b", null]}`)) // an error is as good as none
		}
	})
}
