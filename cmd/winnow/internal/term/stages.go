package term

import (
	"fmt"
	"time"

	"github.com/winnow-stream/winnow/classify"
)

// stageTable says which stage of a cascade answered how many texts, in what time.
func stageTable(stages []classify.StageReport) *labelRows {
	table := &labelRows{Table{
		Head: []string{"stage", "asked", "answered", "share", "time", ""}, Align: []Align{Left, Right, Right, Right, Right, Left},
	}}
	var all int64
	for _, s := range stages {
		all += s.Answered
	}
	for i, s := range stages {
		graph := ""
		if all > 0 {
			graph = bar(float64(s.Answered)/float64(all), 20)
		}
		table.Row(fmt.Sprintf("%d  %s", i+1, s.Version), Count(s.Asked), Count(s.Answered), percent(float64(s.Answered), float64(all)),
			s.Time.Round(time.Millisecond).String(), graph)
	}
	return table
}

// stageWords say what a stage of a plan does.
func stageWords(s classify.Stage, last bool) string {
	if last {
		return fmt.Sprintf("%s (%s)", s.Version, s.Backend)
	}
	return fmt.Sprintf("%s (%s); below confidence %g texts go on", s.Version, s.Backend, s.Confidence)
}
