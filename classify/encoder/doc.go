// Package encoder turns texts into vectors by a transformer of the BERT family, in Go: no cgo, no library on the machine.
//
// Load reads a folder as Hugging Face and sentence-transformers write it (folder.go, architecture.go, checkpoint.go,
// pooling.go); Embedded is MiniLM tuned for label matching, compiled in. A Model (model.go) is weights that do not change;
// an Encoder (encoder.go) runs it on a bounded number of threads in bounded memory. Texts stand side by side without
// padding (forward.go, attention.go), long ones are cut into windows (window.go). Matrix products and what lies between
// them are package kernel, tokens are package wordpiece.
//
// A text's vector is the same bits alone and in any batch, on any number of threads; in int8 on every machine, too, since
// its sums are exact and its few operations on float32 have a fixed order.
package encoder
