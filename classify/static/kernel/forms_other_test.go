//go:build !amd64

package kernel

func forms() []form { return []form{{"go", sum, squares, round, dots}} }
