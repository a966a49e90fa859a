// Package tagger learns to find entities from marked examples: a linear-chain conditional random field (Lafferty et al.
// 2001) over the tokens of a text, trained by L-BFGS, in plain Go.
//
// Tokenize cuts a text (token.go has the rules). A token counts by its attributes (word.go): its letters, their
// beginnings, ends and n-grams, its shape, its form, and the clusters (cluster.go) of its vector in the static table; its neighbours count
// by theirs up to two tokens away, and by pairs with it (context.go). Attributes are hashes; those that training kept
// have a row of weights, one for each label (model.go). A chain (chain.go) makes probabilities of these, and those spans
// are chosen that promise the best F1 (decode.go).
//
// Train reads examples (Read: tokens with BIO tags, or texts with spans), trains a model for each fold to tune the
// threshold and to calibrate confidences by examples held out (tune.go), and then one by all examples. Evaluation
// compares spans with gold ones.
//
// Promises:
//
//   - Spans begin and end where tokens do, are sorted, and do not overlap.
//   - A text's spans depend on that text alone; a model may be used by any number of goroutines.
//   - The same examples, options and seed give the same model, byte for byte, whatever the number of workers.
//   - A file is loaded as it was written, or refused.
//
// A Model is an entity.Finder. The package imports classify/entity (the contract), classify/static (the table) and
// pipeline/fault.
package tagger
