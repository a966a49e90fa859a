package kernel

import "github.com/winnow-stream/winnow/classify/cpu"

func forms() []form {
	all := []form{{"go", averageGo, scoresGo, dotsGo, softmaxGo, descendGo, addGo}}
	if cpu.AVX2 {
		all = append(all, form{"dispatched", average, scores, dots, softmax, descend, add})
	}
	return all
}
