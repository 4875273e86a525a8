package console

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// ReturnsData is what the list of returns and the page of an order read of them.
type ReturnsData interface {
	Returns(ctx context.Context, id domain.OrderID, open bool, limit int) ([]ports.ReturnRecord, error)
}

// returnsListed is how many returns are listed.
const returnsListed = 100

// returned is a return as its workflow last saw it.
type returned struct {
	ports.ReturnRecord
	At    contract.ReturnAssessment
	State string // settled, needs-attention, waiting or open
	WebUI string
}

type returnsPage struct {
	All     bool // settled ones too
	Returns []returned
	Cut     bool // there are more
}

func (v *visit) returns() error {
	p := returnsPage{All: v.r.URL.Query().Get("all") != ""}
	var err error
	if p.Returns, err = v.readReturns(domain.OrderID{}, !p.All, returnsListed+1); err != nil {
		return err
	}
	if p.Cut = len(p.Returns) > returnsListed; p.Cut {
		p.Returns = p.Returns[:returnsListed]
	}
	return v.show("returns", "Returns", p)
}

func (v *visit) readReturns(id domain.OrderID, open bool, limit int) ([]returned, error) {
	records, err := v.c.o.Returns.Returns(v.ctx(), id, open, limit)
	if err != nil {
		return nil, err
	}
	var list []returned
	for _, r := range records {
		one := returned{ReturnRecord: r, WebUI: v.c.o.Links.workflow(contract.ReturnWorkflowID(r.Order, r.Number))}
		if err := json.Unmarshal(r.View, &one.At); err != nil {
			return nil, fmt.Errorf("read return %d of %s: %w", r.Number, r.Order, err)
		}
		one.State = standing(r.SettledAt, one.At)
		list = append(list, one)
	}
	return list, nil
}

// refundRules are the rules that said what goes back of returns, as they were then.
func (v *visit) refundRules(list []returned) (map[int64]domain.Rule, error) {
	var versions []int64
	for _, r := range list {
		for _, m := range r.At.Money {
			versions = append(versions, m.Rules...)
		}
	}
	rules, err := v.c.o.Rules.RuleVersions(v.ctx(), versions)
	named := make(map[int64]domain.Rule, len(rules))
	for _, r := range rules {
		named[r.Version] = r
	}
	return named, err
}

// standing says in a word where a return stands.
func standing(settled time.Time, at contract.ReturnAssessment) string {
	switch {
	case !settled.IsZero():
		return "settled"
	case len(at.Questions) > 0:
		return "needs-attention"
	case len(at.Waiting) > 0:
		return "waiting"
	}
	return "open"
}
