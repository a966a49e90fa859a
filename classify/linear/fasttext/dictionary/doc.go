// Package dictionary is fastText's view of a text: the rows of the input matrix that its words, their character n-grams
// and its word n-grams stand for, and the labels that are written in it.
//
// A text is cut at the seven bytes that fastText takes for white space, each word is hashed while it is scanned
// (hash.go) and looked up (table.go); words bring the n-grams of their characters (subword.go), the line brings the
// n-grams of its words (line.go). All of it follows fastText's own arithmetic to the bit, with its two quirks: bytes
// are hashed as signed numbers, and hashes of words enter those of word n-grams as signed 32-bit numbers in unsigned
// 64-bit ones.
//
// Sources: Bojanowski et al., Enriching Word Vectors with Subword Information (2017); Joulin et al., Bag of Tricks for
// Efficient Text Classification (2017); dictionary.cc of facebookresearch/fastText 0.9.
package dictionary
