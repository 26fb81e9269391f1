# shellcheck shell=bash
# Functions for scripts that run servers of their own: a PostgreSQL and a nats-server in one temporary directory,
# on free loopback ports. To be sourced; everything started is stopped and removed when the script ends.
#
#   make_workdir demo                       $workdir
#   start_postgres "wal_level = logical"    $pg_socket $pg_port $pg_url, PGPASSFILE exported
#   start_nats                              $nats_port $nats_url
#   spawn SIGNAL COMMAND…                   $started: pid of a process that is to be stopped with SIGNAL
#   start NAME SIGNAL COMMAND…              the same with its output in $workdir/NAME.log
#
# Call these from the script itself, not in a subshell: a process dies with the shell that started it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pg_bin=$("$("$root/tools/pg-config")" --bindir)
nats_bin=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nats-server || true)
workdir=
running=() # "pid signal" of what was started, in order

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# A directory that user postgres may enter, removed at the end.
make_workdir() {
  workdir=$(mktemp -d "/tmp/waljet-$1.XXXXXX")
  chmod 711 "$workdir"
  trap cleanup EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# wait_until SECONDS COMMAND…: whether the command succeeded within that time.
wait_until() {
  local deadline=$((SECONDS + $1 + 1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# as_postgres COMMAND…: root becomes user postgres, since a server refuses to run as root.
postgres_user() {
  if ((EUID == 0)); then echo --reuid=postgres --regid=postgres --init-groups; fi
}
as_postgres() {
  # shellcheck disable=SC2046
  (cd "$workdir" && setpriv $(postgres_user) -- "$@")
}

# In a session of its own, so that Ctrl-C reaches only the script, which then stops things in order.
spawn() {
  local signal=$1
  shift
  (cd "$workdir" && exec setsid setpriv --pdeathsig "$signal" -- "$@") </dev/null &
  started=$!
  running+=("$started $signal")
}
start() {
  local name=$1
  shift
  spawn "$@" >>"$workdir/$name.log" 2>&1
}

alive() { kill -0 "$1" 2>/dev/null; }
gone() { ! alive "$1"; }

# stop PID SIGNAL: ten seconds to end, then killed. Returns its exit status.
stop() {
  kill -s "$2" "$1" 2>/dev/null || true
  wait_until 10 gone "$1" || kill -s KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null
}

cleanup() {
  trap '' INT TERM HUP
  local i
  for ((i = ${#running[@]} - 1; i >= 0; i--)); do
    # shellcheck disable=SC2086
    stop ${running[i]} || true
  done
  running=()
  rm -rf "$workdir"
}

# A port outside the range from which the kernel takes the ports of outgoing connections.
free_port() {
  local port
  while :; do
    port=$((10000 + RANDOM % 20000))
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# Puts what a server needs of waljet into directory $1: the module, and the extension where pg_config's tree has it.
install_plugin() {
  local extension
  extension=$1$("$("$root/tools/pg-config")" --sharedir)/extension
  install -D -m 644 -t "$1" "$root/waljet.so"
  install -D -m 644 -t "$extension" "$root/waljet.control" "$root"/sql/*.sql
  chmod -R a+rX "$1"
}

# Settings with which a server finds all that in directory $1 and is allowed to load it.
plugin_settings() {
  echo "dynamic_library_path = '\$libdir:$1'"
  # Up to 17 it is Debian's PostgreSQL that can look elsewhere for extensions.
  if has_setting extension_control_path; then
    echo "extension_control_path = '$1$("$("$root/tools/pg-config")" --sharedir):\$system'"
  elif has_setting extension_destdir; then
    echo "extension_destdir = '$1'"
  fi
  if has_setting output_plugin_libraries; then
    echo "output_plugin_libraries = 'pgoutput, test_decoding, waljet'"
  fi
}
# Counted, not grep -q, which would end the pipe early.
has_setting() {
  (($("$pg_bin/postgres" --describe-config | cut -f 1 | grep -cx "$1")))
}

# start_postgres SETTING…: the settings are lines of postgresql.conf.
start_postgres() {
  local data=$workdir/pg/data try
  pg_socket=$workdir/pg
  mkdir -p "$workdir/lib" "$workdir/pg"
  chmod 755 "$workdir/lib"
  if [[ -e $root/waljet.so ]]; then install_plugin "$workdir/lib"; fi
  # Local users other than ours get nowhere: a random password on TCP, the socket in a closed directory.
  head -c 24 /dev/urandom | base64 >"$workdir/pg/password"
  chmod 700 "$workdir/pg"
  if ((EUID == 0)); then chown -R postgres: "$workdir/pg"; fi
  as_postgres "$pg_bin/initdb" -D "$data" -U postgres -E UTF8 --locale=C.UTF-8 --no-sync \
    --auth-local=trust --auth-host=scram-sha-256 --pwfile="$workdir/pg/password" >"$workdir/initdb.log" 2>&1 ||
    die "initdb failed:"$'\n'"$(cat "$workdir/initdb.log")"
  {
    plugin_settings "$workdir/lib"
    echo "listen_addresses = '127.0.0.1'"
    echo "unix_socket_directories = '$pg_socket'"
    printf '%s\n' "$@"
  } >>"$data/postgresql.conf"

  for try in 1 2 3 4 5; do
    pg_port=$(free_port)
    # shellcheck disable=SC2046
    start postgres INT setpriv $(postgres_user) --pdeathsig INT -- "$pg_bin/postgres" -D "$data" -p "$pg_port"
    wait_until 30 postgres_up_or_dead "$started" || break
    if alive "$started"; then
      export PGPASSFILE=$workdir/pgpass
      echo "127.0.0.1:$pg_port:*:postgres:$(cat "$workdir/pg/password")" >"$PGPASSFILE"
      chmod 600 "$PGPASSFILE"
      # shellcheck disable=SC2034 # for the script
      pg_url=postgresql://postgres@127.0.0.1:$pg_port
      return
    fi
    grep -q 'could not create any TCP/IP sockets' "$workdir/postgres.log" || break
  done
  die "PostgreSQL did not start (try $try):"$'\n'"$(tail -n 20 "$workdir/postgres.log")"
}
postgres_up_or_dead() {
  gone "$1" || "$pg_bin/pg_isready" -q -h "$pg_socket" -p "$pg_port"
}

# sql [psql options]: on the private server as superuser, stopping at the first error.
sql() {
  "$pg_bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$pg_socket" -p "$pg_port" -U postgres "$@"
}

start_nats() {
  [[ $nats_bin ]] || die "nats-server is not installed: run tools/deps"
  mkdir -p "$workdir/nats"
  start nats TERM "$nats_bin" -js -a 127.0.0.1 -p -1 -sd "$workdir/nats" --ports_file_dir "$workdir/nats"
  local ports=$workdir/nats/nats-server_$started.ports
  wait_until 10 nats_up_or_dead "$started" "$ports" || true
  nats_url=$(jq -r '.nats[0]' "$ports" 2>/dev/null) ||
    die "nats-server did not start:"$'\n'"$(tail -n 20 "$workdir/nats.log")"
  nats_port=${nats_url##*:}
}
nats_up_or_dead() {
  gone "$1" || [[ -s $2 ]]
}

# nats_request SUBJECT [JSON]: prints the first answer. Enough of the NATS protocol for a script.
nats_request() {
  local body=${2-} line size
  exec {nats}<>"/dev/tcp/127.0.0.1/$nats_port"
  printf 'CONNECT {"verbose":false}\r\nSUB reply 1\r\nPUB %s reply %d\r\n%s\r\n' "$1" "${#body}" "$body" >&"$nats"
  while read -r -t 5 -u "$nats" line; do
    [[ $line == 'MSG reply '* ]] || continue
    size=${line##* }
    head -c "${size%$'\r'}" <&"$nats"
    break
  done
  exec {nats}>&-
}
