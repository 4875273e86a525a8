// Package judge counts from outside whether a day went well: what was lost, doubled,
// silent, sent or paid wrongly.
//
// It imports nothing of the product, not even its words, so that a mistake of ours
// cannot excuse itself. It reads three files: the outcome (where we say that each order
// stands, and where the plan says it should), and the states of the simulated shop
// and warehouses, which are the truth. Our list of causes is a claim: an order that
// waits with a cause is excused from being finished, never from being doubled, mailed
// twice or paid too much.
//
// Every finding belongs to one counter. Where one mistake could be told in several
// ways, the gravest is told and the rest is left out: a shipment that stands twice in
// the shop is doubled, and not also a wrong quantity.
package judge
