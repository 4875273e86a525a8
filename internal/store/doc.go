// Package store keeps orders, facts, exceptions and rules in PostgreSQL.
//
// Facts are the truth about what happened to an order. They are numbered per
// order without gaps, because every writer holds the order's row lock:
//
//	TakeIn ─┐                          ┌─ Load (order, person, facts, consignments in one snapshot)
//	Append ─┼─► lock order row ─► facts┤
//	adopt  ─┘                          └─ CloseOrder: refused when a newer fact exists
//
// Facts of an order that nobody knows yet wait in unclaimed_facts and are adopted
// when a consignment of that number is planned or the order is taken in.
//
// Personal data lives in one column, sealed with a data key per order, which is
// wrapped by a master key (Keyring). Nothing else in the schema holds any.
//
// All errors are faults of the system "store". Every write may be repeated: after
// a lost answer the same call again ends in the same state.
package store
