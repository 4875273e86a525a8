// Package triage decides what is looked at first and when people are told.
//
// What waits is grouped by cause and ranked by the next carrier cut-off and by money.
// A cause is told once: again only when it is handed on to the next in line, when ten
// times as many wait, or when a cut-off is less than an hour away; and once more when
// it is gone. Pure: what waits, what was told and the time come in, messages come out.
package triage
