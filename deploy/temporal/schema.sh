#!/bin/sh
# Brings Temporal's two databases to the schema of this admin-tools image. A second run
# finds everything there and changes nothing; compose runs it at every start, so an
# upgrade needs no step of its own (one minor version at a time). temporal-sql-tool reads
# SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD by itself; SCHEMA is the
# folder with the versions.
set -eu

for part in temporal visibility; do
  case $part in
    temporal) database=temporal ;;
    visibility) database=temporal_visibility ;;
  esac
  temporal-sql-tool --database "$database" create-database
  temporal-sql-tool --database "$database" setup-schema --version 0.0
  temporal-sql-tool --database "$database" update-schema --schema-dir "$SCHEMA/$part/versioned"
done
