// Package fasttext is the backend `linear`: supervised models of fastText, read from .bin and .ftz files, in Go alone.
//
// A Model answers as fastText does. Model.Predict gives fastText's own numbers: labels and scores of
// f.predict(line + "\n", k, threshold) in the package that PyPI has, scores within 1e-5. For .bin models whose loss is
// softmax, ova or ns the scores of labels are added in fastText's order, without fused operations, and have the very
// bits of its build for plain x86-64; that matters for ova and ns, whose sigmoid is a table of 512 steps.
//
// A Classifier puts a model behind classify.Classifier. It differs from fastText in one answer: a text without any known
// word gets a null label with the reason NoKnownWords, where fastText answers by the row of the end of the line alone.
// For softmax and hs it keeps sums of rows that always come together, or the labels' scores of each row in place of the
// row (projection.go), so that a text costs a fraction of the memory reads; its scores stay within 1e-5.
//
// Files are read once from front to back into padded rows (read.go), not mapped: the weights have to be looked at anyway
// (a single NaN would spoil answers silently), they lie at odd addresses in the file, and a file that another process
// cuts short while it is mapped would end this one. What is allocated is bounded by the file's size before a header is
// believed. Memory: the file's weights, with rows padded to 32 bytes (4 % at 100 dimensions), the dictionary, and with
// character n-grams 4 bytes for each n-gram of each known word.
//
// Packages below: dictionary (texts to rows), kernel (inner loops), train (models from texts). Sources: Joulin et al., Bag
// of Tricks for Efficient Text Classification (2017); Joulin et al., FastText.zip (2016); the source of
// facebookresearch/fastText 0.9.
package fasttext
