// Package delivery is what a sink is given, as the columns that plugin.proto defines: a record's own, the runtime's that the
// sink asks for, and the results. The host makes batches of one schema out of the engine's, whose columns differ from batch to
// batch; the SDK makes the engine's batches of them again. What a source's batches are sent as is made of its own here too (Plain).
package delivery
