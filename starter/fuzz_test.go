package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"selvedge/internal/config"
	"selvedge/internal/contract"
)

// FuzzCommandLine: whatever is typed is a command that can be run, help, or misuse
// that says what is wrong; the values that we read ourselves are valid or misuse.
func FuzzCommandLine(f *testing.F) {
	for _, words := range [][]string{
		{"order", "show", "atelier/10023", "--json"},
		{"order", "resolve", "order/atelier/10023", "--action", "override", "--override", "shippingService=RM48", "--by", "ann"},
		{"order", "resolve", "10023", "--action", "skip", "--exception", "short-pick:atelier/1:7:1", "--reason", "found"},
		{"order", "resolve", "a/b/c", "--action=override", "--override", "=x;y"},
		{"rules", "list", "--table", "shipping method"},
		{"demo", "--orders", "-1", "--weather", "hail"},
		{"exceptions", "list", "--owner", "nobody"},
		{"--help"},
		{""},
	} {
		f.Add(strings.Join(words, "\n"))
	}
	stores := config.Config{}
	stores.Selvedge.Centra.Stores = map[int]string{1: "atelier", 2: "outlet"}
	f.Fuzz(func(t *testing.T, line string) {
		var c cli
		var out, errs strings.Builder
		helped := false
		parser, err := newParser(&c, kong.Writers(&out, &errs), kong.Exit(func(int) { helped = true }))
		require.NoError(t, err)
		if _, err := parser.Parse(strings.Split(line, "\n")); err != nil {
			require.NotEmpty(t, commandOf(err))
			return
		}
		if helped {
			require.NotEmpty(t, out.String())
			return
		}
		for _, typed := range []orderRef{c.Order.Show.Order, c.Order.Resolve.Order, orderRef(line)} {
			id, err := typed.id(stores)
			if err != nil {
				require.ErrorIs(t, err, errMisuse)
				continue
			}
			back, err := contract.ParseOrderWorkflowID(contract.OrderWorkflowID(id))
			require.NoError(t, err)
			require.Equal(t, id, back)
		}
		if answer, err := c.Order.Resolve.answer(c.Order.Resolve.Action); err == nil {
			require.NotEmpty(t, answer.By)
			require.NotEmpty(t, answer.CommandID)
		} else {
			require.True(t, errors.Is(err, errMisuse))
		}
	})
}
