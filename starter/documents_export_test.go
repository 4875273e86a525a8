package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

func TestAFileThatCouldNotBeWrittenWholeIsNotLeft(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "export.csv")
	half := func(w io.Writer) error {
		_, err := io.WriteString(w, "number,document_key")
		return errors.Join(err, errors.New("the database went away"))
	}
	require.ErrorContains(t, writeNew(path, half), "went away")
	_, err := os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist, "nobody imports half of it")
	whole := func(w io.Writer) error {
		_, err := io.WriteString(w, "whole")
		return err
	}
	require.NoError(t, writeNew(path, whole))
	require.ErrorIs(t, writeNew(path, half), os.ErrExist, "and what somebody may have imported stays")
	text, err := os.ReadFile(path) //nolint:gosec // the test's own file
	require.NoError(t, err)
	require.Equal(t, "whole", string(text))
}

// Not parallel: the command reads the environment of the process.
func TestAnExportIsWrittenAgainByteForByteAndTellsItsSums(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	url, master := storetest.URL(t), "test:"+storetest.RandomKey()
	keys, err := store.ParseKeyring(master)
	require.NoError(t, err)
	db := storetest.Open(t, url, keys)
	t.Setenv("DATABASE_URL", url)
	t.Setenv("SELVEDGE_MASTER_KEYS", master)
	_, err = db.SaveRules(ctx, []domain.Rule{{Table: domain.RuleEntity, From: "UK", To: "7", Extra: map[string]string{"timezone": "Europe/London", "currency": "GBP"}}}, "Ada", "test", time.Now())
	require.NoError(t, err)
	for _, n := range []string{"9", "10"} {
		d := domain.Document{
			Key: domain.DocumentKey("centra-inv-" + n), Kind: domain.DocInvoice, Order: domain.OrderID{Store: "atelier", Number: n}, Entity: "UK", EntityRef: "7",
			Currency: "GBP", OccurredAt: time.Now(), Date: "2026-11-02", PostOn: "2026-11-02", Reference: n,
			Lines: []domain.DocumentLine{{Ref: "1", Kind: domain.DocLineGoods, SKU: "=TEE", Quantity: 2, Gross: 3533, Tax: 589, TaxPercent: "20"}},
		}
		_, _, err := db.InsertEntry(ctx, d, time.Now())
		require.NoError(t, err)
		_, _, err = db.PostEntry(ctx, d.Key, d.PostOn, false, time.Now())
		require.NoError(t, err)
	}
	command := func(exit int, more ...string) (string, string) {
		var out, errs bytes.Buffer
		require.Equal(t, exit, run(append([]string{"documents", "export"}, more...), &out, &errs), "%s", errs.String())
		return out.String(), errs.String()
	}
	first, told := command(0, "UK", "--by", "Ada")
	rows, err := csv.NewReader(bytes.NewBufferString(first)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	for _, want := range []string{"Export 1: 2 documents.", "invoice", "58.88 GBP", "11.78 GBP", "70.66 GBP"} {
		require.Contains(t, told, want)
	}
	again, _ := command(0, "--again", "1")
	require.Equal(t, first, again)
	path := filepath.Join(t.TempDir(), "again.csv")
	command(0, "--again", "1", "--out", path)
	text, err := os.ReadFile(path) //nolint:gosec // the test's own file
	require.NoError(t, err)
	require.Equal(t, first, string(text))
	command(1, "--again", "1", "--out", path)
	none, told := command(1, "--again", "2")
	require.Empty(t, none)
	require.Contains(t, told, "there is no export 2")
}
