// Package conform holds a plugin, in whatever language it is written, to what the protocol promises, from winnow's side of
// the socket. Each promise is one check, which a plugin that breaks that promise alone fails alone.
package conform
