// Package expr evaluates the expressions of a pipeline over batches of records. Text makes the column that is
// classified, Filter drops rows, Route gives each row its sink.
//
// The language is expr-lang's. Names are the record's fields; dots lead into nested ones (user.comment), record["Review
// Text"] reaches names that are no identifiers, and an expression that is, as a whole, a column's name means that
// column. In routes label, confidence, labels and classifier are the result, and record.label the input's own field.
//
// A null field makes arithmetic and + null, comparisons by <, <=, > and >= false, and counts as false where a condition
// is expected; == and != compare with it as with any value.
//
// Expressions are parsed and type-checked against the input's schema once, when Needs is called. What most of them are
// (a plain field, fields joined with literals, comparisons of fields with literals) then runs column by column without
// allocation a record; the rest goes through expr-lang's virtual machine row by row. Both give the same answers, which
// a test checks.
//
// All three are safe for concurrent use after Needs. The package imports pipeline and pipeline/fault.
package expr
