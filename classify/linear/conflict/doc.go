// Package conflict finds texts that stand under different labels among the examples of a training, so that a person can say
// which is right. It imports nothing of the project.
package conflict
