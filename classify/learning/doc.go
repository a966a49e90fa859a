// Package learning holds learning curves: how good a training is by how much it learnt from, and what more would bring. It
// imports nothing of the project.
package learning
