package spec

import "github.com/winnow-stream/winnow/classify"

// Classify is a label set and how texts are given its labels.
type Classify struct {
	// The labels: a list of names, a map from name to description or to {description, examples}, or a list of {name,
	// description, examples}. One label alone is detection: how likely it applies.
	Labels classify.LabelSet `yaml:"labels"`
	// A saved classifier, instead of labels: name for its newest version, name@v2 for that one, name@production for the one
	// that this alias names. threshold, top_k and abstain replace its own; mode, backend, model and temperature can't.
	Classifier string `yaml:"classifier"`
	// Several classifiers, cheapest first: each answers what it is sure of, and what it is not sure of goes on to the next.
	// They have the same labels. A backend is given labels, or where there are none, those of the first saved classifier.
	Cascade []CascadeStage `yaml:"cascade"`
	// A process of your own that gives the labels: an installed plugin, which says what labels it has, or takes those in
	// labels.
	Plugin *Plugin `yaml:"plugin"`
	// What gives the labels. static, the default, takes any labels and needs no training. encoder does the same by a
	// transformer: more of its answers are right, at a thousandth of the speed. auto asks static first, and encoder for what
	// stays unsure; of a small input encoder for everything. linear is a fastText model, a file in model, and gives that
	// model's labels, or those of them that labels names. plugin is the one that plugin names.
	Backend string `yaml:"backend"`
	// Labelled records, a file: backend auto finds by them how sure static must be, so that what does not go on to the
	// encoder costs little accuracy. Their labels are in the field that gold names, else in label.
	Calibrate string `yaml:"calibrate"`
	// How many records a second have to be labelled: backend auto sends no more on to the encoder than that allows. 0: as
	// many as it takes.
	MinRate float64 `yaml:"min_rate" jsonschema:"minimum=0"`
	// The backend's model: of static the folder of a table instead of the embedded one, of encoder and auto the folder of a
	// BERT encoder instead of the embedded one, of linear a .bin or .ftz file that fastText wrote.
	Model string `yaml:"model"`
	// single gives each text one label, multi every label that reaches the threshold.
	Mode classify.Mode `yaml:"mode" jsonschema:"enum=single,enum=multi" fault:"mode.unknown"`
	// The confidence from which a label counts in multi mode. Default 0.3.
	Threshold *float64 `yaml:"threshold" jsonschema:"minimum=0,maximum=1" fault:"threshold.range"`
	// How many labels, the best first, the column "labels" lists at most. 0: none in single mode, all in multi mode.
	TopK int `yaml:"top_k" jsonschema:"minimum=0" fault:"top_k.range"`
	// Answers with a confidence below this become null. 0: none do.
	Abstain float64 `yaml:"abstain" jsonschema:"minimum=0,maximum=1" fault:"threshold.range"`
	// Says which words of a text moved the score of its label, in the column "explanation": exactly for static, for others by
	// leaving out one word after the other, which costs as much as labelling so many texts. A plugin can't say it.
	Explain bool `yaml:"explain"`
	// How many words explain a label, those that weigh most, 1 to 100. 0: 5.
	ExplainWords int `yaml:"explain_words" jsonschema:"minimum=0,maximum=100"`
	// Moves the labels' prototypes towards the input's own texts in a first pass. It needs an input that can be read
	// twice.
	Refine bool `yaml:"refine"`
	// Put before the name of every result column. Default: none, and predicted_ where the input has a field of a
	// result's name.
	Prefix string `yaml:"prefix"`
	// The temperature of the confidences in single mode, instead of the backend's own. 0: the backend's.
	Temperature float64 `yaml:"temperature" jsonschema:"minimum=0"`
}
