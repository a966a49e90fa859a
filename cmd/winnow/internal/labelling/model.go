package labelling

import (
	"slices"
	"strings"
)

// directKeys are one a label where there are no more labels than keys.
const directKeys = "123456789abcdefghijklmnopqrstuvwxyz"

// shownMatches is how many labels are offered at once, by the digits, where a label has to be looked for.
const shownMatches = 9

// Model is what the screen is about: texts, labels, and what somebody is doing with them. It changes by Update alone.
type Model struct {
	labels []string
	multi  bool
	tasks  []Task
	given  [][]string // by task: the labels that it got; nil: none yet
	at     int        // the task at hand; len(tasks) when all are done
	counts []int      // by label, of all answers

	// history are the answered tasks, the last of which Undo takes back. Answers from before that are not about the last
	// tasks stay.
	history []int
	skipped map[int]bool
	chosen  map[int]bool // labels of the task at hand, in multi mode
	filter  string       // typed to find a label
	scroll  int          // lines of the text above the screen
	help    bool
	note    string // what the last key did or did not do
}

// Effect is what has to happen outside of the model after a key.
type Effect struct {
	// Save is an answer to keep, for Task; nil: none. An empty list is one, in multi mode.
	Save []string
	Task *Task
	Undo bool // take the last answer back
	Quit bool
}

// NewModel makes a model of tasks, and of answers that were given before.
func NewModel(tasks []Task, labels []string, multi bool, answers []Answer) *Model {
	m := &Model{
		labels: labels, multi: multi, tasks: tasks, given: make([][]string, len(tasks)), counts: make([]int, len(labels)),
		skipped: map[int]bool{},
	}
	byKey := make(map[string][]int, len(tasks))
	for i := range tasks {
		k := tasks[i].key()
		byKey[k] = append(byKey[k], i)
	}
	for _, a := range answers {
		same := byKey[a.key]
		if len(same) == 0 {
			m.history = nil // it can't be taken back, nor those before it
			m.count(a.Labels, 1)
			continue
		}
		byKey[a.key] = same[1:]
		m.answer(same[0], a.Labels)
	}
	m.move()
	return m
}

// answer enters an answer.
func (m *Model) answer(task int, labels []string) {
	m.given[task] = append([]string{}, labels...) // not nil
	m.history = append(m.history, task)
	m.count(labels, 1)
}

func (m *Model) count(labels []string, by int) {
	for _, l := range labels {
		if i := slices.Index(m.labels, l); i >= 0 {
			m.counts[i] += by
		}
	}
}

// move goes to the next task without an answer: first those that were not skipped.
func (m *Model) move() {
	next := func(skipped bool) bool {
		for i := range m.tasks {
			if m.given[i] == nil && m.skipped[i] == skipped {
				m.show(i)
				return true
			}
		}
		return false
	}
	if !next(false) && !next(true) {
		m.show(len(m.tasks))
	}
}

// show turns to a task.
func (m *Model) show(task int) {
	m.at, m.filter, m.scroll, m.chosen = task, "", 0, map[int]bool{}
	if !m.multi || m.Done() {
		return
	}
	for _, l := range m.tasks[task].Proposed {
		if i := slices.Index(m.labels, l); i >= 0 {
			m.chosen[i] = true
		}
	}
}

// Done says whether every task has an answer.
func (m *Model) Done() bool { return m.at == len(m.tasks) }

// Answered is the number of tasks with an answer, of how many.
func (m *Model) Answered() (done, all int) {
	for _, g := range m.given {
		if g != nil {
			done++
		}
	}
	return done, len(m.tasks)
}

// Labels are the names that texts can have.
func (m *Model) Labels() []string { return m.labels }

// Counts are the numbers of answers by label, those from before too.
func (m *Model) Counts() []int { return m.counts }

// direct says whether each label has a key of its own.
func (m *Model) direct() bool { return len(m.labels) <= len(directKeys) }

