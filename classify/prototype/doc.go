// Package prototype is zero- and few-shot classification over vectors of texts, for every backend that makes such
// vectors.
//
// A label's prototype is the normalized sum of the vectors of its name and its description, and its examples pull it
// towards their mean (learner.go, fewshot.go). The prototypes' dot products with a text go through a softmax with a
// temperature, or each through a scale of its own (calibration.go), and become answers (answer.go). refine.go moves
// prototypes towards the texts of a bounded input.
//
// A Set is what a backend needs of it: prototypes of a label set, ready to answer by a vector. Vectors are those of
// package static/kernel, and every step gives the same bits on every machine.
package prototype
