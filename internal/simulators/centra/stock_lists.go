package centra

import "slices"

// catalogueLists keeps what lists of sizes and stock are cut from, so that a catalogue
// of a million sizes is paged and looked up without being walked for every request.
// Whatever adds or renames drops the list concerned; the next read makes it anew.
type catalogueLists struct {
	sizes  []any            // all, in order of creation
	byEAN  map[string][]any // sizes by code
	rows   map[int][]any    // by warehouse: its stockNodes in the order of sizes
	ofName map[string]int   // size id by name, as a size chart has it
}

// allSizes lists the sizes in order of creation. Not to be changed by the caller.
func (s *Simulator) allSizes() []any {
	if len(s.lists.sizes) != len(s.sizes) {
		s.lists.sizes = list(s.sizes)
	}
	return s.lists.sizes
}

// sizesWithEAN lists the sizes that have one of the codes, in order of creation.
func (s *Simulator) sizesWithEAN(eans []any) []any {
	if s.lists.byEAN == nil {
		s.lists.byEAN = make(map[string][]any, len(s.sizes))
		for _, z := range s.sizes {
			if z.ean != "" {
				s.lists.byEAN[z.ean] = append(s.lists.byEAN[z.ean], z)
			}
		}
	}
	out, seen := []any{}, make(map[string]bool, len(eans))
	for _, e := range eans {
		if ean, _ := e.(string); !seen[ean] {
			seen[ean] = true
			out = append(out, s.lists.byEAN[ean]...)
		}
	}
	slices.SortFunc(out, func(l, r any) int { return l.(*productSize).id - r.(*productSize).id })
	return out
}

// rowsOf lists the stock rows of a warehouse in the order of sizes: all of them, or
// those of the sizes named.
func (s *Simulator) rowsOf(w *warehouse, only []any) []any {
	if only != nil {
		ids := make([]int, 0, len(only))
		for _, id := range only {
			if n, ok := id.(int); ok && s.sizeByID[n] != nil && s.stock[stockKey{w.id, n}] != nil {
				ids = append(ids, n)
			}
		}
		slices.Sort(ids)
		out := make([]any, 0, len(ids))
		for _, id := range slices.Compact(ids) {
			out = append(out, stockNode{w, s.sizeByID[id]})
		}
		return out
	}
	if s.lists.rows == nil {
		s.lists.rows = make(map[int][]any)
	}
	rows, known := s.lists.rows[w.id]
	if !known {
		rows = []any{}
		for _, z := range s.sizes {
			if s.stock[stockKey{w.id, z.id}] != nil {
				rows = append(rows, stockNode{w, z})
			}
		}
		s.lists.rows[w.id] = rows
	}
	return rows
}

// sizeID gives sizes of one name one id, as a size chart does.
func (s *Simulator) sizeID(name string) int {
	if s.lists.ofName == nil {
		s.lists.ofName = make(map[string]int)
	}
	if s.lists.ofName[name] == 0 {
		s.lists.ofName[name] = s.newID("size", 0)
	}
	return s.lists.ofName[name]
}

// namedBy tells the values of a list filter that is given and not inverted; nil
// when the list has to be walked.
func namedBy(where args, name string) []any {
	values, given := where[name].([]any)
	if !given || contains(where["negate"], name) {
		return nil
	}
	return values
}
