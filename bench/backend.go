package main

// every is all examples that there are of a label.
const every = -1

// drawsOfFew is how many times a few examples are drawn anew, for backends that are not slow: no other choice matters as
// much as theirs.
const drawsOfFew = 3

// backend is a way to get a classifier. Of winnow's, flags name the classifier to winnow classify and winnow eval; the
// others (peer.go) have a command that answers.
type backend struct {
	name   string
	each   int                           // examples of a label that are learnt from
	single bool                          // it is left out where texts have several labels
	slow   bool                          // a thousandth of a second a text: it is asked about fewer, and examples are drawn once
	stdin  bool                          // it reads standard input
	train  func(*bench, *trial) []string // the command that learns; nil where nothing is
	flags  func(*trial) []string
	peer   *peer
}

var backends = []*backend{
	{name: "static, label texts", flags: labelsFlags("static")},
	{name: "static, 8 examples a label", each: 8, flags: labelsFlags("static")},
	{name: "encoder, label texts", slow: true, flags: labelsFlags("encoder")},
	{name: "auto, label texts", single: true, slow: true, stdin: true, flags: labelsFlags("auto")},
	{name: "winnow train, 8 examples a label", each: 8, flags: savedFlags, train: winnowTrain("static")},
	{name: "winnow train, 16 examples a label", each: 16, flags: savedFlags, train: winnowTrain("static")},
	{name: trainedByWinnow, each: every, flags: savedFlags, train: winnowTrain("static")},
	{name: "winnow train on the encoder, 8 examples a label", each: 8, single: true, slow: true, flags: savedFlags, train: winnowTrain("encoder")},
	{name: "winnow train on the encoder, all rows", each: every, single: true, slow: true, flags: savedFlags, train: winnowTrain("encoder")},
	goFastText("fastText's model by winnow, 25 epochs", "-lr", "0.5", "-epoch", "25", "-thread", "2"),
	{name: "fastText, 25 epochs", each: every, peer: fastText, train: fastTextTrain("-lr", "0.5", "-epoch", "25", "-thread", "2")},
	{name: tunedFastText, each: every, single: true, peer: fastText, train: fastTextAuto},
	{name: supportVectors, each: every, single: true, slow: true, peer: linearSVC, train: trainSVC},
}

// The backends that are compared text by text.
const (
	trainedByWinnow = "winnow train, all rows"
	tunedFastText   = "fastText, autotune"
	supportVectors  = "TF-IDF, linear SVC"
)

// labelsFlags answer by label texts, of a few examples too.
func labelsFlags(backend string) func(*trial) []string {
	return func(t *trial) []string { return t.mode("--labels-file", t.labels, "--backend", backend) }
}

func savedFlags(t *trial) []string { return []string{"--classifier", t.name} }

func modelFlags(t *trial) []string { return t.mode("--model", t.model+".bin") }

// mode adds that several labels are wanted, where they are.
func (t *trial) mode(args ...string) []string {
	if t.multi {
		args = append(args, "--mode", "multi")
	}
	return args
}

// winnowTrain learns as a user without options would; from a few examples with the labels' descriptions.
func winnowTrain(backend string) func(*bench, *trial) []string {
	return func(b *bench, t *trial) []string {
		args := t.mode(b.winnow, "train", t.jsonl, "--label", t.column(), "--backend", backend, "--save", t.name, "--quiet")
		if t.rows < len(t.exam.train) {
			args = append(args, "--labels-file", t.described)
		}
		return args
	}
}

// goFastText is winnow's own trainer of fastText's models, through its Go library, by options of fastText's command line.
func goFastText(name string, options ...string) *backend {
	return &backend{name: name, each: every, flags: modelFlags, train: func(b *bench, t *trial) []string {
		return append([]string{b.self, "work", "train", t.jsonl, t.model + ".bin"}, t.loss(options)...)
	}}
}

// loss adds the one that several labels need.
func (t *trial) loss(options []string) []string {
	if t.multi {
		return append(options[:len(options):len(options)], "-loss", "ova")
	}
	return options
}
