package main

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// keptIndexes answer what is often asked of the list of workflows: the list in its order,
// one workflow's runs, counts and lists by type and status, children, and what a schedule
// has started. Those of the namespace's own search attributes are kept besides.
var keptIndexes = []string{
	"default_idx", "by_workflow_id", "by_workflow_type", "by_status",
	"by_parent_workflow_id", "by_root_workflow_id", "by_temporal_scheduled_by_id", "by_temporal_namespace_division",
}

// lightenVisibility drops the other indexes of the list of workflows, in a database that
// holds none yet. fields are the columns of the namespace's own search attributes.
//
// The list is written whenever a workflow starts, ends or changes a search attribute, and
// the schema gives it an index for each of the sixty columns that a query may name, though
// most hold nothing: a write took 4 ms of processor, more than anything else that the
// server does, and takes 1.4 so. Queries are answered as before; one by a column that has
// lost its index reads the whole list, in a dev server some thousand rows.
func lightenVisibility(file string, fields []string) (err error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode=MEMORY&_pragma=synchronous=OFF")
	if err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	kept := slices.Clone(keptIndexes)
	for _, f := range fields {
		kept = append(kept, indexOf(f))
	}
	indexes, err := listIndexes(db)
	if err != nil {
		return err
	}
	for _, index := range indexes {
		if slices.Contains(kept, index) {
			continue
		}
		if _, err := db.Exec("DROP INDEX " + index); err != nil {
			return fmt.Errorf("drop index %s of the list of workflows: %w", index, err)
		}
	}
	return nil
}

// listIndexes names the list's indexes, without the one of its primary key.
func listIndexes(db *sql.DB) (indexes []string, err error) {
	rows, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'executions_visibility' AND sql IS NOT NULL`)
	if err != nil {
		return nil, fmt.Errorf("name the indexes of the list of workflows: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("name the indexes of the list of workflows: %w", err)
		}
		indexes = append(indexes, name)
	}
	return indexes, rows.Err()
}

// indexOf is the name of a column's index: by_keyword_01 for Keyword01.
func indexOf(field string) string {
	digits := strings.IndexAny(field, "0123456789")
	if digits < 0 {
		return "by_" + strings.ToLower(field)
	}
	return "by_" + strings.ToLower(field[:digits]) + "_" + field[digits:]
}
