// Package protobuf turns Protobuf messages into JSON and back, by the .proto text that a registry keeps. JSON is
// protobuf's own mapping with the fields' own names: 64-bit integers are strings, bytes are base64, an enum is its name,
// NaN and the infinities are strings, the well-known types have the forms of their own; fields without presence are
// there even if they are unset, others are left out.
//
// A message is addressed by its number: messages count from 0 in the order of the file, each before those inside of it.
// Fields that the schema does not have are no part of JSON and would be lost on the way; a message that holds any does
// not fit.
//
// Messages of proto3 with plain fields are walked byte by byte; all others, and whatever looks odd, go through the
// libraries of Protobuf, which a fuzz test holds the first road against.
//
// It may import pipeline/fault and libraries for Protobuf.
package protobuf
