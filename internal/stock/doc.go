// Package stock decides what may be sold: statuses, buffers, differences.
//
// A pass over one warehouse reads in this order, and the order is what makes it safe:
//
//	(1) the warehouse's inventory feed            a = its AsOf
//	(2) the warehouse's orders, drained past a    what it had taken of each line at a
//	(3) the shop's figures and its open lines     r, in one request per size
//	(4) the difference is written                 decreases first
//
// For one item in one warehouse (Decide):
//
//	sellable = units in statuses that a rule calls sellable, at most those of the promised grade
//	taken    = units of a line that the warehouse no longer counted as sellable at a
//	unseen   = Σ max(0, held and completed in the shop − taken)   lines that we know
//	         + allocated in the shop − Σ allocated of those lines  orders not taken in yet
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
