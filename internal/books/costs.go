package books

import "selvedge/internal/domain"

// NoCost is the note of a write-off that stands at 0: that the warehouse told no cost, or
// what it told in a currency that the entity does not book. told is in minor units.
func NoCost(told int64, currency string) string {
	if told <= 0 || currency == "" {
		return noCost
	}
	return noCost + "; the warehouse says " + domain.Format(told, currency)
}
