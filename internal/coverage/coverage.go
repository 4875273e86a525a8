// Package coverage finds what no rule gives a meaning to before an order meets it: it
// asks the rules about everything that shop and warehouses can say. Pure.
package coverage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/mapping"
)

// Service is a shipping service as a warehouse offers it. No countries means that the
// warehouse does not say which it serves.
type Service struct {
	Code, Carrier string
	Countries     []string
	Active        bool
}

// Warehouse is what one warehouse says. A nil list was not read.
type Warehouse struct {
	Key          string
	Services     []Service
	Statuses     []string // of stock, in its own words
	Dispositions []string // of returns, likewise
}

// Input is all that can be said. A nil list was not read, and nothing is said about it.
type Input struct {
	Methods    []domain.OfferedMethod
	Markets    []domain.OfferedMarket
	Sizes      []domain.CatalogueSize
	Warehouses []Warehouse
	Rules      *mapping.Rules
	Now        time.Time
}

// Sources of gaps.
const (
	SourceMethods      = "centra shipping options"
	SourceMarkets      = "centra markets"
	SourceSizes        = "centra products"
	SourceServices     = "services"
	SourceStatuses     = "stock statuses"
	SourceDispositions = "return dispositions"
)

// notDeliverable is the kind of a rule that names a service which a warehouse does not have.
const notDeliverable = "not-deliverable"

// Find lists what is missing, and the lists that were compared for it.
func Find(in Input) (gaps []domain.CoverageGap, compared []domain.CoverageList) {
	f := &finder{Input: in, seen: map[[3]string]int{}}
	f.methods()
	f.markets()
	f.sizes()
	for _, w := range in.Warehouses {
		f.services(w)
		f.words(w)
	}
	return f.gaps, f.compared
}

type finder struct {
	Input
	gaps     []domain.CoverageGap
	seen     map[[3]string]int
	compared []domain.CoverageList
}

func (f *finder) compare(source, scope string) {
	f.compared = append(f.compared, domain.CoverageList{Source: source, Scope: scope})
}

func (f *finder) add(source, scope, kind, cause, value, detail string) {
	at := [3]string{source, scope, cause}
	if _, known := f.seen[at]; known {
		return
	}
	f.seen[at] = len(f.gaps)
	k, _ := exceptions.Lookup(kind)
	f.gaps = append(f.gaps, domain.CoverageGap{Source: source, Scope: scope, Kind: kind, Cause: cause, Owner: string(k.Owner), Value: value, Detail: detail})
}

func (f *finder) miss(source, scope string, m *mapping.Miss, detail string) {
	f.add(source, scope, m.Kind, m.Question().Cause, m.Value, detail)
}

