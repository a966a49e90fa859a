//go:build !amd64

package kernel

func forms() []form {
	return []form{{"go", average, scores, dots, softmax, descend, add}}
}
