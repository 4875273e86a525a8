package main

import (
	"context"
	"fmt"
	"strings"

	"selvedge/internal/config"
)

type returnsResolveCmd struct {
	Return orphanRef `arg:"" help:"The return, as <warehouse>/<return id>, as \"exceptions list --orders\" prints it."`
	Action string    `help:"What to do: retry (look again), skip (it is none of ours) or override (hand it to the order named by --override order=<store>/<number>)." enum:"retry,skip,override" required:""`
	answerFlags
}

// orphanRef names a return without an order.
type orphanRef struct{ warehouse, id string }

// UnmarshalText reads <warehouse>/<return id>.
func (r *orphanRef) UnmarshalText(text []byte) error {
	warehouse, id, _ := strings.Cut(strings.TrimPrefix(string(text), "return/"), "/")
	if warehouse == "" || id == "" || strings.Contains(id, "/") {
		return fmt.Errorf("%q is no return without an order: give <warehouse>/<return id>, such as leeds/RET-5; `starter order resolve <order> --return N` answers for an order's return", text)
	}
	r.warehouse, r.id = warehouse, id
	return nil
}

func (r orphanRef) String() string {
	if r == (orphanRef{}) {
		return ""
	}
	return r.warehouse + "/" + r.id
}

// Run sends the answer; a second run is as harmless as of `order resolve`.
func (c returnsResolveCmd) Run(ctx context.Context, s streams) error {
	answer, err := c.answer(c.Action)
	if err != nil {
		return err
	}
	settings, err := config.Load()
	if err != nil {
		return err
	}
	return c.give(ctx, s, settings, asker{orphan: c.Return}, answer)
}
