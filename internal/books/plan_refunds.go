package books

import "selvedge/internal/domain"

// refunds plans a document for each refund that was made: one that was only asked for,
// or failed, is none.
func (p *plan) refunds() error {
	seen := map[string]bool{}
	for _, d := range p.firm("", domain.DocRefund) {
		seen[d.Return] = true
	}
	for _, f := range p.Facts {
		if f.Kind != domain.FactReturnWritten {
			continue
		}
		w, err := domain.Decode[domain.ReturnWritten](f)
		if err != nil {
			return err
		}
		done := w.Stage == domain.StageDone || w.Stage == domain.StageLinked
		if w.Kind != domain.PlanRefund || !done || w.Amount <= 0 || seen[w.Key] {
			continue
		}
		seen[w.Key] = true
		d := domain.Document{
			Kind: domain.DocRefund, Return: w.Key, ReturnRef: w.ID, Reference: w.ID, Payment: label(p.Order.PaymentMethod), Method: "original",
			Lines: []domain.DocumentLine{{Ref: "payment", Kind: domain.DocLinePayment, Gross: w.Amount}},
		}
		if err := p.add(d, []string{w.Key}, 0, f.At, nil); err != nil {
			return err
		}
	}
	return nil
}
