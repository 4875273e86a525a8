// Package centra speaks to Centra's Integration API (GraphQL, reference snapshot
// v1.60.0) and gives a shop as ports.Shop.
//
// Every call makes one attempt and answers with faults, classified by the layer
// that failed: transport, HTTP status, GraphQL errors, userErrors. A mutation whose
// answer was lost is fault.Uncertain, since no mutation has an idempotency key.
//
// Assumed, to be checked on a real instance:
//
//   - orders(where: {number}) returns held orders and orders that wait for payment
//     too. One page of the documentation says that "APIs" hide them.
//   - Lines come flat, bundle items behind their bundle line, and item lines go into
//     shipments; Config.BundleLines is the other reading.
//   - A permission error comes with HTTP status 200 and without data.
//   - The elements of UserError.path, the sort updatedAt_ASC and the limit of 200 on root lists.
package centra

//go:generate go tool -modfile=../../tools/gen/go.mod genqlient genqlient.yaml
