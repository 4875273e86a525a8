package centra_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

func TestOperationsFitTheSchema(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("schema.graphql")
	require.NoError(t, err)
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
	require.NoError(t, err)
	files, err := filepath.Glob("operations/*.graphql")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	mutations := 0
	for _, file := range files {
		operations, err := os.ReadFile(file)
		require.NoError(t, err)
		document, list := gqlparser.LoadQueryWithRules(schema, string(operations), rules.NewDefaultRules())
		require.Empty(t, list, file)
		for _, o := range document.Operations {
			for _, s := range o.SelectionSet {
				field, ok := s.(*ast.Field)
				require.True(t, ok, "%s: select fields at the top of %s", file, o.Name)
				noDeprecated(t, file, field)
				if o.Operation == ast.Mutation {
					mutations++
					requireNotices(t, o.Name, field)
				}
			}
		}
	}
	require.GreaterOrEqual(t, mutations, 8)
}

// requireNotices demands both lists of notices: a failed capture shows in userWarnings only.
func requireNotices(t *testing.T, op string, payload *ast.Field) {
	t.Helper()
	for _, name := range []string{"userErrors", "userWarnings"} {
		var selected []string
		for _, s := range payload.SelectionSet {
			if f, ok := s.(*ast.Field); ok && f.Name == name {
				for _, inner := range f.SelectionSet {
					if i, ok := inner.(*ast.Field); ok {
						selected = append(selected, i.Name)
					}
				}
			}
		}
		require.ElementsMatch(t, []string{"message", "path"}, selected, "%s must select %s { message path }", op, name)
	}
}

func noDeprecated(t *testing.T, file string, f *ast.Field) {
	t.Helper()
	require.Nil(t, f.Definition.Directives.ForName("deprecated"), "%s selects the deprecated field %s", file, f.Name)
	for _, s := range f.SelectionSet {
		if inner, ok := s.(*ast.Field); ok {
			noDeprecated(t, file, inner)
		}
	}
}
