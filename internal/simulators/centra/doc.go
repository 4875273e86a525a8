// Package centra simulates a Centra instance: the Integration API over the real
// schema, with its rules, quotas, permissions, events and webhooks, and with
// weather. It is written from Centra's documentation and never from a client.
//
// # API
//
// POST /graphql takes {"query", "variables", "operationName"} with a Bearer
// token or the cookie graphql-access. Answers:
//
//	200  data, errors[] (category validation or authorization) and extensions
//	400  not JSON, no valid document, wrong variables; unknown Content-Type
//	403  unknown, expired or revoked token
//	429  a quota is spent; Retry-After tells the moment from which it fits again
//
// A missing permission answers 200 with errors[] and no data. A one-of input
// with none or several fields is a userError in a mutation. With userErrors
// nothing has been modified and the payload's object is null.
//
// # Assumptions
//
// Where the documentation is silent: limit 201 is an errors[] element; bundle
// lines stand flat before their item lines; gift certificates ship as a whole
// line and without stock; an order whose lines are all cancelled before
// anything shipped is CANCELLED; a shipment cannot be created shipped without
// being good to go; goods captured in advance pay the shipments in turn; setStock
// below what is allocated is clamped; a return moves stock when it is created; a gift
// card pays before the card and is paid back after it, by entries of its own; a refund of
// a return names it in the order's payment history, too.
// OrderLine.allocations shows what is held now, completed units only stand on
// ShipmentLine.allocations.
//
// # Control API
//
// POST /_sim/seed (Seed), /_sim/admin (Action: what a person does in the shop),
// /_sim/weather (weather.Control), /_sim/advance {"seconds": N}, GET /_sim/state
// (State). These paths have no weather, and unknown fields are refused. Amounts
// are integer minor units:
//
//	{
//	  "stores": [{"name": "atelier"}],
//	  "warehouses": [{"name": "boras"}],
//	  "markets": [{"name": "Sweden", "store": "atelier", "countries": ["SE"], "warehouses": ["boras"]}],
//	  "shippingOptions": [{"name": "Express", "uri": "express"}],
//	  "paymentMethods": [{"name": "card", "captureMode": "on-shipment", "captureOutcome": "success"}],
//	  "tokens": [{"token": "secret", "integration": "selvedge", "permissions": []}],
//	  "attributeTypes": [{"name": "customs", "objectType": "Product", "elements": [{"key": "origin"}]}],
//	  "products": [{"name": "Shirt", "number": "SH", "attributes": [{"type": "customs", "elements": {"origin": "PT"}}],
//	    "variants": [{"name": "Blue", "number": "BL", "sizes": [
//	      {"name": "M", "number": "M", "ean": "7300000000011", "stock": {"boras": 10}},
//	      {"name": "L", "number": "L", "ean": "7300000000028", "stock": {"boras": 5}}]}]}],
//	  "bundles": [{"sku": "SET", "name": "Set", "items": [{"sku": "SHBLM", "quantity": 1}, {"sku": "SHBLL", "quantity": 2}]}],
//	  "orders": [{"number": 1001, "store": "atelier", "market": "Sweden", "currency": "SEK", "status": "CONFIRMED",
//	    "paymentMethod": "card", "shippingOption": "Express", "shippingCost": 4900, "taxPercent": 25,
//	    "shippingAddress": {"firstName": "Astrid", "lastName": "Nyman", "address1": "Storgatan 1", "zipCode": "50330", "city": "Borås", "country": "SE"},
//	    "lines": [{"sku": "SHBLM", "quantity": 2, "unitPrice": 39900, "from": {"boras": 2}},
//	              {"kind": "bundle", "sku": "SET", "quantity": 1, "unitPrice": 99900, "demand": 1}]}],
//	  "eventsEnabled": true,
//	  "webhook": {"url": "http://127.0.0.1:8080/webhooks/centra", "secret": "test123"}
//	}
//
// # Life of an order
//
//	PENDING ─ confirmOrder ─▶ CONFIRMED ─ createShipment ─▶ PROCESSING ─ last shipment completes ─▶ SHIPPED
//	   └────────── cancelDirectToConsumerOrder ─┴─▶ CANCELLED              any of them ─▶ ARCHIVED (by a person)
//
// Hold, waiting-for-payment and lock are flags beside it. A shipment completes
// once it is good to go, paid and shipped: then stock goes down and the mail
// goes out, once.
package centra
