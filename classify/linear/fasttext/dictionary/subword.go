package dictionary

// expand finds the rows of all words' n-grams, unless there are too many.
func (d *Dictionary) expand() {
	if d.MaxN <= 0 {
		return
	}
	total := 0
	for i := range d.words {
		total += len(d.words[i].Text) + 2 // at least; the exact number is known below
	}
	if total > maxSubwords {
		return
	}
	ends := make([]int, len(d.words))
	rows := make([]int32, 0, total)
	for i := range d.words {
		if int32(i) != d.eos && d.words[i].Text != EOS {
			rows = d.appendSubwords(rows, []byte(d.words[i].Text))
		}
		ends[i] = len(rows)
		if len(rows) > maxSubwords {
			return
		}
	}
	d.subwords, d.ends = rows, ends
}

// Expanded says whether the rows of all words' n-grams are kept.
func (d *Dictionary) Expanded() bool { return d.ends != nil }

// Subwords are the rows of a known word's n-grams, without the word's own; they belong to the dictionary. It has none
// unless it is Expanded.
func (d *Dictionary) Subwords(word int32) []int32 {
	if d.ends == nil {
		return nil
	}
	start := 0
	if word > 0 {
		start = d.ends[word-1]
	}
	return d.subwords[start:d.ends[word]]
}

// appendSubwords appends the rows of the n-grams of <word>: from MinN to MaxN characters, none of them one of the
// brackets alone. A character is a byte that does not continue one in UTF-8, with those that follow and do.
func (d *Dictionary) appendSubwords(rows []int32, word []byte) []int32 {
	n := len(word) + 2
	at := func(i int) byte {
		switch i {
		case 0:
			return '<'
		case n - 1:
			return '>'
		}
		return word[i-1]
	}
	for i := range n {
		if at(i)&0xc0 == 0x80 {
			continue
		}
		h := uint32(offset)
		for j, k := i, 1; j < n && k <= d.MaxN; k++ {
			h = step(h, at(j))
			for j++; j < n && at(j)&0xc0 == 0x80; j++ {
				h = step(h, at(j))
			}
			if k >= d.MinN && (k > 1 || i > 0 && j < n) {
				rows = d.appendBucket(rows, int32(h%uint32(d.Bucket)))
			}
		}
	}
	return rows
}

// appendBucket appends the row of a bucket, unless it was pruned.
func (d *Dictionary) appendBucket(rows []int32, bucket int32) []int32 {
	if d.kept != nil {
		if bucket = d.prune.get(uint32(bucket)); bucket < 0 {
			return rows
		}
	}
	return append(rows, int32(len(d.words))+bucket)
}
