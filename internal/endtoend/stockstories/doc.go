// Package stockstories tells random stories to the product's own passes over stock:
// real adapters and a real PostgreSQL between the simulators of shop and warehouse,
// without Temporal. Whatever happens, nothing is offered that is not there, and at rest
// the shop's figure is the warehouse's truth less promises less buffer. A story that
// fails is shrunk to the steps that matter.
package stockstories
