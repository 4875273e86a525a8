// Package stock decides what may be sold: statuses, buffers, differences.
//
// A pass over one warehouse reads in this order, and the order is what makes it safe:
//
//	(1) the warehouse's inventory feed            a = its AsOf
//	(2) the warehouse's orders, drained past a    what it had taken of each line at a
//	(3) the shop's figures and its open lines     r, in one request per size
//	(4) the difference is written                 decreases first
//
// What is known of the lines at the warehouse is looked up after (3): units that are
// cancelled in the shop because they are short are in no other figure.
//
// For one item in one warehouse (Decide):
//
//	sellable = units in statuses that a rule calls sellable, at most those of the promised grade
//	unseen   = Σ units that a known line set aside, sent or lost since a
//	         + Σ units held and completed in the shop that the warehouse has not set aside
//	         + allocated in the shop − Σ allocated of those lines    orders not taken in yet
//	target   = max(0, sellable − buffer − unseen)
//	write      target − free to allocate in the shop at r
//
// Whatever is doubtful lowers and never raises: a line's unit counts as taken only
// from the first sighting that shows it, and no longer once a later one shows it
// released; a feed that is old, goes back or is cut lets figures fall only; an item
// that a snapshot does not mention keeps what it had. Every Figure carries its terms
// with source and time, and so answers "why 3?" by itself.
//
// The feed is merged record by record (Reading.Take) and decided item by item, so that
// a pass needs the memory of a page. Pure: values in, values out; the time is an argument.
package stock
