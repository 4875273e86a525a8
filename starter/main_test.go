package main

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// TestMain makes the real command available to the scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"starter": main})
}

// TestScripts runs the stories that need no server: help, misuse, configuration, files.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits}})
}

// exits runs a command that must end with an exit code: exits 2 starter bogus.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("%s ended with %d, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

func TestEveryCommandAndFlagHasHelp(t *testing.T) {
	t.Parallel()
	parser, err := newParser(new(cli))
	require.NoError(t, err)
	commands := 0
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		switch n := node.(type) {
		case *kong.Node:
			if n.Type == kong.CommandNode {
				commands++
				saysSomething(t, n.FullPath(), n.Help)
			}
		case *kong.Value:
			if n.Flag == nil {
				saysSomething(t, "argument "+n.Name, n.Help)
			}
		case *kong.Flag:
			saysSomething(t, "--"+n.Name, n.Help)
		}
		return next(nil)
	})
	require.NoError(t, err)
	require.Greater(t, commands, 20, "the walk reached the commands")
}

func saysSomething(t *testing.T, what, help string) {
	t.Helper()
	require.NotEmpty(t, help, "%s has no help text", what)
	require.True(t, strings.HasSuffix(help, "."), "the help of %s is no sentence: %q", what, help)
}

// TestHelpNamesEveryCommand keeps the commands that the handbook and the design
// name from being renamed in passing.
func TestHelpNamesEveryCommand(t *testing.T) {
	t.Parallel()
	var out, errs strings.Builder
	require.Zero(t, run([]string{"--help"}, &out, &errs))
	for _, command := range []string{
		"demo", "setup", "schedules apply", "schedules list", "serve", "order show", "order start", "order resolve", "returns resolve", "exceptions list", "exceptions resume",
		"rules list", "rules set", "rules history", "rules check", "rules export", "rules import", "items list", "items set", "items import", "healthcheck",
	} {
		require.Contains(t, out.String(), "\n  "+command+" ", "fixed names")
	}
	require.Empty(t, errs.String())
}

func TestNobodyLoggedInMustBeNamed(t *testing.T) {
	t.Parallel()
	name, err := person("  ann ")
	require.NoError(t, err)
	require.Equal(t, "ann", name)
	name, err = person("")
	if loggedIn() == "" {
		require.ErrorIs(t, err, errMisuse)
	} else {
		require.NoError(t, err)
		require.Equal(t, loggedIn(), name)
	}
}
