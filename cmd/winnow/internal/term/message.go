package term

import "io"

// WriteMessage draws a message of a topic in one line, cut where the terminal ends; without a terminal it is whole.
func WriteMessage(w io.Writer, facts, value string, s Style) error {
	facts, value = clean(facts), clean(value)
	if s.Width > 0 {
		facts = clip(facts, max(s.Width-2, 0))
		value = clip(value, max(s.Width-cells(facts)-3, 20))
	}
	_, err := io.WriteString(w, s.paint(dim, facts)+"  "+value+"\n")
	return err
}
