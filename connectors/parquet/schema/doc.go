// Package schema maps Parquet schemas to Arrow schemas and back: a Tree of nodes with their definition and repetition
// levels, as the column package needs them to take records apart and put them together.
//
// What Arrow has no type for is kept in a field's metadata under KeyLogical, so that a copy has the type of its original.
package schema
