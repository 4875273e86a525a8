// Package books turns what happened to an order into the documents that a ledger
// must hold of it, to the cent.
//
// It is a package of its own and pure, beside lifecycle: lifecycle decides what is
// due to warehouse and shop and holds goods up, books decides what is due to finance
// and never does. Money follows contracts/reconciliation.md §4: integer minor units,
// discounts by largest remainder, tax once per line, partial credits by cumulative
// shares, so that the parts of a line close it exactly, whatever their order.
//
//	content + facts ──OrderLines──▶ sales order ─┐
//	shipments ────────InvoiceLines─▶ fulfilment, invoice ──CreditLines──▶ credit memo
//	what the documents say so far ──────────Plan──▶ the documents that are missing
//
// A document is never edited. Where the facts have changed since one was made, Plan
// answers a further document with the difference: a change, a reversal, the rest.
package books
