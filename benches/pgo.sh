#!/usr/bin/env bash
# Builds minuted as it is deployed: compiled with a profile of its own benchmarks (profile-guided optimisation).
#
#   rustup component add llvm-tools
#   benches/pgo.sh                                 makes target/pgo/minuted
#   benches/pgo.sh --peer target/umadb/bin/umadb   and target/pgo/umadb-bench, the peer's client, in the same way
#
# It takes a quarter of an hour on two cores: everything is compiled twice. Meanwhile it listens on 127.0.0.1:7464.
set -euo pipefail

PEER=
case ${1-} in
    '') ;;
    --peer) PEER=$(realpath "${2:?"--peer needs the path of umadb"}") ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."

HOST=$(rustc -vV | sed -n 's/^host: //p')
PROFDATA=$(rustc --print sysroot)/lib/rustlib/$HOST/bin/llvm-profdata
[ -x "$PROFDATA" ] || { echo "llvm-profdata is missing: rustup component add llvm-tools" >&2 && exit 1; }
WORK=$PWD/target/pgo
ADDR=127.0.0.1:7464
mkdir -p "$WORK"
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null; rm -rf "$WORK/data"' EXIT

# build HOW FLAGS MANIFEST: the host is named so that build scripts and macros are compiled as ever.
build() {
    RUSTFLAGS=$2 CARGO_TARGET_DIR=$WORK/$1 \
        cargo build --locked --profile dist --target "$HOST" --manifest-path "$3"
}

listens() {
    (exec 3<>"/dev/tcp/${ADDR/://}") 2>/dev/null
}

# start COMMAND...: a daemon on an empty directory.
start() {
    rm -rf "$WORK/data" && mkdir -p "$WORK/data"
    if listens; then echo "something else listens on $ADDR" >&2; exit 1; fi
    "$@" >/dev/null 2>&1 &
    daemon=$!
    for _ in $(seq 100); do
        listens && return
        kill -0 "$daemon" 2>/dev/null || break
        sleep 0.1
    done
    echo "it does not listen on $ADDR: $*" >&2 && exit 1
}

# What a process has seen is written when it ends.
stop() {
    kill "$daemon"
    wait "$daemon" || true
    daemon=
}

train_minuted() {
    local minuted=$WORK/watched/$HOST/dist/minuted
    start "$minuted" serve --data-dir "$WORK/data" --listen "$ADDR"
    "$minuted" --addr "$ADDR" bench --clients 1,8,64,256 --seconds 2
    stop
    start "$minuted" serve --data-dir "$WORK/data" --listen "$ADDR"
    "$minuted" --addr "$ADDR" bench generate --events 100000 --seed 1
    "$minuted" --addr "$ADDR" bench ask --seconds 1
    "$minuted" --addr "$ADDR" bench ask --seconds 1 --anew
    "$minuted" --addr "$ADDR" bench follow --followers 20 --rounds 1 --seconds 2
    stop
}

train_peer() {
    start "$PEER" --listen "$ADDR" --db-path "$WORK/data"
    "$WORK/watched/$HOST/dist/umadb-bench" "$ADDR" 2 1,8,64,256
    stop
}

# optimised NAME MANIFEST TRAIN: target/pgo/NAME.
optimised() {
    local name=$1 manifest=$2 train=$3
    rm -rf "$WORK/seen"
    build watched "-Cprofile-generate=$WORK/seen" "$manifest"
    "$train" >/dev/null
    # What was compiled by an earlier profile is not compiled again by itself.
    rm -rf "$WORK/optimised"
    "$PROFDATA" merge -o "$WORK/$name.profdata" "$WORK/seen"
    build optimised "-Cprofile-use=$WORK/$name.profdata" "$manifest"
    cp "$WORK/optimised/$HOST/dist/$name" "$WORK/$name"
    echo "it is target/pgo/$name"
}

optimised minuted Cargo.toml train_minuted
[ -z "$PEER" ] || optimised umadb-bench benches/umadb/Cargo.toml train_peer
