package main

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

// Not parallel: the command reads the environment of the process.
func TestRefusedInputsAreListedWithoutTheirContent(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	url, master := storetest.URL(t), "test:"+storetest.RandomKey()
	keys, err := store.ParseKeyring(master)
	require.NoError(t, err)
	db := storetest.Open(t, url, keys)
	t.Setenv("DATABASE_URL", url)
	t.Setenv("SELVEDGE_MASTER_KEYS", master)
	list := func(wantExit int, more ...string) string {
		var out, errs bytes.Buffer
		require.Equal(t, wantExit, run(append([]string{"exceptions", "list", "--refused"}, more...), &out, &errs), "%s", errs.String())
		return out.String()
	}

	require.Contains(t, list(0), "Every input could be read.")
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	require.NoError(t, db.SaveRefused(ctx, "feed/glasgow", "e-1", "a value cannot be stored", []byte(`{"name":"Zebulonia"}`), at))
	require.NoError(t, db.SaveRefused(ctx, "centra", "order/atelier/1001", "amount 1.005 GBP has three decimals", nil, at.Add(time.Minute)))
	table := list(0)
	for _, want := range []string{"feed/glasgow", "e-1", "a value cannot be stored", "order/atelier/1001"} {
		require.Contains(t, table, want)
	}
	var rows []refusedShown
	text := list(0, "--json", "--limit", "1")
	require.NoError(t, json.Unmarshal([]byte(text), &rows))
	require.Len(t, rows, 1)
	require.Equal(t, "centra", rows[0].Source, "the newest first")
	require.True(t, at.Add(time.Minute).Equal(rows[0].At))
	require.NotContains(t, table+list(0, "--json"), "Zebulonia")
	list(2, "--orders")
	list(2, "--owner", "ops")
}
