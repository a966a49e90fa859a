package api

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// body is what a route's JSON may hold.
type body struct {
	keys []string
	mode classify.Mode
	many bool // texts rather than text
	job  bool // neither: the texts come by themselves
	part bool // so may the labels
}

// Keys of bodies. Older and newer clients have other names for some: see alias.
var (
	configKeys   = []string{"labels", "classifier", "descriptions", "examples", "backend", "source_type", "priority", "cache", "image", "file"}
	classifyBody = &body{keys: append([]string{"text", "explain"}, configKeys...), mode: classify.Single}
	tagBody      = &body{keys: append([]string{"text", "threshold"}, configKeys...), mode: classify.Multi}
	classifyMany = &body{keys: append([]string{"texts"}, configKeys...), mode: classify.Single, many: true}
	tagMany      = &body{keys: append([]string{"texts", "threshold"}, configKeys...), mode: classify.Multi, many: true}
)

// alias is the name of a key that has another one in some versions of Classer's clients.
func alias(key string) string {
	switch key {
	case "text_type":
		return "source_type"
	case "speed":
		return "priority"
	case "source":
		return "text"
	default:
		return key
	}
}

// question is what a body asks. Its slices are parts of the body, as it is written there.
type question struct {
	text, texts                                []byte
	labels, classifier, descriptions, examples []byte
	backend                                    []byte
	sourceType, priority, cache, threshold     []byte
	mode, image, file, explain                 []byte
	name, notes                                []byte
	email, webhook, include                    []byte
	fresh                                      bool
	fast                                       bool
	why                                        bool    // the words that moved the label's score are wanted
	above                                      float32 // of tags: the confidence that a label has to exceed
}

// field is where a key's value goes.
func (q *question) field(key string) *[]byte {
	switch key {
	case "text":
		return &q.text
	case "texts":
		return &q.texts
	case "labels":
		return &q.labels
	case "classifier":
		return &q.classifier
	case "descriptions":
		return &q.descriptions
	case "examples":
		return &q.examples
	case "backend":
		return &q.backend
	case "source_type":
		return &q.sourceType
	case "priority":
		return &q.priority
	case "cache":
		return &q.cache
	case "threshold":
		return &q.threshold
	case "mode":
		return &q.mode
	case "name":
		return &q.name
	case "notes":
		return &q.notes
	case "notify_email":
		return &q.email
	case "webhook_url":
		return &q.webhook
	case "include":
		return &q.include
	case "explain":
		return &q.explain
	case "image":
		return &q.image
	case "file":
		return &q.file
	default:
		return nil
	}
}

// parse takes a body apart, and checks all but texts and labels.
func (q *question) parse(data []byte, b *body) error {
	err := object(data, func(written string, value []byte) error {
		key := alias(written)
		if !slices.Contains(b.keys, key) {
			if key == "threshold" {
				return fault.New(fault.ThresholdMode, "a threshold has no meaning where each text gets one label").At(fault.Where{Path: key})
			}
			return unknownKey(written, b.keys)
		}
		field := q.field(key)
		if *field != nil {
			return fault.New(fault.BodyDuplicate, "%q is there under two names", key)
		}
		if string(value) != "null" { // which means that there is none
			*field = value
		}
		return nil
	})
	if err != nil {
		return err
	}
	return q.check(b)
}

func unknownKey(key string, known []string) error {
	short := fault.Excerpt(key)
	e := fault.New(fault.BodyUnknownKey, "the key %q is not one that this route takes", short).At(fault.Where{Path: short})
	if near := fault.Nearest(key, known); near != "" {
		return e.WithFix("did you mean %q?", near)
	}
	return e
}

func (q *question) check(b *body) error {
	q.above = defaultTagThreshold
	if q.threshold != nil {
		f, err := numberOf("threshold", q.threshold)
		if err != nil {
			return err
		}
		if f < 0 || f > 1 {
			return fault.New(fault.ThresholdRange, "the threshold %v is not from 0 to 1", f).At(fault.Where{Path: "threshold"})
		}
		q.above = classify.RoundConfidence(f)
	}
	if q.cache != nil {
		kept, err := boolOf("cache", q.cache)
		if err != nil {
			return err
		}
		q.fresh = !kept
	}
	if q.explain != nil {
		var err error
		if q.why, err = boolOf("explain", q.explain); err != nil {
			return err
		}
	}
	if q.priority != nil {
		switch p, err := textOf("priority", q.priority); {
		case err != nil:
			return err
		case p != Standard && p != Fast:
			return fault.New(fault.SpeedUnknown, "the priority is neither standard nor fast").At(fault.Where{Path: "priority"})
		default:
			q.fast = p == Fast
		}
	}
	if q.backend != nil {
		switch name, err := textOf("backend", q.backend); {
		case err != nil:
			return err
		case !slices.Contains(config.Backends, name):
			return fault.New(fault.FieldRange, "the backend is none of %s", strings.Join(config.Backends, ", ")).At(fault.Where{Path: "backend"})
		case q.classifier != nil:
			return fault.New(fault.LabelsExclusive, "a saved classifier has its own backend").At(fault.Where{Path: "backend"}).
				WithFix("leave backend out, or send labels instead of the classifier")
		}
	}
	if q.sourceType != nil {
		switch s, err := textOf("source_type", q.sourceType); {
		case err != nil:
			return err
		case utf8.RuneCountInString(s) > maxSourceType:
			return fault.New(fault.SourceTypeLong, "source_type has %d characters, and %d are allowed", utf8.RuneCountInString(s), maxSourceType).
				At(fault.Where{Path: "source_type"})
		}
	}
	if err := q.media(); err != nil {
		return err
	}
	if q.labels == nil && q.classifier == nil && (!b.part || q.descriptions != nil || q.examples != nil) {
		return fault.New(fault.LabelsRequired, "there are neither labels nor a classifier")
	}
	if b.job {
		return nil
	}
	if !b.many && q.text == nil {
		return fault.New(fault.InputRequired, "there is no text")
	}
	if b.many && q.texts == nil {
		return fault.New(fault.TextsRange, "there are no texts")
	}
	return nil
}

