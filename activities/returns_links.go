package activities

import (
	"context"
	"fmt"
	"strings"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// comment is what a return is created with in the shop: our reference, and the credit
// memos that it is credited by. Their keys are known before they are posted, and the shop
// takes a comment on a return at no other time.
func (s *returnStep) comment() string {
	text := fmt.Sprintf("Return %d of order %s, %s.", s.plan.Return, s.order.ID.Number, contract.ReturnReference(s.order.ID, s.plan.Return))
	if len(s.plan.Links) == 0 {
		return text + " Documents of it carry the same reference."
	}
	return text + " Credit memo: " + strings.Join(s.plan.Links, ", ") + "."
}

// stood tells whether the plan was done at the other side before this step: then what it
// names now is news, and not in its comment.
func (s *returnStep) stood() bool {
	stood := false
	for _, f := range s.record.Facts {
		if w, err := domain.Decode[domain.ReturnWritten](f); f.Kind == domain.FactReturnWritten && err == nil && w.Key == s.plan.Key {
			stood = w.Stage == domain.StageDone || w.Stage == domain.StageLinked
		}
	}
	return stood
}

// nameMemos tells the shop the credit memos of a return that was not created with them:
// somebody made it by hand, or was quicker. The shop cannot change a return's comment, so
// the order's is told. A second run finds the line there.
func (s *returnStep) nameMemos(ctx context.Context, w domain.ReturnWritten) (domain.ReturnWritten, error) {
	for _, key := range s.plan.Links {
		line := fmt.Sprintf("Return %s: credit memo %s", w.ID, key)
		if number := s.numberOf(key); number != "" {
			line += ", " + number
		}
		if err := s.Shipments.Shop.Comment(ctx, s.order.ID, line); err != nil {
			return domain.ReturnWritten{}, err
		}
	}
	w.Stage, w.Links = domain.StageLinked, linksOf(s.record.Facts, s.plan)
	return w, nil
}

// numberOf is how accountants know a credit memo; empty where the ledger gives no number.
func (s *returnStep) numberOf(document string) string {
	for _, f := range s.record.Facts {
		w, err := domain.Decode[domain.ReturnWritten](f)
		if f.Kind != domain.FactReturnWritten || err != nil || w.Kind != domain.PlanCredit {
			continue
		}
		if key, err := domain.NewDocumentKey(domain.DocCreditMemo, 0, w.Key); err == nil && string(key) == document && w.Number != "" {
			return w.Number
		}
	}
	return ""
}
