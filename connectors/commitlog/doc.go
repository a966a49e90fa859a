// Package commitlog writes streams to files exactly once, where several processes share one output folder.
//
// A Sink writes each split's part of an epoch into a file of its own, complete and synced, but in a hidden place. A Log
// decides which of these parts count, and then they get their visible names. There are two ways to decide:
//
//   - The log itself: an entry for each split and epoch, created exclusively beside the output. The next owner of the
//     split goes on at the end of the last entry, whichever process wrote it.
//   - The source's transaction (Transactional): a part counts when the offsets that it covers are committed.
//
// On the disk, under an output folder:
//
//	<topic>-<partition>-<first>-<end>.jsonl            a part: the rows of offsets [first, end), visible at once and whole
//	.winnow/<topic>/<partition>/<owner>/               parts that are not decided yet, of one owner of the split
//	_winnow/<topic>/<partition>/<first>.json           an entry; under the first sink's folder alone
//	_winnow/<topic>/<partition>/.<owner>/              an owner's claim: entries can be made from within it alone
//
// Parts of one split tile the offsets, but for epochs that gave a sink no row, so that exactly-once can be checked from
// the names alone. The package imports pipeline and its leaves; the sinks that it wraps are given to it.
package commitlog
