// Package quality makes a report (classify/eval) of what the engine counted against an input's own labels
// (pipeline.GoldTally). The engine counts little, since its counts are part of every checkpoint; winnow eval looks at each
// row and says more.
package quality
