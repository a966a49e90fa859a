// Package fileset tells which files an input path stands for: a file, a folder with all below it, or a pattern. Every
// connector that reads files goes by it, so that a path means the same files whatever they hold.
//
// It imports pipeline/disk and pipeline/fault.
package fileset