// Update does what a key stands for.
func (m *Model) Update(k Key) Effect {
	m.note = ""
	switch {
	case k == KeyQuit, k == KeyEscape && m.filter == "" && !m.help:
		return Effect{Quit: true}
	case m.help: // any key leaves it
		m.help = false
	case k == '?':
		m.help = true
	case k == KeyEscape, k == KeyClear:
		m.filter = ""
	case k == KeyBackspace && m.filter != "":
		runes := []rune(m.filter)
		m.filter = string(runes[:len(runes)-1])
	case k == KeyBackspace:
		return m.undo()
	case m.Done():
	case k == KeyTab:
		m.skipped[m.at] = true
		m.note = "skipped: it comes again at the end"
		m.move()
	case k == KeyUp, k == KeyPageUp:
		m.scroll = max(m.scroll-scrollLines(k), 0)
	case k == KeyDown, k == KeyPageDown:
		m.scroll += scrollLines(k) // the view holds it to the text's end
	case k == KeyEnter:
		return m.accept()
	case k > 0:
		return m.typed(rune(k))
	}
	return Effect{}
}

func scrollLines(k Key) int {
	if k == KeyPageUp || k == KeyPageDown {
		return 5
	}
	return 1
}

// typed is a key of a label, or a part of its name.
func (m *Model) typed(r rune) Effect {
	offered := m.Offered()
	if i := strings.IndexRune(directKeys, r); i >= 0 && (m.direct() || i < shownMatches) {
		if i >= len(offered) {
			m.note = "no label has this key"
			return Effect{}
		}
		return m.take(offered[i])
	}
	if m.direct() {
		m.note = "no label has this key: ? shows help"
		return Effect{}
	}
	if longer := m.filter + string(r); len(m.matches(longer)) > 0 {
		m.filter = longer
	} else {
		m.note = "no label has " + longer
	}
	return Effect{}
}

// accept is Enter: the first label that was found, the labels that were chosen, or the proposal.
func (m *Model) accept() Effect {
	switch {
	case m.filter != "":
		return m.take(m.Offered()[0])
	case m.multi:
		return m.save(m.chosenNames())
	}
	if len(m.tasks[m.at].Proposed) == 0 || !slices.Contains(m.labels, m.tasks[m.at].Proposed[0]) {
		m.note = "there is no proposal to accept"
		return Effect{}
	}
	return m.save(m.tasks[m.at].Proposed[:1])
}

// take chooses a label.
func (m *Model) take(label int) Effect {
	m.filter = ""
	if !m.multi {
		return m.save([]string{m.labels[label]})
	}
	m.chosen[label] = !m.chosen[label]
	return Effect{}
}

func (m *Model) chosenNames() []string {
	list := []string{}
	for i, l := range m.labels {
		if m.chosen[i] {
			list = append(list, l)
		}
	}
	return list
}

func (m *Model) save(labels []string) Effect {
	e := Effect{Save: labels, Task: &m.tasks[m.at]}
	m.answer(m.at, labels)
	m.move()
	return e
}

func (m *Model) undo() Effect {
	n := len(m.history) - 1
	if n < 0 {
		m.note = "there is nothing to take back"
		return Effect{}
	}
	task := m.history[n]
	m.history = m.history[:n]
	m.count(m.given[task], -1)
	m.given[task] = nil
	delete(m.skipped, task)
	m.show(task)
	m.note = "taken back"
	return Effect{Undo: true}
}

// Offered are the labels that keys choose from now, in the order of their keys: all, or those that were found.
func (m *Model) Offered() []int {
	if m.direct() {
		return m.matches("")
	}
	found := m.matches(m.filter)
	return found[:min(len(found), shownMatches)]
}

// matches are the labels whose names hold all words of a filter: those that begin with it first, then what is proposed,
// then those that were given most often.
func (m *Model) matches(filter string) []int {
	var found []int
	words := strings.Fields(strings.ToLower(filter))
	for i, l := range m.labels {
		name := strings.ToLower(l)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(name, w) }) {
			found = append(found, i)
		}
	}
	if m.direct() || m.Done() {
		return found
	}
	rank := func(i int) int {
		switch l := m.labels[i]; {
		case filter != "" && strings.HasPrefix(strings.ToLower(l), strings.ToLower(filter)):
			return 0
		case slices.Contains(m.tasks[m.at].Proposed, l):
			return 1
		case l == m.tasks[m.at].Second:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(found, func(a, b int) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return m.counts[b] - m.counts[a]
	})
	return found
}
