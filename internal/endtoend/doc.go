// Package endtoend proves the product's promises from outside: real Temporal, real
// PostgreSQL, both simulators over HTTP, our workers and intake, and nothing faked
// between them. It holds tests only.
//
// A test names a story and opens a world for it; its subtests are the story's rules,
// each with orders of its own, side by side in that world:
//
//	shop simulator ── webhook hint ──▶ intake ──▶ Temporal ◀── workers ──▶ both simulators
//	warehouse simulator ── webhook ──▶ intake ──▶ store
//
// Nothing is scheduled: what only a schedule would find is asked for by the test that
// is about it. When a world ends, everything that an operator could read in it is
// searched for its customers.
package endtoend
