package mapping

import (
	"slices"

	"selvedge/internal/domain"
)

// KindAdjustmentReason is the question what a warehouse means by a reason of its books.
const KindAdjustmentReason = "unmapped:adjustment-reason"

// AdjustmentStock is the answer of a rule for a reason that moves stock alone.
const AdjustmentStock = "stock"

// adjustmentLosses are the other answers, with the contract's reasons that they stand for.
var adjustmentLosses = map[string]string{
	"ber": "ber_write_off", "donated": "donated", "recycled": "recycled", "returned-to-brand": "returned_to_brand", "lost": "lost",
}

func adjustmentMeanings() []string {
	meanings := []string{AdjustmentStock}
	for m := range adjustmentLosses {
		meanings = append(meanings, m)
	}
	slices.Sort(meanings)
	return meanings
}

// AdjustmentReason gives the contract's reason that a warehouse's own one stands for;
// empty where it moves stock alone. A reason without a rule is a miss: nothing is booked
// for it, and somebody is asked once for the warehouse.
func (rs *Rules) AdjustmentReason(warehouse, reason string) (meaning string, miss *Miss) {
	in := scope{warehouse: warehouse}
	found := rs.find(domain.RuleAdjustmentReason, in, reason)
	if len(found) == 1 {
		if found[0].To == AdjustmentStock {
			return "", nil
		}
		if meaning, known := adjustmentLosses[found[0].To]; known {
			return meaning, nil
		}
	}
	return "", rs.missed(Miss{
		Kind: KindAdjustmentReason, System: warehouse, Field: "reason", Value: reason, Code: "reason_unknown",
		Detail: "nothing is booked for it until a rule says which loss it is, or that it moves stock alone",
	}, domain.RuleAdjustmentReason, in, found)
}
