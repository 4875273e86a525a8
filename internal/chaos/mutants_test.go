package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/judge"
)

func TestEveryMutantStillAppliesAndIsGo(t *testing.T) {
	t.Parallel()
	all, err := allMutants()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(all), 5)
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(filepath.Join("..", "..", m.file))
			require.NoError(t, err)
			broken, err := m.apply(source)
			require.NoError(t, err)
			require.NotEqual(t, source, broken)
			_, err = parser.ParseFile(token.NewFileSet(), m.file, broken, parser.SkipObjectResolution)
			require.NoError(t, err)
			require.NotEmpty(t, m.seen)
			require.NotContains(t, m.seen, judge.Tried)
		})
	}
}

func TestAMutantThatNobodyCanReadIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no change":         "about\nlost\nfile.go\n",
		"no counter":        "about\nunhappy\nfile.go\n<<<\na\n===\nb\n>>>\n",
		"nothing to change": "about\nlost\nfile.go\n<<<\n===\nb\n>>>\n",
		"more behind it":    "about\nlost\nfile.go\n<<<\na\n===\nb\n>>>\nmore\n",
	} {
		_, err := readMutant("x", text)
		require.Error(t, err, name)
	}
	m, err := readMutant("x", "about\nplanned, not seen, lost\nfile.go\n<<<\na\n===\n>>>\n")
	require.NoError(t, err)
	require.Equal(t, mutant{name: "x", about: "about", file: "file.go", was: "a\n", seen: []judge.Counter{judge.NotWaiting, judge.Lost}}, m)
	_, err = m.apply([]byte("a\na\n"))
	require.ErrorContains(t, err, "2 times")
}

func TestAMutantIsJudgedByTheCounterThatMustSeeIt(t *testing.T) {
	t.Parallel()
	finding := func(c judge.Counter) judge.Report {
		return judge.Report{Findings: []judge.Finding{{Counter: judge.Tried, Order: "a/1"}, {Counter: c, Order: "a/1"}}}
	}
	must := mutant{name: "x", file: "file.go", seen: []judge.Counter{judge.Doubled}}
	require.NoError(t, tell([]verdict{{report: judge.Report{}}, {mutant: must, report: finding(judge.Doubled)}}))
	require.ErrorContains(t, tell([]verdict{{mutant: must, report: finding(judge.Silent)}}), "x")
	require.ErrorContains(t, tell([]verdict{{mutant: must}}), "x")
	require.Error(t, tell([]verdict{{report: finding(judge.Silent)}}), "the product as it is must be clean")
}
