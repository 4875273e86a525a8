// Package judge counts from outside whether a day went well: what was lost, doubled,
// silent, sent or paid wrongly.
//
// It imports nothing of the product, not even its words, so that a mistake of ours
// cannot excuse itself. It reads the outcome (where we say that each order stands, and
// where the plan says it should), the export of our books where there is one, and the
// states of the simulated shop and warehouses, which are the truth. Our list of causes and
// our books are claims: an order that waits with a cause is excused from being finished,
// never from being doubled, mailed twice, written off twice or paid too much.
//
// Every finding belongs to one counter. Where one mistake could be told in several
// ways, the gravest is told and the rest is left out: a shipment that stands twice in
// the shop is doubled, and not also a wrong quantity.
package judge
