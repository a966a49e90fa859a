//go:build !linux

package fasttext

func useLargePages([]float32) {}
