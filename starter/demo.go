package main

import (
	"context"
	"os"
	"time"

	"golang.org/x/term"

	"selvedge/internal/demo"
)

type demoCmd struct {
	Orders   int           `help:"Consumer orders of the day." default:"200"`
	Seed     uint64        `help:"Determines everything that is drawn; the same seed gives the same day." default:"1"`
	Weather  string        `help:"How unreliable shop and warehouses are: calm, breezy or storm." enum:"calm,breezy,storm" default:"breezy"`
	Data     string        `help:"Read order lines and catalogue from this folder instead of making them up." type:"existingdir" placeholder:"DIR"`
	Exit     bool          `help:"End when the day is over; the exit code says whether it went as planned."`
	JSON     string        `name:"json" help:"Write the outcome to this file, and each simulator's state beside it." placeholder:"FILE"`
	Temporal string        `help:"Use the Temporal server at this address instead of the embedded one." placeholder:"HOST:PORT"`
	Within   time.Duration `help:"Longest time that the day may take (default: six minutes and half a second an order)." placeholder:"DURATION"`
}

// Run runs the day.
func (d demoCmd) Run(ctx context.Context, s streams) error {
	terminal := false
	if f, ok := s.out.(*os.File); ok {
		terminal = term.IsTerminal(int(f.Fd()))
	}
	return demo.Run(ctx, demo.Options{
		Orders: d.Orders, Seed: d.Seed, Weather: d.Weather, Data: d.Data, Exit: d.Exit, JSON: d.JSON, Temporal: d.Temporal,
		Within: d.Within, Out: s.out, Err: s.err, Terminal: terminal,
	})
}
