package tagger

// lists are lists of numbers by index, one after another.
type lists struct {
	ends []int32 // of each list, in items
	item []int32
}

func (x *lists) end()             { x.ends = append(x.ends, int32(len(x.item))) }
func (x *lists) of(i int) []int32 { return x.item[x.begin(i):x.ends[i]] }

func (x *lists) begin(i int) int32 {
	if i == 0 {
		return 0
	}
	return x.ends[i-1]
}

// renumbered returns the lists with their items replaced; those with a negative number are left out.
func (x *lists) renumbered(number []int32) *lists {
	out := &lists{ends: make([]int32, 0, len(x.ends))}
	for i := range x.ends {
		for _, v := range x.of(i) {
			if number[v] >= 0 {
				out.item = append(out.item, number[v])
			}
		}
		out.end()
	}
	return out
}

// inverted returns, by item below n, the ascending indexes of the lists that hold it.
func (x *lists) inverted(n int) *lists {
	out := &lists{ends: make([]int32, n), item: make([]int32, len(x.item))}
	for _, v := range x.item {
		out.ends[v]++
	}
	var sum int32
	next := make([]int32, n)
	for v, count := range out.ends {
		next[v] = sum
		sum += count
		out.ends[v] = sum
	}
	for i := range x.ends {
		for _, v := range x.of(i) {
			out.item[next[v]] = int32(i)
			next[v]++
		}
	}
	return out
}
