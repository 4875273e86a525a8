package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
)

// KindEntity is the question about an entity whose books are not known.
const KindEntity = "unmapped:entity"

// Keys of an entity rule besides currency and timezone.
const (
	extraLedger = "ledger" // which ledger keeps its books; may be left out where only one is configured
	extraLate   = "late"   // what becomes of a document for a closed period: post or ask
	// extraWarehouses are those whose stock the entity owns, with commas between.
	extraWarehouses = "warehouses"
)

// Answers of an entity rule's key late.
const (
	LatePost = "post" // in the first open period, flagged
	LateAsk  = "ask"  // finance decides
)

// Entity is a legal entity and where its books are kept.
type Entity struct {
	Code       string // ours, as market rules name it
	Ref        string // the ledger's own id of it, such as a NetSuite subsidiary
	Ledger     string // empty where only one is configured
	Zone       *time.Location
	Currencies []string
	Late       string   // LatePost or LateAsk
	Warehouses []string // whose stock is the entity's, for what belongs to no order
	Rules      map[string]int64
}

// Entity gives the books of an entity. A rule without a time zone or a currency is a
// miss as no rule is: a date or a currency is never guessed.
func (rs *Rules) Entity(code string) (Entity, *Miss) {
	found := rs.find(domain.RuleEntity, scope{}, code)
	m := Miss{Kind: KindEntity, System: "selvedge", Field: "entity", Value: code, Code: "entity_unknown", Detail: "its documents wait, the goods do not"}
	if len(found) != 1 {
		return Entity{}, rs.missed(m, domain.RuleEntity, scope{}, found)
	}
	r := found[0]
	zone, known := zoneNamed(r.Extra[extraTimezone])
	currencies, unknown := currenciesOf(r.Extra[extraCurrency])
	late, ok := lateOf(r.Extra[extraLate])
	if !known || len(currencies) == 0 || len(unknown) > 0 || !ok {
		m.Detail = fmt.Sprintf("its rule says time zone %q, currencies %q and late %q, which cannot be read", r.Extra[extraTimezone], r.Extra[extraCurrency], r.Extra[extraLate])
		return Entity{}, rs.missed(m, domain.RuleEntity, scope{}, nil)
	}
	return Entity{
		Code: r.From, Ref: r.To, Ledger: r.Extra[extraLedger], Zone: zone, Currencies: currencies, Late: late,
		Warehouses: warehousesOf(r.Extra[extraWarehouses]),
		Rules:      map[string]int64{string(domain.RuleEntity): r.Version},
	}, nil
}

// EntityOf gives the entity that sells in an order's market, with its books. What is
// missing on the way (the market's rule, the entity's, the order's currency among the
// entity's) is one question of kind unmapped:entity: no order is held for it, and no
// document falls to a default.
func (rs *Rules) EntityOf(o domain.Order) (Entity, *domain.Question) {
	market, miss := rs.Market(o.ID.Store, o.Market)
	if miss != nil {
		miss.Kind = KindEntity
		q := miss.Question()
		q.Step = ""
		return Entity{}, &q
	}
	e, miss := rs.Entity(market.Entity)
	if miss == nil && !slices.Contains(e.Currencies, o.Currency) {
		miss = &Miss{
			Kind: KindEntity, System: "selvedge", Field: "currency", Value: e.Code + " " + o.Currency, Code: "currency_unknown",
			Detail: "entity " + e.Code + " books " + strings.Join(e.Currencies, ", "),
		}
	}
	if miss != nil {
		q := miss.Question()
		q.Step = ""
		return Entity{}, &q
	}
	e.Rules[string(domain.RuleMarket)] = market.Version
	return e, nil
}

// Sells tells whether a rule of any store says who sells in a market.
func (rs *Rules) Sells(market string) bool {
	return slices.ContainsFunc(rs.tables[domain.RuleMarket], func(r domain.Rule) bool { return fold(r.From) == fold(market) })
}

// EntityOfStock gives the entity that owns the stock of a warehouse: the one whose rule
// lists it. None, or more than one, is a question of kind unmapped:entity.
func (rs *Rules) EntityOfStock(warehouse string) (Entity, *domain.Question) {
	var owners []Entity
	for _, e := range rs.Entities() {
		if slices.ContainsFunc(e.Warehouses, func(w string) bool { return fold(w) == fold(warehouse) }) {
			owners = append(owners, e)
		}
	}
	if len(owners) == 1 {
		return owners[0], nil
	}
	m := Miss{
		Kind: KindEntity, System: "selvedge", Field: "warehouse", Value: warehouse, Code: "stock_owner_unknown",
		Detail: "name the warehouse in warehouses= of the entity that owns its stock",
	}
	if len(owners) > 1 {
		m.Code, m.Detail = "stock_owner_ambiguous", "the rules of "+owners[0].Code+" and "+owners[1].Code+" both name it in warehouses=: leave it in one"
	}
	q := m.Question()
	q.Step = ""
	return Entity{}, &q
}

func warehousesOf(list string) (names []string) {
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ';' }) {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Entities lists every entity whose rule can be read, by code.
func (rs *Rules) Entities() []Entity {
	var all []Entity
	for _, r := range rs.tables[domain.RuleEntity] {
		if e, miss := rs.Entity(r.From); miss == nil {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b Entity) int { return strings.Compare(a.Code, b.Code) })
	return slices.CompactFunc(all, func(a, b Entity) bool { return a.Code == b.Code })
}

// currenciesOf reads codes with spaces, commas or slashes between, in the order given.
func currenciesOf(list string) (known, unknown []string) {
	for _, code := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(" ,/;", r) }) {
		if _, ok := domain.MinorUnits(code); !ok {
			unknown = append(unknown, code)
		} else if !slices.Contains(known, code) {
			known = append(known, code)
		}
	}
	return known, unknown
}

func lateOf(s string) (string, bool) {
	switch s {
	case "", LatePost:
		return LatePost, true
	case LateAsk:
		return LateAsk, true
	}
	return "", false
}

// checkEntity checks what an entity rule asks beyond from and to.
func checkEntity(r domain.Rule, complain func(field, value, message string)) {
	if _, ok := zoneNamed(r.Extra[extraTimezone]); !ok && !r.Retired {
		complain(extraTimezone, r.Extra[extraTimezone], "is no time zone; give the entity's own, such as Europe/London: business dates are taken in it")
	}
	currencies, unknown := currenciesOf(r.Extra[extraCurrency])
	for _, code := range unknown {
		complain(extraCurrency, code, "is no ISO 4217 code; give those that the entity books, such as GBP EUR")
	}
	if len(currencies)+len(unknown) == 0 && !r.Retired {
		complain(extraCurrency, "", "is empty; give the currencies that the entity books, such as GBP EUR")
	}
	if _, ok := lateOf(r.Extra[extraLate]); !ok {
		complain(extraLate, r.Extra[extraLate], "means nothing; give post (in the first open period) or ask, or leave it out for post")
	}
}
