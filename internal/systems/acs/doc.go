// Package acs speaks to an ACS warehouse and implements ports.Warehouse.
//
// It is written against the proposed partner contract 0.1.0 (gen/acs.openapi.yaml);
// ACS publishes none, so every wire value is assumed until ACS confirms it, and all
// of them are translated here and nowhere else:
//
//	wire.go      consignment and address → order, and what is checked before a call
//	status.go    orders, lines and shipments → domain
//	events.go    feed entries and webhooks → ports.WarehouseEvent
//	errors.go    HTTP answers → faults
//	scrub.go     what may be repeated of the warehouse's words
//
// One Warehouse is one account, that is, one warehouse of the shop; several
// accounts are several Warehouses.
package acs

//go:generate go tool -modfile=../../tools/gen/go.mod oapi-codegen -config gen/oapi-codegen.yaml gen/acs.openapi.yaml