// countries are all that the shop sells to: an order of any method may go there.
func (f *finder) countries() []string {
	var all []string
	for _, m := range f.Markets {
		all = append(all, m.Countries...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// methods asks for each method, warehouse and country, as an order would.
func (f *finder) methods() {
	if f.Methods == nil || f.Markets == nil {
		return
	}
	countries := f.countries()
	if len(countries) == 0 {
		countries = []string{""}
	}
	for _, w := range f.Warehouses {
		list := domain.CoverageList{Source: SourceMethods, Scope: w.Key}
		if w.Services == nil {
			list.Except = notDeliverable // who is away does not say what it delivers
		}
		f.compared = append(f.compared, list)
		for _, m := range f.Methods {
			if m.Active {
				f.method(w, m, countries)
			}
		}
	}
}

func (f *finder) method(w Warehouse, m domain.OfferedMethod, countries []string) {
	var unmapped []string
	var miss *mapping.Miss
	wrong := map[string][]string{} // why → countries
	services := map[string]string{}
	for _, country := range countries {
		service, _, missed := f.Rules.ShippingMethod(w.Key, country, m.Ref)
		if missed != nil {
			unmapped, miss = append(unmapped, country), missed
			continue
		}
		if why := w.refuses(service, country); why != "" {
			wrong[why] = append(wrong[why], country)
			services[why] = service
		}
	}
	if miss != nil {
		f.miss(SourceMethods, w.Key, miss, "no rule says by which service "+w.Key+" sends it"+named(unmapped, countries))
	}
	for why, where := range wrong {
		service := services[why]
		f.add(SourceMethods, w.Key, notDeliverable, domain.NewCause(notDeliverable, w.Key, service, label(m.Ref)), label(m.Ref),
			fmt.Sprintf("its rule says service %s, which %s%s", service, why, named(where, countries)))
	}
}

func label(r domain.Ref) string {
	for _, s := range []string{r.Name, r.URI, r.ID} {
		if strings.TrimSpace(s) != "" {
			return s
		}
	}
	return mapping.None
}

// named lists countries, unless it is all of them.
func named(some, all []string) string {
	if len(some) == len(all) {
		return ""
	}
	return " to " + strings.Join(some, ", ")
}

// refuses says why an order by a service would be sent back; empty when it would not,
// or when nobody knows.
func (w Warehouse) refuses(service, country string) string {
	if len(w.Services) == 0 {
		return ""
	}
	i := slices.IndexFunc(w.Services, func(s Service) bool { return s.Code == service })
	switch {
	case i < 0:
		return "is none of " + w.Key + "'s"
	case !w.Services[i].Active:
		return "is switched off at " + w.Key
	case country != "" && len(w.Services[i].Countries) > 0 && !slices.Contains(w.Services[i].Countries, country):
		return "does not deliver"
	}
	return ""
}

func (f *finder) markets() {
	if f.Markets == nil {
		return
	}
	stores := map[string]bool{}
	for _, m := range f.Markets {
		if !stores[m.Store] {
			stores[m.Store] = true
			f.compare(SourceMarkets, m.Store)
		}
		if _, miss := f.Rules.Market(m.Store, m.Ref); miss != nil {
			f.miss(SourceMarkets, m.Store, miss, "no rule says which entity sells there")
		}
	}
}

func (f *finder) sizes() {
	if f.Sizes == nil {
		return
	}
	keys := map[string]bool{}
	for _, w := range f.Warehouses {
		keys[w.Key] = true
		f.compare(SourceSizes, w.Key)
	}
	for _, size := range f.Sizes {
		for _, w := range size.Warehouses {
			if !keys[w] {
				continue
			}
			if _, _, miss := f.Rules.Item(w, size.SKU, size.EAN); miss != nil {
				f.miss(SourceSizes, w, miss, "size "+size.Item.Size+" of "+size.Name)
			}
		}
	}
}

// services asks for the carrier and the cut-off of each service that orders go by.
func (f *finder) services(w Warehouse) {
	if w.Services == nil {
		return
	}
	f.compare(SourceServices, w.Key)
	used := f.used(w)
	for _, s := range w.Services {
		if !s.Active || !used[s.Code] {
			continue
		}
		if _, _, miss := f.Rules.Carrier(w.Key, s.Carrier); miss != nil {
			f.miss(SourceServices, w.Key, miss, "no rule says what the shop calls this carrier, by which service "+s.Code+" goes")
		}
		if _, miss := f.Rules.Cutoff(w.Key, s.Code, f.Now); miss != nil {
			f.miss(SourceServices, w.Key, miss, "no rule says by when an order has to be there to leave the same day")
		}
	}
}

// used are the services that some method is mapped to here.
func (f *finder) used(w Warehouse) map[string]bool {
	used := map[string]bool{}
	countries := append(f.countries(), "")
	for _, m := range f.Methods {
		for _, country := range countries {
			if service, _, miss := f.Rules.ShippingMethod(w.Key, country, m.Ref); miss == nil {
				used[service] = true
			}
		}
	}
	return used
}

// words asks for the meaning of what the warehouse says of stock and returns.
func (f *finder) words(w Warehouse) {
	if w.Statuses != nil {
		f.compare(SourceStatuses, w.Key)
	}
	for _, status := range w.Statuses {
		if _, _, miss := f.Rules.StockStatus(w.Key, status); miss != nil {
			f.miss(SourceStatuses, w.Key, miss, "its units are withheld until a rule says sellable or withheld")
		}
	}
	if w.Dispositions != nil {
		f.compare(SourceDispositions, w.Key)
	}
	for _, disposition := range w.Dispositions {
		if _, miss := f.Rules.Disposition(w.Key, disposition, ""); miss != nil {
			f.miss(SourceDispositions, w.Key, miss, "no rule says what becomes of such a unit")
		}
	}
}
