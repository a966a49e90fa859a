// Package wordpiece turns text into the token ids of an uncased BERT vocabulary, byte for byte as the `tokenizers`
// package does it, without allocating.
//
// A Tokenizer holds the vocabulary and is safe for concurrent use; a Scratch holds one goroutine's buffers. A text runs
// through tokenize.go: ASCII words are found and lower-cased eight bytes at a time and looked up whole (index.go); a word
// that is not in the vocabulary is cut into pieces (pieces.go); a stretch with other bytes is first normalized
// (normalize.go) by a table that was read off the reference implementation (unicode.go).
//
// What comes out is what BertNormalizer (clean_text, handle_chinese_chars, strip_accents, lowercase), BertPreTokenizer
// and WordPiece give, without [CLS] and [SEP], without truncation. Invalid UTF-8 counts as U+FFFD, which the normalizer
// removes. The package imports nothing of winnow but pipeline/fault.
package wordpiece
