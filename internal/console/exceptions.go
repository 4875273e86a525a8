package console

import (
	"context"
	"slices"
	"strings"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
)

// ExceptionsData is what the pages of exceptions read.
type ExceptionsData interface {
	Cause(ctx context.Context, cause string) (ports.CauseGroup, error)
	CauseExceptions(ctx context.Context, cause string, limit int) ([]ports.OrderException, error)
}

// causesListed is how many causes the list of exceptions holds at most.
const causesListed = 200

type exceptionsPage struct {
	Causes []pressing
	Owners []string
	Owner  string
	Kind   string // only this kind, cause by cause; empty for all
	More   int    // causes that are not listed
	Count  int
}

func (v *visit) exceptions() error {
	p := exceptionsPage{Owner: v.r.URL.Query().Get("owner"), Kind: v.r.URL.Query().Get("kind")}
	for _, o := range []exceptions.Owner{exceptions.Ops, exceptions.Merchandising, exceptions.Finance, exceptions.Engineering} {
		p.Owners = append(p.Owners, string(o))
	}
	waiting, err := v.waiting()
	if err != nil {
		return err
	}
	p.Causes = waiting.ranked(p.Owner, p.Kind, v.now())
	p.Count, _ = sumWaiting(p.Causes)
	if p.More = len(p.Causes) - causesListed; p.More > 0 {
		p.Causes = p.Causes[:causesListed]
	}
	return v.show("exceptions", "Exceptions", p)
}

// ordersOfCause is how many orders of a cause its page lists.
const ordersOfCause = 100

type causePage struct {
	Cause     string
	Group     ports.CauseGroup
	Open      bool // something waits on it
	Text      exceptions.Text
	Kind      exceptions.Kind
	Allowed   []string // values that would be taken
	Orders    []causeRow
	Cutoff    time.Time // the next of a carrier that the orders may miss; zero when no rule tells one
	More      int       // orders that are not listed
	Rule      *ruleForm
	Resume    bool       // there are orders to free
	Answer    []question // of a return without an order, which is answered here
	Documents int        // that wait on it; they are answered on their page
	Reason    string
	Progress  *progressPart
}

// causeRow is one that waits on a cause, with what it says besides.
type causeRow struct {
	ports.OrderException
	Says string
}

func (v *visit) cause() error {
	cause := v.r.URL.Query().Get("cause")
	if cause == "" {
		cause = v.r.PostFormValue("cause")
	}
	if cause == "" {
		v.redirect("/exceptions")
		return nil
	}
	p := causePage{Cause: cause, Reason: v.refused("reason")}
	groups, err := v.c.o.Exceptions.Cause(v.ctx(), cause)
	if p.Open, err = found(err); err != nil {
		return err
	}
	if p.Progress, err = v.progress(cause); err != nil {
		return err
	}
	if v.polls() && !p.Progress.Look {
		v.redirect(causePath(cause)) // it has ended: show all of the page anew
		return nil
	}
	if !p.Open {
		kind, text := described(domain.Question{Kind: kindOf(cause), Cause: cause})
		p.Kind, p.Text = kind, text
		return v.show("cause", cause, p)
	}
	p.Group = groups
	p.Kind, p.Text = described(groups.Question())
	p.Allowed = allowed(groups.Problems)
	listed, err := v.c.o.Exceptions.CauseExceptions(v.ctx(), cause, ordersOfCause)
	if err != nil {
		return err
	}
	for _, e := range listed {
		p.Orders = append(p.Orders, causeRow{e, says(e, p.Text.What)})
		if orphan(e) {
			p.Answer = append(p.Answer, questionFrom(e))
		}
		if e.System == ports.DocumentsSystem && e.Order == (domain.OrderID{}) {
			p.Documents++
		}
	}
	waiting, err := v.waiting()
	if err != nil {
		return err
	}
	p.Cutoff = waiting.nextCutoff(cause, v.now())
	p.More, p.Resume = groups.Count-len(p.Orders), groups.Orders > 0
	if v.may(Operator) {
		if p.Rule, err = v.suggest(groups); err != nil {
			return err
		}
	}
	return v.show("cause", cause, p)
}

// suggest is the rule form that answers a cause, as far as it can be filled in.
func (v *visit) suggest(g ports.CauseGroup) (*ruleForm, error) {
	table, ok := mapping.AnsweredBy(g.Kind)
	if !ok || len(g.Problems) == 0 || g.Problems[0].Value == "" || g.Problems[0].Value == mapping.None {
		return nil, nil
	}
	rule := domain.Rule{Table: table, From: g.Problems[0].Value}
	if g.System != "" { // a warehouse's own word
		rule.Warehouse = g.System
	} else if table == domain.RuleCarrier {
		rule.Warehouse, _, _ = strings.Cut(strings.TrimPrefix(g.Cause, g.Kind+":"), ":")
	}
	form, err := v.ruleForm(rule, g.Cause)
	if err == nil {
		form.Known = slices.Compact(slices.Sorted(slices.Values(append(form.Known, allowed(g.Problems)...))))
	}
	return form, err
}

func (v *visit) resume() error {
	cause := v.r.PostFormValue("cause")
	v.act(ports.Act{Act: "resume-cause", Target: cause}, func(ctx context.Context) (string, error) {
		if v.field("reason") == "" {
			return "", refuse("Say why the orders can go on now. Nothing was freed.")
		}
		waiting, err := v.c.o.Exceptions.Cause(ctx, cause)
		if err != nil {
			return "", err
		}
		// Finance's documents can wait on the same cause: the next run takes them up.
		documents, err := v.c.o.Documents.AnswerDocuments(ctx, ports.DocumentAnswer{Cause: cause, Action: string(exceptions.Retry), By: v.who.Name, Reason: v.field("reason")}, v.now())
		if err != nil {
			return "", err
		}
		if waiting.Orders == 0 && documents > 0 {
			return plural(documents, "document") + " will be derived anew or sent again by the next run.", nil
		}
		if waiting.Orders == 0 {
			return "", refuse("No order waits on this cause; what is open is about a whole system and closes by itself.")
		}
		err = v.c.o.Engine.Resume(ctx, contract.ResumeInput{Cause: cause, By: v.who.Name, Reason: v.field("reason")})
		told := ""
		if documents > 0 {
			told = plural(documents, "document") + " go on with the next run. "
		}
		return told + "Freeing " + plural(waiting.Orders, "order") + ": one first, and the rest when that one has gone on. What comes of each is listed here.", err
	})
	return v.cause()
}

// described puts a question into plain words.
func described(q domain.Question) (exceptions.Kind, exceptions.Text) {
	kind, _ := exceptions.Lookup(q.Kind)
	return kind, exceptions.Describe(q)
}

// kindOf finds the kind that a cause begins with: the longest that is known.
func kindOf(cause string) string {
	kind := ""
	for _, k := range exceptions.All() {
		if (cause == k.Name || strings.HasPrefix(cause, k.Name+":")) && len(k.Name) > len(kind) {
			kind = k.Name
		}
	}
	return kind
}

func allowed(problems []domain.Refusal) []string {
	var values []string
	seen := map[string]bool{}
	for _, p := range problems {
		for _, value := range p.Allowed {
			if !seen[value] {
				seen[value], values = true, append(values, value)
			}
		}
	}
	return values
}
