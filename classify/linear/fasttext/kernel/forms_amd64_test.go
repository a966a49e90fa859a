package kernel

func forms() []form {
	all := []form{{"go", averageGo, scoresGo, dotsGo, softmaxGo, descendGo, addGo}}
	if hasAVX2 {
		all = append(all, form{"dispatched", average, scores, dots, softmax, descend, add})
	}
	return all
}
