// Package handbook holds the operators' handbook, a page per kind of exception and
// four on the work itself, for the console to show.
package handbook

import "embed"

// Pages are the Markdown files beside this one.
//
//go:embed *.md
var Pages embed.FS
