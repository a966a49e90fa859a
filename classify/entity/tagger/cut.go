package tagger

// chainEnd is how many of the tokens make the next chain: all, or at most maxChain, with the cut behind the last end of
// a line or sentence of the second half where there is one.
func chainEnd(text string, tokens []Token) int {
	if len(tokens) <= maxChain {
		return len(tokens)
	}
	sentence := 0
	for i := maxChain; i > maxChain/2; i-- {
		last, next := tokens[i-1], tokens[i]
		for _, b := range []byte(text[last.End:next.Start]) {
			if b == '\n' {
				return i
			}
		}
		if sentence == 0 && next.Start > last.End {
			switch text[last.Start] {
			case '.', '!', '?':
				sentence = i
			}
		}
	}
	if sentence > 0 {
		return sentence
	}
	return maxChain
}
