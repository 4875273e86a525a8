// Command judge judges a day from outside: `judge FILE`, where FILE is what
// `starter demo --json FILE` wrote, with the simulators' states beside it. It exits
// with 1 when anything but planned waiting is found, and with 2 when called wrongly.
package main

import (
	"fmt"
	"os"

	"selvedge/internal/judge"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) != 1 || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprintln(os.Stderr, "usage: judge FILE, where FILE is what `starter demo --exit --json FILE` wrote")
		return 2
	}
	report, err := judge.Day(args[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Print(report)
	if !report.OK() {
		return 1
	}
	return 0
}
