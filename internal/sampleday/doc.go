// Package sampleday makes the demo's day of orders: a shop's catalogue, people and
// orders, two warehouses that will work on them, the mapping rules, what people do
// in the shop meanwhile, and the plan of how each order must end.
//
// A day comes from a seed alone (Generate) or from published order lines (Load).
// Either way it depends on nothing else, neither on the clock nor on the product's
// own validation: the plan is an oracle to judge the product by, so it is made
// from the contracts. A planned fault is the only fault of its order and has its
// own SKU, market, method or customer, so that it holds no other order up.
//
// Every customer bears words that stand nowhere else (see Day.Secrets), so that a
// leak of personal data can be searched for.
//
// # How a generated day is dealt
//
// Faults go to 4 % of the orders, rotating through FaultKinds with the core kinds
// first. The rest is dealt from two shuffled decks, so that every share holds on
// small days too: the course of the order (straight, held, unpaid, edited …) and
// its shape (one line, several, a bundle, several parcels, two warehouses).
package sampleday
