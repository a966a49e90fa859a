//go:build !linux

package fasttext

func useHugePages([]float32) {}
