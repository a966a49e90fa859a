package catalog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Manifest is everything about a version but its weights.
type Manifest struct {
	Name   string `json:"name"`
	Number int    `json:"number"` // counted from 1
	// Hash is over what decides the answers and what is known of them; see contentHash.
	Hash    string            `json:"hash"` // "sha256:" and 64 hexadecimal digits
	Backend Backend           `json:"backend"`
	Options Options           `json:"options"`
	Labels  classify.LabelSet `json:"labels"`
	Weights []Blob            `json:"weights,omitempty"` // sorted by name
	// Evaluation is the report that the version was saved with, whose fields Metrics are the least.
	Evaluation json.RawMessage `json:"evaluation,omitempty"`
	Notes      string          `json:"notes,omitempty"`
	Origin     Origin          `json:"origin"`
}

// Backend says what gives the labels, and in which format its weights are.
type Backend struct {
	Name   string `json:"name"`   // such as static or linear/head
	Format int    `json:"format"` // counted from 1 by the backend
	// Fingerprint is the version that the backend itself gives the classifier. A program whose backend gives it another
	// one would answer differently: it has another embedded model, or another calibration. Empty: the weights hold
	// everything.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// Options are how a classifier answers. Zero values are the backend's own defaults.
type Options struct {
	Mode         classify.Mode `json:"mode,omitempty"`
	Threshold    *float64      `json:"threshold,omitempty"`
	TopK         int           `json:"top_k,omitempty"`
	Abstain      float64       `json:"abstain,omitempty"`
	AbstainLabel string        `json:"abstain_label,omitempty"`
	Temperature  float64       `json:"temperature,omitempty"`
}

// Blob is a part of the weights.
type Blob struct {
	Name   string `json:"name"` // as the backend calls it, such as model.safetensors
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Origin is where a version came from. Only Data's hashes and Seed are part of the content: the same made again is the
// same, whoever made it when.
type Origin struct {
	Command string     `json:"command,omitempty"` // the command line, or the library's call
	Data    []DataFile `json:"data,omitempty"`    // what it was made of
	Created time.Time  `json:"created"`
	Winnow  string     `json:"winnow,omitempty"` // the version of the program
	Seed    *int64     `json:"seed,omitempty"`
	Parent  string     `json:"parent,omitempty"` // the version that it was made from, name@vN
	// Imported is what it was called in the catalog that it was exported from; empty where it was saved here.
	Imported string `json:"imported,omitempty"`
}

// DataFile is a file that a classifier was made of.
type DataFile struct {
	Path   string `json:"path"` // as it was given
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Ref is how the version is referred to: name@vN.
func (m *Manifest) Ref() string { return versionName(m.Name, m.Number) }

var (
	validBackend = regexp.MustCompile(`^[a-z0-9]+([/_-][a-z0-9]+)*$`)
	validBlob    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	validSHA256  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// check reports everything that is wrong with what a version holds; its name, number and hash are not looked at. Of
// labels it asks only what every backend does.
func (m *Manifest) check(maxWeights int64) error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fault.New(fault.ClassifierInvalid, format, args...))
	}
	if n := len(m.Labels); n == 0 || n > maxLabels {
		bad("there are %d labels, 1 to %d are allowed", n, maxLabels)
	}
	seen := make(map[string]bool, len(m.Labels))
	for _, l := range m.Labels {
		if l.Name == "" || seen[l.Name] {
			bad("the label %q is empty or there twice", l.Name)
		}
		seen[l.Name] = true
	}
	if !validBackend.MatchString(m.Backend.Name) || m.Backend.Format < 1 {
		bad("the backend %q with format %d", m.Backend.Name, m.Backend.Format)
	}
	if len(m.Notes) > maxNotes {
		bad("the notes have %d bytes, at most %d are allowed", len(m.Notes), maxNotes)
	}
	for _, text := range m.texts() {
		if !utf8.ValidString(text) {
			bad("%q is not valid UTF-8", text)
		}
	}
	var sum int64
	if len(m.Weights) > maxBlobs {
		bad("the weights have %d parts, at most %d are allowed", len(m.Weights), maxBlobs)
	}
	for i, b := range m.Weights {
		if !validBlob.MatchString(b.Name) || len(b.Name) > maxBlobName || !validSHA256.MatchString(b.SHA256) || b.Size < 0 || b.Size > maxWeights {
			bad("the weights %q of %d bytes with the hash %q", b.Name, b.Size, b.SHA256)
			continue
		}
		if i > 0 && m.Weights[i-1].Name >= b.Name {
			bad("the weights %q are there twice or out of order", b.Name)
		}
		sum += b.Size
	}
	if sum > maxWeights {
		bad("the weights have %d bytes, at most %d are allowed", sum, maxWeights)
	}
	if len(m.Evaluation) > 0 {
		_, err := ParseMetrics(m.Evaluation)
		errs = append(errs, err)
	}
	for _, d := range m.Origin.Data {
		if !validSHA256.MatchString(d.SHA256) || d.Size < 0 {
			bad("the data file %q of %d bytes with the hash %q", d.Path, d.Size, d.SHA256)
		}
	}
	return errors.Join(errs...)
}

// texts are those that JSON would quietly change where they are not UTF-8.
func (m *Manifest) texts() []string {
	all := []string{m.Notes, m.Backend.Fingerprint, m.Options.AbstainLabel, m.Origin.Command, m.Origin.Winnow}
	for _, l := range m.Labels {
		all = append(all, l.Name, l.Description)
		all = append(all, l.Examples...)
	}
	for _, d := range m.Origin.Data {
		all = append(all, d.Path)
	}
	return all
}

// blob finds a part of the weights.
func (m *Manifest) blob(name string) (Blob, bool) {
	i, ok := slices.BinarySearchFunc(m.Weights, name, func(b Blob, name string) int { return cmp.Compare(b.Name, name) })
	if !ok {
		return Blob{}, false
	}
	return m.Weights[i], true
}

// encode returns the manifest's file.
func (m *Manifest) encode() ([]byte, error) { return seal(kindClassifier, m) }

// decodeManifest reads a manifest's file, and nothing that it does not hold exactly: a version of another hash than it
// says, or one that check would refuse.
func decodeManifest(data []byte, maxWeights int64) (*Manifest, error) {
	m := new(Manifest)
	if err := unseal(data, kindClassifier, m); err != nil {
		return nil, err
	}
	hash, err := m.contentHash()
	if err != nil || hash != m.Hash {
		return nil, fault.New(fault.CatalogDamaged, "its content has the hash %s, and it says %s", hash, m.Hash)
	}
	if err := m.check(maxWeights); err != nil {
		return nil, fault.New(fault.CatalogDamaged, "%w", err)
	}
	return m, nil
}

// compact is a value's JSON in its one form: no spaces, keys of maps sorted.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// canonical brings JSON of unknown shape into its one form. Numbers stay as they are written.
func canonical(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("more than one value")
	}
	return compact(v)
}
