// Package fit trains classifiers that are fastText models, as winnow train does: parameters by a search within a time
// (train.Autotune), confidences calibrated on texts that were held out, and estimates of how good it is.
//
// Train runs through three stages: tune looks for parameters on nine tenths of the examples, or tries a few candidates on
// the first fold (candidates.go), validate trains on parts of
// them to answer the rest (folds.go, calibrate.go), train makes the model of all. It ends early where the caller has a
// better classifier already (Config.Least).
//
// The package imports classify, classify/eval, classify/platt and the packages of fastText's models.
package fit
