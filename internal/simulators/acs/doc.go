// Package acs simulates the ACS warehouse: several accounts (warehouses) behind
// the partner API of contracts acs.md and acs.openapi.yaml (version 0.1.0), with
// a floor that works by itself, an ordered events feed and signed webhooks.
//
// It is written from the contract alone and knows no client. The whole contract
// is ASSUMED (ACS publishes none); where it leaves room, this package decides:
//
//   - Orders need no e-mail and no phone: the contract's own example has neither.
//   - A rejected order may be cancelled: 200, all its units cancelled.
//   - `cancelled` of an order line includes short units (with cancelReason
//     short_pick or quality_fail), because the contract's line has no other place
//     for them and `shipped = every line shipped + cancelled = quantity`. The
//     state of the control API keeps short and cancelled apart.
//   - A short unit is told twice, by order.line_short and by shortLines of the
//     next shipment. It is the same unit.
//   - A partial cancellation is announced by order.cancelled too; the lines tell
//     how far it went.
//   - Units of a sale leave the books when they are shipped, units of a hire
//     become on_hire. A short pick moves a unit to missing, a quality fail to quarantine.
//   - A webhook's webhook-timestamp is the real time, also after advance: the
//     receiver's clock does not follow the simulator's.
//
// # The floor
//
//	received → accepted → allocated → picking → packed → partially_shipped → shipped
//
// with delays drawn from the seed, the order number and the step. At pace 1 an
// order takes about an hour; pace 0.001 makes that four seconds. A line without
// enough available units puts its order on hold (awaiting_stock) until stock
// comes; see Options.OutOfStock.
//
// # Control API
//
// Untouched by the weather, without authentication, for loopback only:
//
//	POST /_sim/seed     body Seed; repeating it changes nothing more, except that plans are replaced by key
//	POST /_sim/weather  body weather.Control; GET answers the statistics
//	POST /_sim/advance  {"seconds":N}; returns when everything due by then has happened
//	POST /_sim/floor    body Action: one thing happens now
//	GET  /_sim/state    a list, one State an account
package acs
