// Command devserver-build builds the dev server if its sources changed and
// prints the binary's path. `make devserver` calls it, so that make, the demo
// and the tests agree on what is up to date.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"selvedge/internal/devtemporal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	binary, err := devtemporal.Build(ctx, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "devserver-build:", err)
		os.Exit(1)
	}
	fmt.Println(binary)
}
