#!/usr/bin/env bash
# Prints the settings of the golden tests' server: test/regress.conf.sh DIRECTORY, which holds waljet.so.
set -euo pipefail

# shellcheck source=tools/lib.sh
. "$(dirname "$0")/../tools/lib.sh"
plugin_settings "$1"
cat <<'SETTINGS'
wal_level = logical
max_replication_slots = 20
max_prepared_transactions = 10
# Small, so that transactions spill to disk in the tests as large ones do in life.
logical_decoding_work_mem = 64kB
fsync = off
SETTINGS
