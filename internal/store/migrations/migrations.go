// Package migrations holds the schema of the store as numbered steps that only
// go forward. A step that has been released is never edited: the next one mends it. A step that may take longer than the
// pool's statement timeout begins with SET LOCAL statement_timeout = 0.
package migrations

import "embed"

// FS holds the steps in the form that goose reads.
//
//go:embed *.sql
var FS embed.FS
