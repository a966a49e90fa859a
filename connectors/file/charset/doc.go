// Package charset turns text of any encoding into UTF-8 and guesses the encoding of text that does not say.
//
// Nothing is replaced in silence: where the source bytes are no character, the result holds bytes that are no UTF-8
// either, so that the record they are in is rejected by the same check as any other.
package charset
