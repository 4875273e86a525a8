package main

import (
	"context"

	"selvedge/internal/demo"
)

type simulateCmd struct {
	Orders           int    `help:"Consumer orders of the day." default:"200"`
	Seed             uint64 `help:"Determines everything that is drawn." default:"1"`
	Weather          string `help:"How unreliable shop and warehouses are: calm, breezy or storm." enum:"calm,breezy,storm" default:"calm"`
	Data             string `help:"Read order lines and catalogue from this folder instead of making them up." type:"existingdir" placeholder:"DIR"`
	ListenShop       string `help:"Address of the simulated Centra." default:"127.0.0.1:8101" placeholder:"HOST:PORT"`
	ListenWarehouses string `help:"Address of the simulated ACS." default:"127.0.0.1:8102" placeholder:"HOST:PORT"`
	Webhooks         string `help:"Where starter serve listens; without it no webhooks are sent." placeholder:"URL"`
	Rules            string `help:"Save the rules that the day needs to this file, for starter rules import." placeholder:"FILE"`
}

// Run serves until it is told to stop.
func (c simulateCmd) Run(ctx context.Context, s streams) error {
	return demo.Simulate(ctx, demo.Options{
		Orders: c.Orders, Seed: c.Seed, Weather: c.Weather, Data: c.Data, Out: s.out, Err: s.err,
		ListenShop: c.ListenShop, ListenWarehouses: c.ListenWarehouses,
	}, c.Webhooks, c.Rules)
}
