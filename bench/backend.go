package main

// every is all examples that there are of a label.
const every = -1

// drawsOfFew is how many times a few examples are drawn anew: no other choice matters as much as theirs.
const drawsOfFew = 3

// backend is a way to get a classifier. Of winnow's, flags name the classifier to winnow classify and winnow eval; the
// others (peer.go) have a command that answers.
type backend struct {
	name   string
	each   int                           // examples of a label that are learnt from
	single bool                          // it is left out where texts have several labels
	train  func(*bench, *trial) []string // the command that learns; nil where nothing is
	flags  func(*trial) []string
	peer   *peer
}

var backends = []*backend{
	{name: "label texts alone", flags: labelsFlags},
	{name: "label texts and 8 examples", each: 8, flags: labelsFlags},
	{name: "winnow train, 8 examples a label", each: 8, flags: savedFlags, train: winnowTrain},
	{name: "winnow train, 16 examples a label", each: 16, flags: savedFlags, train: winnowTrain},
	{name: "winnow train, all rows", each: every, flags: savedFlags, train: winnowTrain},
	goFastText("winnow's fastText trainer", "-lr", "0.5", "-epoch", "25", "-thread", "2"),
	{name: "fastText, as it comes", each: every, single: true, peer: fastText, train: fastTextTrain("-thread", "2")},
	{name: "fastText, 25 epochs", each: every, peer: fastText, train: fastTextTrain("-lr", "0.5", "-epoch", "25", "-thread", "2")},
	{name: "fastText, autotune", each: every, single: true, peer: fastText, train: fastTextAuto},
	{name: "TF-IDF, linear SVC", each: every, single: true, peer: linearSVC, train: trainSVC},
}

func labelsFlags(t *trial) []string { return t.mode("--labels-file", t.labels) }

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
func winnowTrain(b *bench, t *trial) []string {
	args := t.mode(b.winnow, "train", t.jsonl, "--label", t.column(), "--save", t.name, "--quiet")
	if t.rows < len(t.exam.train) {
		args = append(args, "--labels-file", t.described)
	}
	return args
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
