package labelling_test

import (
	"fmt"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/labelling"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
)

// Keys change a model; what has to be saved comes back, and lines show how it stands.
func ExampleModel() {
	tasks, err := labelling.ReadTasks(strings.NewReader(
		`{"text":"you charged me twice","proposed":"billing","confidence":0.41}`+"\n"+
			`{"text":"it crashes when I log in","proposed":"billing","confidence":0.38}`), "todo.jsonl")
	if err != nil {
		fmt.Println(err)
		return
	}
	m := labelling.NewModel(tasks, []string{"billing", "bug"}, false, nil)
	e := m.Update(labelling.KeyEnter)
	fmt.Println("save", e.Task.Text, "as", e.Save)
	for _, line := range m.View().Lines(8, term.Style{Width: 70}) {
		fmt.Println(line)
	}
	// Output:
	// save you charged me twice as [billing]
	// ██████████░░░░░░░░░░  1 of 2 labelled
	//
	// it crashes when I log in
	//
	// proposed: billing  38.0%
	// 1 billing (1)  2 bug
	// Enter accepts · Tab skips · Backspace undoes · ? help · Esc leaves
}
