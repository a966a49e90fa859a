package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/winnow-stream/winnow/classify"
)

// content is what a version's hash is over, in this order. Left out are its name and number, and of its origin what
// would be different if the same were made again: the time, the program's version, the command, paths, the parent.
type content struct {
	Format     int               `json:"winnow_classifier"`
	Backend    Backend           `json:"backend"`
	Options    Options           `json:"options"`
	Labels     classify.LabelSet `json:"labels"`
	Weights    []Blob            `json:"weights"`
	Evaluation json.RawMessage   `json:"evaluation"`
	Notes      string            `json:"notes"`
	Data       []string          `json:"data"` // hashes, in order
	Seed       *int64            `json:"seed"`
}

// contentFormat changes when the same content would get another hash.
const contentFormat = 1

// contentHash is the SHA-256 over the content's JSON in its one form: no spaces, fields in the order of content, keys of
// the evaluation sorted.
func (m *Manifest) contentHash() (string, error) {
	evaluation, err := canonical(m.Evaluation)
	if err != nil {
		return "", err
	}
	c := content{
		Format: contentFormat, Backend: m.Backend, Options: m.Options, Labels: m.Labels, Weights: m.Weights,
		Evaluation: evaluation, Notes: m.Notes, Seed: m.Origin.Seed,
	}
	for _, d := range m.Origin.Data {
		c.Data = append(c.Data, d.SHA256)
	}
	data, err := compact(c)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hashPrefix + hex.EncodeToString(sum[:]), nil
}
