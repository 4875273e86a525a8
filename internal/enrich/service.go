package enrich

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"selvedge/internal/domain"
)

// OverrideService is the key under which a person's answer names the shipping
// service; followed by a colon and a warehouse it counts for that one alone.
const OverrideService = "shippingService"

// Service is a shipping service as a warehouse offers it. No countries means that
// the warehouse does not say which it serves.
type Service struct {
	Code      string
	Countries []string
	Active    bool
}

// service chooses the shipping service: a person's answer, else the rule. Without a
// country of delivery nothing can be said about services; Validate asks for the
// country, and what follows from it is asked once it is there.
func (c *completion) service(p *Part) {
	if c.in.Order.Country == "" {
		return
	}
	service := cmp.Or(c.in.Overrides[OverrideService+":"+p.Warehouse], c.in.Overrides[OverrideService])
	if service == "" {
		ruled, version, miss := c.in.Rules.ShippingMethod(p.Warehouse, c.in.Order.Country, c.in.Order.ShippingMethod)
		if miss != nil {
			q := miss.Question()
			q.Problems[0].Allowed = firstNonEmpty(q.Problems[0].Allowed, c.serving(p.Warehouse))
			c.ask(q)
			return
		}
		service = ruled
		p.Rules["shipping-method"] = version
	}
	p.Service = service
	c.deliverable(p.Warehouse, service)
}

func firstNonEmpty(a, b []string) []string {
	if len(a) > 0 {
		return a
	}
	return b
}

func (c *completion) services(warehouse string) []Service {
	if c.in.Services == nil {
		return nil
	}
	return c.in.Services(warehouse)
}

func (s Service) serves(country string) bool {
	return len(s.Countries) == 0 || slices.Contains(s.Countries, country)
}

// serving lists the services that would take this order.
func (c *completion) serving(warehouse string) []string {
	var codes []string
	for _, s := range c.services(warehouse) {
		if s.Active && s.serves(c.in.Order.Country) {
			codes = append(codes, s.Code)
		}
	}
	slices.Sort(codes)
	return codes
}

// deliverable asks when the warehouse is known not to carry the order by the service.
func (c *completion) deliverable(warehouse, service string) {
	offered := c.services(warehouse)
	if len(offered) == 0 {
		return
	}
	code, why := "shipping_service_unknown", "is not among the services of warehouse "+warehouse
	if i := slices.IndexFunc(offered, func(s Service) bool { return s.Code == service }); i >= 0 {
		switch s := offered[i]; {
		case !s.Active:
			code, why = "shipping_service_unavailable", "is switched off at warehouse "+warehouse
		case !s.serves(c.in.Order.Country):
			code, why = "country_not_served", "of warehouse "+warehouse+" does not serve "+c.in.Order.Country
		default:
			return
		}
	}
	allowed := c.serving(warehouse)
	remedy := "no service of the warehouse serves the country: withdraw the order"
	if len(allowed) > 0 {
		remedy = "choose one of " + strings.Join(allowed, ", ") + " by rule or by override"
	}
	c.ask(domain.Question{
		Kind: KindNotDeliverable, Cause: domain.NewCause(KindNotDeliverable, warehouse, service, c.in.Order.Country), Step: domain.StepSubmit,
		Problems: []domain.Refusal{{
			Code: code, Field: OverrideService, Value: service, Allowed: allowed,
			Message: fmt.Sprintf("shipping service %s %s; %s", service, why, remedy),
		}},
	})
}
