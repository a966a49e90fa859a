// Package expr evaluates the expressions of a pipeline over batches of records.
package expr
