package centra

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// token is an API token. The integration name, not the token, owns the event
// queue and the ID conversions.
type token struct {
	integration string
	permissions []string // empty = all
	storeID     int      // 0 = every store
	expires     time.Time
	revoked     bool
}

func (t *token) may(permission string) bool {
	return len(t.permissions) == 0 || slices.Contains(t.permissions, permission) || slices.Contains(t.permissions, "*")
}

// sees tells whether the token's store restriction lets an object through.
func (t *token) sees(storeID int) bool { return t.storeID == 0 || t.storeID == storeID }

// authenticate finds the token of a request: Bearer header, or the cookie that
// the playground uses. Unknown, revoked and expired tokens are all the same.
func (s *Simulator) authenticate(r *http.Request) *token {
	secret, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		cookie, err := r.Cookie("graphql-access")
		if err != nil {
			return nil
		}
		secret = cookie.Value
	}
	t := s.tokens[strings.TrimSpace(secret)]
	if t == nil || t.revoked || (!t.expires.IsZero() && !s.now().Before(t.expires)) {
		return nil
	}
	return t
}

// denied lists an errors[] element for each permission that the token lacks.
func (p *plan) denied(t *token) []gqlError {
	var out []gqlError
	for _, n := range p.needs {
		if t.may(n.permission) {
			continue
		}
		out = append(out, gqlError{
			Message:    fmt.Sprintf("You do not have permission %q required to access field %q", n.permission, n.field),
			Extensions: map[string]string{"category": "authorization"},
			Locations:  []location{{n.at.Line, n.at.Column}},
		})
	}
	return out
}

// permissionsFor names what a token needs for a field: the permission of the
// type it leads to, and the nested one of a sensitive part.
func permissionsFor(f *ast.Field, s *schema) []string {
	parent, name := f.ObjectDefinition.Name, f.Name
	if strings.HasPrefix(name, "__") || strings.HasPrefix(parent, "__") {
		return nil
	}
	if parent == "Mutation" {
		return []string{mutationPermission(name)}
	}
	var out []string
	if nested := nestedPermission(parent, name); nested != "" {
		out = append(out, nested)
	}
	if def := s.Types[f.Definition.Type.Name()]; def != nil {
		if base := typePermission(def.Name); base != "" {
			out = append(out, base)
		}
	}
	if parent == "Counters" {
		out = append(out, map[string]string{"orders": "Order:read", "products": "Product:read", "customers": "Customer:read"}[name])
	}
	return out
}

func mutationPermission(name string) string {
	switch name {
	case "setOrdersLock":
		return "Order.isLocked:write"
	case "releaseRemainingOrderAuthorization":
		return "Payment.cancel:write"
	case "createShipment", "updateShipment", "captureShipment", "completeShipment":
		return "Shipment:write"
	case "createReturn", "completeReturn", "uncompleteReturn", "deleteReturn", "refundReturn":
		return "Return:write"
	case "changeStock", "setStock":
		return "StockChange:write"
	case "setEventListeners", "unsetEventListeners", "confirmEvents":
		return "Event:write"
	case "setIdConversions", "unsetIdConversions":
		return "IdConversion:write"
	case "assignAttributes":
		return "Attribute:write"
	default:
		return "Order:write"
	}
}

func nestedPermission(parent, field string) string {
	switch parent {
	case "Order", "DirectToConsumerOrder", "WholesaleOrder":
		switch field {
		case "shippingAddress", "billingAddress", "internalComment", "attributes":
			return "Order." + field + ":read"
		case "paymentHistory":
			return "PaymentHistory:read"
		}
	case "Shipment", "DirectToConsumerShipment", "WholesaleShipment":
		if field == "shippingAddress" {
			return "Order.shippingAddress:read"
		}
	case "ProductSize":
		if field == "stock" || field == "stockTotals" {
			return "ProductSize." + field + ":read"
		}
	case "Warehouse":
		if field == "stock" || field == "stockTotals" {
			return "Warehouse." + field + ":read"
		}
	case "Return", "DirectToConsumerReturn", "WholesaleReturn":
		if field == "comment" {
			return "Return.comment:read"
		}
		if field == "refundPaymentHistory" {
			return "PaymentHistory:read"
		}
	}
	return ""
}

func typePermission(name string) string {
	switch name {
	case "Order", "DirectToConsumerOrder", "WholesaleOrder", "OrderConnection", "OrderLine", "ProductOrderLine":
		return "Order:read"
	case "Shipment", "DirectToConsumerShipment", "WholesaleShipment", "ShipmentConnection":
		return "Shipment:read"
	case "Return", "DirectToConsumerReturn", "WholesaleReturn":
		return "Return:read"
	case "PaymentHistoryEntry":
		return "PaymentHistory:read"
	case "StockChangeConnection", "StockChange", "StockChangeLine":
		return "StockChange:read"
	case "EventListener":
		return "Event:read"
	case "IdConversionEntry":
		return "IdConversion:read"
	case "Bundle":
		return "Product:read"
	case "Event", "Product", "ProductVariant", "ProductSize", "Warehouse", "Market", "Store", "Pricelist", "Customer", "Buyer", "Account":
		return name + ":read"
	}
	return ""
}

// authorizationError is a permission that only the data shows to be needed.
type authorizationError struct{ permission, field string }

func (e authorizationError) Error() string {
	return fmt.Sprintf("You do not have permission %q required to access field %q", e.permission, e.field)
}
