// Package term draws what winnow shows to people: the live progress of a pipeline, the summary at its end, the report of
// an evaluation, tables and plots. Everything is text of a given width, with or without colour, so that tests compare
// it with golden files; Screen alone knows about terminals.
//
// It draws by itself what libraries for terminals would draw, since their start-up (terminal queries, colour tables)
// costs more than a whole run over one line of text.
package term
