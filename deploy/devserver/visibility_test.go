package main

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheListKeepsTheIndexesThatAreAskedBy(t *testing.T) {
	t.Parallel()
	o, err := parseOptions([]string{"--db", filepath.Join(t.TempDir(), "t.db")})
	require.NoError(t, err)
	require.NoError(t, prepareDatabase(o))
	db, err := sql.Open("sqlite", "file:"+o.db)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	kept, err := listIndexes(db)
	require.NoError(t, err)
	require.Subset(t, kept, keptIndexes, "a name that the schema no longer has")
	var own int
	require.NoError(t, db.QueryRow(`SELECT count(*) FROM sqlite_master WHERE type = 'index' AND (name GLOB 'by_keyword_*' OR name GLOB 'by_datetime_*')`).Scan(&own))
	require.Equal(t, 7, own, "five keywords and two instants are the namespace's own: %v", kept)
	require.Len(t, kept, len(keptIndexes)+own)
}

func TestAColumnsIndexIsKnownByName(t *testing.T) {
	t.Parallel()
	for field, index := range map[string]string{"Keyword01": "by_keyword_01", "Datetime03": "by_datetime_03", "KeywordList02": "by_keywordlist_02", "Other": "by_other"} {
		require.Equal(t, index, indexOf(field))
	}
}
