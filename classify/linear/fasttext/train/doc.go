// Package train makes supervised models of fastText from labelled texts, in Go alone: fastText's own model, losses,
// parameters and learning rate (Joulin et al., Bag of Tricks for Efficient Text Classification, 2017; fasttext.cc of
// facebookresearch/fastText 0.9). The model is written as a .bin file that fastText loads.
//
// Train reads the examples twice or more: once for the dictionary (vocabulary.go), once to turn them into rows of the
// input matrix (corpus.go), which are kept in memory up to Config.Memory; what is more is read again in each epoch. Then
// Threads goroutines descend the gradient example by example over shared matrices without locks (trainer.go, step.go):
// Hogwild (Niu et al., 2011), as in fastText. One thread gives the same model for the same seed, bit for bit; several
// don't, since steps come in another order each time.
//
// What differs from fastText: rows of the input that no text of the training has are zero, where fastText leaves random
// numbers or whatever was in memory; of words with one count the one seen first comes first; random numbers are others.
package train
