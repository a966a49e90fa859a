// Package cascade is a classifier of classifiers: a cheap one answers first, and only the texts that it is unsure of go
// on to the next, which is better and dearer.
//
// A Stage is a classifier with the confidence below which a text goes on. All stages have the same labels, by name, and
// the same mode. What is unsure in a batch is gathered into one call of the next stage, in order; texts that a stage is
// sure of are not copied. A Report counts what each stage was asked, what it answered, and the time it took. A Curve
// chooses the confidence from held-out texts: the fewest that go on for the accuracy that one is willing to lose.
//
// Promises, beside those of package classify:
//
//   - A text goes on when its label is null, whatever the reason, or its confidence lies below the stage's, and never
//     otherwise. In multi mode that is the confidence of its best label, so an empty list goes on. Null texts don't.
//   - A later answer takes the place of an earlier one, except that "no known words" never replaces a label.
//   - An error never makes an answer, unless OnError says so.
//   - In steady state nothing is allocated beyond what the stages allocate.
package cascade
