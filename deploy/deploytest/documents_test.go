package deploytest_test

import (
	"context"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// command is a call of the starter in a document: the words before any flag, argument or comment.
var command = regexp.MustCompile("(?:`|\\./)starter((?: [a-z]+)+)")

// commands collects the starter's commands that compose and the documents name, and where.
func commands(t *testing.T) map[string]string {
	t.Helper()
	named := map[string]string{}
	for name, s := range compose(t).Services {
		for _, call := range [][]string{s.Entrypoint, healthcheck(s.Healthcheck)} {
			if len(call) > 1 && path.Base(call[0]) == "starter" {
				words := call[1:]
				if end := slices.IndexFunc(words, func(w string) bool { return !regexp.MustCompile(`^[a-z]+$`).MatchString(w) }); end >= 0 {
					words = words[:end]
				}
				named[strings.Join(words, " ")] = "service " + name
			}
		}
	}
	for _, file := range []string{"README.md", ".env.example"} {
		for _, m := range command.FindAllStringSubmatch(read(t, file), -1) {
			named[strings.TrimSpace(m[1])] = file
		}
	}
	return named
}

func TestEveryCommandThatIsNamedExists(t *testing.T) {
	t.Parallel()
	named := commands(t)
	require.Contains(t, named, "setup")
	require.Contains(t, named, "serve")
	require.Contains(t, named, "schedules apply")

	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	starter := filepath.Join(t.TempDir(), "starter")
	build := exec.CommandContext(ctx, "go", "build", "-o", starter, "./starter")
	build.Dir = root
	build.Env = append(build.Environ(), "CGO_ENABLED=0") // as `make build`, so that its cache serves
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	help := func(words string) error {
		return exec.CommandContext(ctx, starter, append(strings.Fields(words), "--help")...).Run()
	}
	require.Error(t, help("no such command"), "the starter must refuse what it does not know")
	for words, where := range named {
		require.NoError(t, help(words), "%s names `starter %s`", where, words)
	}
}

func TestEveryTargetAndFileOfTheReadmeExists(t *testing.T) {
	t.Parallel()
	readme, makefile := read(t, "README.md"), read(t, "Makefile")
	targets := regexp.MustCompile("(?m)(?:^|`)make ([a-z]+)").FindAllStringSubmatch(readme, -1)
	require.NotEmpty(t, targets)
	for _, m := range targets {
		require.Regexp(t, `(?m)^`+m[1]+`:`, makefile, "make %s", m[1])
	}
	links := regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(readme, -1)
	require.NotEmpty(t, links)
	for _, m := range links {
		if !strings.HasPrefix(m[1], "https://") {
			require.True(t, exists(filepath.Join(root, m[1])), "README.md links to %s", m[1])
		}
	}
}

func TestEverySettingOfTheDocumentsExists(t *testing.T) {
	t.Parallel()
	settings := declared(t)
	decisions, err := filepath.Glob(root + "/deploy/decisions/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, decisions)
	for _, file := range append(decisions, root+"/README.md") {
		for _, name := range regexp.MustCompile(`SELVEDGE_[A-Z0-9_]+`).FindAllString(read(t, strings.TrimPrefix(file, root+"/")), -1) {
			require.Contains(t, settings, name, file)
		}
	}
}
