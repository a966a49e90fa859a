package tagger

// builder turns samples into a problem.
type builder struct {
	index   map[uint64]int32 // attribute to row
	keys    []uint64         // by row
	uses    []int32          // by row: tokens that have it
	kinds   map[string]int32
	words   []kind
	around  []brief
	scratch []uint64
	speller speller
	vectors *embedder
	groups  *clusters
	dots    []int32
	p       *problem
}

// kind is what the tokens of one spelling have in common.
type kind struct {
	brief brief
	near  []int32 // rows by offset, one offset after another
	own   []int32
}

// build makes the problem of samples whose types are below types; the result's keys are the attributes of its rows.
func build(cfg *Config, samples []sample, types int, groups *clusters) (p *problem, keys []uint64) {
	p = &problem{labels: labelsOf(types), context: new(lists), ridge: ridge, crew: crew(cfg.Workers)}
	b := &builder{index: map[uint64]int32{}, kinds: map[string]int32{}, vectors: newEmbedder(cfg.Table), groups: groups, dots: make([]int32, allClusters), p: p}
	b.add(b.speller.bound())
	for _, x := range samples {
		b.sample(x)
	}
	b.bounds()
	b.finish()
	return p, b.keys
}

// row counts one more use of an attribute and returns its row.
func (b *builder) row(key uint64) int32 {
	r, ok := b.index[key]
	if !ok {
		r = int32(len(b.keys))
		b.index[key] = r
		b.keys = append(b.keys, key)
		b.uses = append(b.uses, 0)
	}
	b.uses[r]++
	return r
}

// kind returns the kind of a token and counts a use of its attributes.
func (b *builder) kind(token string) int32 {
	k, ok := b.kinds[token]
	if ok {
		w := &b.words[k]
		for _, r := range w.near {
			b.uses[r]++
		}
		for _, r := range w.own {
			b.uses[r]++
		}
		return k
	}
	w := b.speller.spell(token)
	b.groups.mark(w, b.vectors.embed(token, w), b.dots)
	k = b.add(w)
	b.kinds[token] = k
	return k
}

// add makes a new kind.
func (b *builder) add(w *word) int32 {
	k := kind{brief: brief{w.low, w.shape, w.cluster, w.form}}
	for o := range offsets {
		for _, a := range w.near {
			k.near = append(k.near, b.row(salt(a, o)))
		}
	}
	for _, a := range w.own {
		k.own = append(k.own, b.row(a))
	}
	b.words = append(b.words, k)
	return int32(len(b.words) - 1)
}

// bounds adds the positions between two chains.
func (b *builder) bounds() {
	for range reach {
		b.p.kind, b.p.gold = append(b.p.kind, 0), append(b.p.gold, -1)
		b.p.context.end()
	}
}

// sample adds the chains of a text.
func (b *builder) sample(s sample) {
	spans := s.spans
	for tokens := Tokenize(nil, s.text); len(tokens) > 0; {
		n := chainEnd(s.text, tokens)
		b.bounds()
		from := len(b.p.kind)
		b.around = b.around[:0]
		var letters, title, upper int
		for range reach {
			b.around = append(b.around, b.words[0].brief)
		}
		for _, t := range tokens[:n] {
			for len(spans) > 0 && spans[0].End <= t.Start {
				spans = spans[1:]
			}
			k := b.kind(s.text[t.Start:t.End])
			b.p.gold = append(b.p.gold, int32(goldOf(t, spans, len(b.p.kind) == from)))
			b.p.kind = append(b.p.kind, k)
			b.around = append(b.around, b.words[k].brief)
			b.words[k].brief.form.count(&letters, &title, &upper)
		}
		for range reach {
			b.around = append(b.around, b.words[0].brief)
		}
		c := casingOf(letters, title, upper)
		for i := range n {
			b.scratch = contexts(b.scratch[:0], b.around, i+reach, c)
			for _, a := range b.scratch {
				b.p.context.item = append(b.p.context.item, b.row(a))
			}
			b.p.context.end()
		}
		b.p.chains = append(b.p.chains, [2]int32{int32(from), int32(len(b.p.kind))})
		tokens = tokens[n:]
	}
}

// goldOf is the label of a token, given the spans that end behind its start. An entity that a chain's start cuts begins
// anew there.
func goldOf(t Token, spans []Span, first bool) int {
	if len(spans) == 0 || spans[0].Start > t.Start {
		return 0
	}
	typ := int(spans[0].Type)
	if spans[0].Start == t.Start || first {
		return begins(typ)
	}
	return continues(typ)
}

// finish leaves rare attributes out and builds what a problem has beside its positions.
func (b *builder) finish() {
	p := b.p
	number := make([]int32, len(b.keys))
	kept := b.keys[:0]
	for r, n := range b.uses {
		number[r] = -1
		if n >= leastUses {
			number[r] = int32(len(kept))
			kept = append(kept, b.keys[r])
		}
	}
	b.keys, b.index, b.uses = kept, nil, nil
	p.rows, p.kinds = len(kept), len(b.words)
	p.context = p.context.renumbered(number)
	p.contextOf = p.context.inverted(p.rows)
	slot := new(lists)
	for o := range offsets {
		for _, w := range b.words {
			n := len(w.near) / offsets
			slot.item = append(slot.item, w.near[o*n:(o+1)*n]...)
			if o == reach {
				slot.item = append(slot.item, w.own...)
			}
			slot.end()
		}
	}
	p.slot = slot.renumbered(number)
	p.slotOf = p.slot.inverted(p.rows)
	at := &lists{item: p.kind, ends: make([]int32, len(p.kind))}
	for i := range p.kind {
		at.ends[i] = int32(i + 1)
	}
	p.positions = at.inverted(p.kinds)
}
