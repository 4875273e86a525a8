package console

import (
	"net/url"
	"strings"

	"selvedge/internal/domain"
)

// Links say where an order is found in other systems; each may be empty.
type Links struct {
	TemporalUI string // address of the Web UI, such as http://localhost:8080
	Namespace  string
	// ShopOrder is the address of an order in the shop's admin, with {number} and {ref} in it.
	ShopOrder string
}

func (l Links) workflow(id string) string {
	if l.TemporalUI == "" {
		return ""
	}
	return strings.TrimRight(l.TemporalUI, "/") + "/namespaces/" + url.PathEscape(l.Namespace) + "/workflows/" + url.PathEscape(id)
}

func (l Links) shop(o domain.Order) string {
	if l.ShopOrder == "" {
		return ""
	}
	return strings.NewReplacer("{number}", url.PathEscape(o.ID.Number), "{ref}", url.PathEscape(o.ShopRef)).Replace(l.ShopOrder)
}

func orderPath(id domain.OrderID) string {
	return "/orders/" + url.PathEscape(id.Store) + "/" + url.PathEscape(id.Number)
}

func causePath(cause string) string { return "/exceptions/cause?cause=" + url.QueryEscape(cause) }
