package term

import (
	"fmt"
	"io"
)

// WriteTest draws the outcome of one test case.
func WriteTest(w io.Writer, name string, problems []string, s Style) error {
	verdict := s.paint(green, "ok   ")
	if len(problems) > 0 {
		verdict = s.paint(red, "FAIL ")
	}
	if _, err := fmt.Fprintln(w, verdict+clean(name)); err != nil {
		return err
	}
	for _, p := range problems {
		if _, err := fmt.Fprintln(w, "       "+clean(p)); err != nil {
			return err
		}
	}
	return nil
}
