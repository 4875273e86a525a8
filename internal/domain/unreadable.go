package domain

// KindUnreadable is the kind of exception of an order that cannot be read from the shop.
const KindUnreadable = "unreadable-order"

// UnreadableCause is the cause of that exception. Each order has its own: whatever
// mends it is found by reading that order again.
func UnreadableCause(id OrderID) string { return NewCause(KindUnreadable, id.String()) }

// UnreadableFact says that the shop's order is there and cannot be read, so that what
// we hold of it may be out of date.
type UnreadableFact struct {
	Problems []Refusal `json:"problems"`
}

// Unreadable answers the question about an order whose newest reading failed: neither
// new content nor a plain reading has come since. ok is false where none is open.
func Unreadable(id OrderID, facts []Fact) (q Question, ok bool, err error) {
	for _, f := range facts {
		switch f.Kind {
		case FactUnreadable:
			told, err := Decode[UnreadableFact](f)
			if err != nil {
				return Question{}, false, err
			}
			q, ok = Question{Kind: KindUnreadable, Cause: UnreadableCause(id), Problems: told.Problems}, true
		case FactReadable, FactContent:
			q, ok = Question{}, false
		}
	}
	return q, ok, nil
}
