// Package labelling is the screen on which somebody labels texts, one key each, and the file that keeps every answer.
//
// A Task (task.go) is a text to label, as winnow suggest wrote it. The Journal (journal.go) is the output: a line of JSON
// for each answer, synced before the next text is shown, so that a killed process loses nothing that was answered, and
// the next one goes on behind it. A Model (model.go) is what the screen is about; it changes by keys alone (Update), tells
// what has to be saved (Effect), and is drawn as lines of text (view.go), so that tests press keys and read lines. Keys
// (key.go) come out of a terminal's bytes, and a Session (session.go) ties these to a Terminal (terminal.go), which it
// gives back as it was.
package labelling
