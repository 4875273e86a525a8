package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

const storeName = "sqlite"

// openDatabase describes the connection that the running server uses.
//
// A write-ahead log with synchronous=NORMAL was measured seven times faster
// than SQLite's defaults. A killed process loses nothing with it; only a power
// cut may lose the last transactions, which a dev server can bear. The server
// opens one connection, because SQLite has one writer anyway.
func openDatabase(file string) *config.SQL {
	return database(file, map[string]string{
		"mode":         "rw",
		"journal_mode": "WAL",
		"synchronous":  "NORMAL",
		"busy_timeout": "10000", // ms: the killed predecessor's lock may outlive it for a moment
	})
}

func database(file string, attributes map[string]string) *config.SQL {
	return &config.SQL{PluginName: sqlite.PluginName, DatabaseName: file, ConnectAttributes: attributes}
}

// prepareDatabase makes the file with schema and namespace when there is none,
// and the namespace when the file knows only others.
//
// A new file is built beside its final name and renamed when whole: the schema
// is some hundred statements, and a process killed halfway through would
// otherwise leave a file that neither works nor can be repaired. A second run
// starts that file over.
func prepareDatabase(o *options) error {
	_, err := os.Stat(o.db)
	switch {
	case err == nil:
		_, err := createNamespace(openDatabase(o.db), o)
		return err
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("look for the database: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(o.db), 0o755); err != nil {
		return fmt.Errorf("make the database's folder: %w", err)
	}
	draft := o.db + ".new"
	for _, old := range []string{draft, draft + "-journal"} {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a half-made database: %w", err)
		}
	}
	// The draft needs no journal that survives: it is thrown away on any failure.
	cfg := database(draft, map[string]string{"mode": "rwc", "journal_mode": "MEMORY", "synchronous": "OFF"})
	if err := sqliteschema.SetupSchema(cfg); err != nil {
		return fmt.Errorf("set up the schema in %s: %w", draft, err)
	}
	fields, err := createNamespace(cfg, o)
	if err != nil {
		return err
	}
	if err := lightenVisibility(draft, fields); err != nil {
		return err
	}
	if err := os.Rename(draft, o.db); err != nil {
		return fmt.Errorf("put the database in place: %w", err)
	}
	return nil
}

// createNamespace makes the namespace with its search attributes, and says in which
// columns they are kept; it leaves one that exists as it is (ensureAttributes adds what
// that one lacks).
func createNamespace(cfg *config.SQL, o *options) (fields []string, err error) {
	ns, err := sqliteschema.NewNamespaceConfig(clusterName, o.namespace, false, o.attributes)
	if err != nil {
		return nil, fmt.Errorf("describe namespace %s: %w", o.namespace, err)
	}
	ns.Detail.Config.Retention = durationpb.New(o.retention)
	if err := sqliteschema.CreateNamespaces(cfg, ns); err != nil {
		return nil, fmt.Errorf("create namespace %s: %w", o.namespace, err)
	}
	return slices.Sorted(maps.Keys(ns.Detail.Config.CustomSearchAttributeAliases)), nil
}
