// Package host starts plugins and keeps them running. What it gives the engine implements the same interfaces as what is
// built in (Classifier is a classify.Classifier), with a process behind it that may die, hang or lie:
//
//   - A process has an environment of its own, a process group of its own, a socket in a private folder with certificates
//     made for it alone, and a pipe as standard input whose end tells it that winnow is gone.
//   - A call that a dying or hanging process took along is made again on a new one. Where that kills it again, the batch is
//     halved until the records at fault stand alone: they fail, the others are answered. A process that dies without any
//     record being at fault is started again three times in ten minutes.
//   - An answer that breaks the protocol is refused as a whole, with plugin.bad_reply.
//   - A process is asked now and then whether it is well, and may hold so much memory and no more.
//   - Stop ends a process with everything that it started, within seconds.
//
// A Host owns its processes: whoever makes one closes it.
package host
