package store

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// system is our name in faults.
const system = "store"

// constraints says in plain words what a broken constraint means.
var constraints = map[string]fault.Fault{
	"orders_status":         {Kind: fault.Invalid, Code: "status", Message: "the order's status is none that we know"},
	"orders_closed_state":   {Kind: fault.Invalid, Code: "state", Message: "an order cannot be closed in this state: it is none that we know"},
	"orders_named":          {Kind: fault.Invalid, Code: "order_id", Message: "an order needs a store and a number"},
	"facts_named":           {Kind: fault.Invalid, Code: "fact", Message: "a fact needs a kind and a key"},
	"facts_key":             {Kind: fault.Unavailable, Code: "fact", Message: "the same fact was written at the same moment: do it again"},
	"facts_pk":              {Kind: fault.Unavailable, Code: "fact", Message: "another fact was written at the same moment: do it again"},
	"facts_order":           {Kind: fault.NotFound, Code: "order", Message: "the order is unknown"},
	"unclaimed_facts_named": {Kind: fault.Invalid, Code: "fact", Message: "a fact needs a kind and a key"},
	"consignments_named":    {Kind: fault.Invalid, Code: "consignment", Message: "a consignment needs a warehouse and a number"},
	"consignments_order":    {Kind: fault.NotFound, Code: "order", Message: "the order is unknown"},
	"attempts_order":        {Kind: fault.NotFound, Code: "order", Message: "the order is unknown"},
	"order_lines_order":     {Kind: fault.NotFound, Code: "order", Message: "the order is unknown"},
	"exceptions_holder":     {Kind: fault.Invalid, Code: "exception", Message: "an exception needs an order (store and number) or a system"},
	"exceptions_named":      {Kind: fault.Invalid, Code: "exception", Message: "an exception needs a kind and a cause"},
	"exceptions_open":       {Kind: fault.Unavailable, Code: "exception", Message: "the same exception was opened at the same moment: do it again"},
	"rules_tbl":             {Kind: fault.Invalid, Code: "table", Message: "there is no such mapping table"},
	"rules_named":           {Kind: fault.Invalid, Code: "rule", Message: "a rule needs the value it is for (from) and an author"},
	"users_pk":              {Kind: fault.Conflict, Code: "user", Message: "there is a user of that name already"},
	"users_role":            {Kind: fault.Invalid, Code: "role", Message: "a role is viewer, operator or admin"},
	"users_named":           {Kind: fault.Invalid, Code: "user", Message: "a user's name is 2 to 40 small letters, digits, dots, underscores and hyphens, and begins with a letter or digit"},
	"sessions_user":         {Kind: fault.NotFound, Code: "user", Message: "there is no user of that name"},
	"audit_named":           {Kind: fault.Invalid, Code: "audit", Message: "an act needs who did what"},
	"orders_state":          {Kind: fault.Invalid, Code: "state", Message: "the order's state is none that we know"},
	"item_attributes_named": {Kind: fault.Invalid, Code: "attribute", Message: "an item attribute needs a warehouse, an item and the attribute's name"},
}

// toFault turns whatever a statement answered into a fault. It is the only place
// that knows constraint names and SQL states. Trouble with the connection is
// Unavailable even when a commit may have gone through, because every write of
// this package may be repeated.
func toFault(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := fault.As(err); ok {
		return err
	}
	var pg *pgconn.PgError
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	var scan pgx.ScanArgError
	switch {
	case errors.As(err, &syntax), errors.As(err, &mismatch), errors.As(err, &scan):
		return &fault.Fault{Kind: fault.Invalid, System: system, Op: op, Code: "stored", Message: "what is stored cannot be read by this program", Err: err}
	case errors.Is(err, pgx.ErrNoRows):
		return &fault.Fault{Kind: fault.NotFound, System: system, Op: op, Message: "nothing stored under this key"}
	case errors.As(err, &pg):
		return fromPostgres(op, pg)
	}
	return &fault.Fault{Kind: fault.Unavailable, System: system, Op: op, Message: "the database does not answer", Err: err}
}

// fromPostgres reads an answer of the server. Its detail and hint are left out:
// they quote values.
func fromPostgres(op string, pg *pgconn.PgError) error {
	if f, ok := constraints[pg.ConstraintName]; ok && pg.ConstraintName != "" {
		f.System, f.Op = system, op
		return &f
	}
	f := &fault.Fault{Kind: fault.Invalid, System: system, Op: op, Code: pg.Code, Message: pg.Message}
	switch class := pg.Code[:min(2, len(pg.Code))]; {
	case pg.Code == "42P01" || pg.Code == "42703" || pg.Code == "3F000":
		f.Kind, f.Message = fault.Misconfigured, "the schema is missing or older than this program: run its migrations ("+pg.Message+")"
	case class == "28" || class == "3D" || class == "42":
		f.Kind = fault.Misconfigured
	case strings.Contains("08 40 53 55 57 58 XX 25", class):
		f.Kind = fault.Unavailable // connection, deadlock, resources, lock or statement timeout, shutdown, read-only after failover
	case class == "23":
		f.Kind, f.Message = fault.Conflict, "constraint "+pg.ConstraintName+" refuses the row"
	case class == "22":
		f.Message = "a value cannot be stored" // the server's text quotes it
	}
	return f
}

// unknownOrder is the fault for an order that was never taken in.
func unknownOrder(op string, id domain.OrderID) error {
	return &fault.Fault{Kind: fault.NotFound, System: system, Op: op, Code: "order", Message: "order " + id.String() + " is unknown: it was never taken in"}
}

// orderFault is toFault for statements about one order.
func orderFault(op string, id domain.OrderID, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return unknownOrder(op, id)
	}
	return toFault(op, err)
}
