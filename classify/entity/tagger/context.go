package tagger

// reach is how many tokens away a token's attributes count.
const reach = 2

// offsets are from -reach to reach; offset k has the index k + reach.
const offsets = 2*reach + 1

// salt keeps the attributes of neighbours apart.
func salt(attribute uint64, offset int) uint64 { return mix(attribute, uint64(offset)+0x100) }

// brief is what pairs of neighbours are made of.
type brief struct {
	low, shape, cluster uint64
	form                form
}

// casing is how a chain's words are written, which tells what an upper-case letter is worth.
type casing uint8

// casingOf counts forms: tokens that have letters, and of them those that begin with an upper-case one.
func casingOf(letters, title, upper int) casing {
	switch {
	case letters == 0:
		return 0
	case title+upper == 0:
		return 1
	case upper*10 >= letters*7:
		return 2
	case (title+upper)*10 >= letters*6:
		return 3
	case (title+upper)*10 >= letters*3:
		return 4
	}
	return 5
}

// count adds a token's form to the numbers that casingOf wants.
func (f form) count(letters, title, upper *int) {
	switch f {
	case formLower:
		*letters++
	case formTitle, formMixed:
		*letters++
		*title++
	case formUpper:
		*letters++
		*upper++
	}
}

// contexts appends the attributes of a token that depend on its neighbours: at is the token's place in around, which
// has reach places before and behind it.
func contexts(dst []uint64, around []brief, at int, c casing) []uint64 {
	w, p, n := &around[at], &around[at-1], &around[at+1]
	wf := mix(w.shape, uint64(c))
	dst = append(
		dst,
		mix(mix(cBefore, p.low), w.low),
		mix(mix(cAfter, w.low), n.low),
		mix(mix(cShapeBefore, p.shape), w.shape),
		mix(mix(cShapeAfter, w.shape), n.shape),
		mix(mix(mix(cShapes, p.shape), w.shape), n.shape),
		mix(mix(cLowShape, p.low), w.shape),
		mix(mix(cShapeLow, w.shape), n.low),
		mix(cCasing, wf),
		mix(mix(cAround, p.low), n.low),
	)
	if w.cluster != 0 {
		dst = append(
			dst,
			mix(mix(cClusterBefore, p.cluster), w.cluster),
			mix(mix(cClusterAfter, w.cluster), n.cluster),
			mix(mix(cCluster2Shape, p.cluster), w.shape),
			mix(mix(cShapeCluster, w.shape), n.cluster),
		)
	}
	if p.form == formBound {
		dst = append(dst, mix(cFirst, wf))
	}
	if n.form == formBound {
		dst = append(dst, mix(cLast, wf))
	}
	return dst
}
