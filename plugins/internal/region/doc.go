// Package region is memory that winnow shares with one process of a plugin, in which batches cross without being copied into and out
// of a socket. Each side writes its batches into slots of its own half, and says in a message where they lie; the other side copies
// them out and gives the slot back. Where there is no free slot, or no memory, batches go in messages, as they always can.
//
// What the other side can still change is not trusted: bytes are looked at when they have been copied, places are held to the memory's
// bounds, and the file is sealed, so that no access is outside of it.
package region
