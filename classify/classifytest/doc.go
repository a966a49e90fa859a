// Package classifytest is the conformance suite of classify.Classifier: every backend and every plugin calls Run in a
// test of its own, with -race at least once.
//
//	func TestConformance(t *testing.T) {
//		classifytest.Run(t, func() classify.Classifier { … })
//	}
//
// It proves the promises of package classify: one row for each text, null for null, answers that depend on the text
// alone, confidences in range and rounded, no reference kept, safety for concurrent use; and that no text, however long
// or broken, fails the call.
package classifytest
