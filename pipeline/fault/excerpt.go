package fault

import "unicode/utf8"

// excerptLength is how many bytes of a text say which one it is.
const excerptLength = 100

// Excerpt is a text for a message: its begin, where it is long. What users send may have any length; what they are told has not.
func Excerpt(text string) string {
	if len(text) <= excerptLength+len("…") {
		return text
	}
	end := excerptLength
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