// fallBack takes the threshold that a classifier was saved with where the question has none.
func (q *question) fallBack(k *compiled) {
	if k.threshold != nil && q.threshold == nil {
		q.above = classify.RoundConfidence(*k.threshold)
	}
}

// digest tells label sets apart by how they are written: the same set in another order of keys is another one, which
// costs no more than to be compiled twice.
func (q *question) digest(mode classify.Mode, version string) [sha256.Size]byte {
	b := buffer()
	defer recycle(b)
	b.WriteString(string(mode))
	b.WriteString(version)
	for _, part := range [...][]byte{q.labels, q.classifier, q.descriptions, q.examples, q.backend} {
		b.Write(binary.LittleEndian.AppendUint64(b.AvailableBuffer(), uint64(len(part))))
		b.Write(part)
	}
	return sha256.Sum256(b.Bytes())
}

// config is the classifier that the question asks for; version is the saved one, where it names one, and usual the backend of
// a question that names none.
func (q *question) config(mode classify.Mode, version *saved, usual string) (*spec.Classify, error) {
	c := &spec.Classify{Mode: mode}
	if mode == classify.Multi { // every label comes with its confidence, and each question has a threshold of its own
		all := 0.0
		c.Threshold = &all
	}
	if version != nil {
		if q.descriptions != nil || q.examples != nil {
			return nil, fault.New(fault.LabelsExclusive, "descriptions and examples are about labels, and a saved classifier has its own")
		}
		var only []string
		if q.labels != nil {
			var err error
			if only, err = textsOf("labels", q.labels, classify.MaxLabels, fault.LabelsTooMany); err != nil {
				return nil, err
			}
		}
		return c, version.fill(c, only)
	}
	c.Backend = q.backendOr(usual)
	var err error
	c.Labels, err = q.labelSet(c.Backend)
	return c, err
}

// backendOr is the backend that the question names, or else the usual one.
func (q *question) backendOr(usual string) string {
	if q.backend == nil {
		return usual
	}
	name, _ := textOf("backend", q.backend) // it was read before
	return name
}

// modeOf is the mode that the question names; single where it names none.
func (q *question) modeOf() (classify.Mode, error) {
	mode := classify.Single
	if q.mode != nil {
		text, err := textOf("mode", q.mode)
		if err != nil {
			return "", err
		}
		if mode = classify.Mode(text); mode != classify.Single && mode != classify.Multi {
			return "", fault.New(fault.ModeUnknown, "the mode is neither single nor multi").At(fault.Where{Path: "mode"})
		}
	}
	if mode == classify.Single && q.threshold != nil {
		return "", fault.New(fault.ThresholdMode, "a threshold has no meaning in mode single").At(fault.Where{Path: "threshold"})
	}
	return mode, nil
}

// labelSet reads labels with what is said of them, for a backend to answer by.
func (q *question) labelSet(backend string) (classify.LabelSet, error) {
	names, err := textsOf("labels", q.labels, classify.MaxLabels, fault.LabelsTooMany)
	if err != nil {
		return nil, err
	}
	var descriptions map[string]string
	if q.descriptions != nil {
		if descriptions, err = mapOf("descriptions", q.descriptions, classify.MaxLabels, fault.LabelsDescription, bounded); err != nil {
			return nil, err
		}
	}
	var examples map[string][]string
	if q.examples != nil {
		if examples, err = mapOf("examples", q.examples, classify.MaxLabels, fault.LabelsExamples, examplesOf); err != nil {
			return nil, err
		}
	}
	set, err := classify.NewLabelSet(names, descriptions, examples)
	if err != nil {
		return nil, within("labels", err)
	}
	if n := sizeOf(set); backend != config.BackendStatic && n > maxEncoded {
		return nil, fault.New(fault.LabelsExamples, "descriptions and examples have %d bytes, and the encoder takes %d", n, maxEncoded).At(fault.Where{Path: "examples"}).
			WithFix("send fewer or shorter ones, train a classifier on them, or have backend static answer")
	}
	return set, nil
}

// examplesOf reads the examples of a label.
func examplesOf(path string, value []byte) ([]string, error) {
	return textsOf(path, value, classify.MaxExamples, fault.LabelsExamples)
}

// bounded reads a text that is not longer than a description may be.
func bounded(path string, value []byte) (string, error) {
	text, err := textOf(path, value)
	if err == nil && len(text) > maxDescription {
		err = fault.New(fault.FieldRange, "%s has %d bytes, and %d are allowed", path, len(text), maxDescription).At(fault.Where{Path: path})
	}
	return text, err
}
