// Package quality works out how good labels are from what the engine counted against an input's own labels
// (pipeline.GoldTally): accuracy, precision, recall and F1 by label, calibration, and which labels are taken for which.
package quality
