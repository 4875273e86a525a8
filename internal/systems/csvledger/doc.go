// Package csvledger is the ledger that is our own: documents are kept in our store and
// leave as CSV files for whatever books them by import.
//
// It behaves as an ERP does, so that one can take its place: a draft is created and
// then posted, once per key; posted documents are numbered without gaps and never
// change; months can be closed. Its contract is contracts/reconciliation.md §6 for the
// file, contracts/netsuite.md §9 for the port.
package csvledger
