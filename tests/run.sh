#!/usr/bin/env bash
# Runs every check of minuted, from format to a third-party client, and stops at the first that fails.
#
#   tests/run.sh             from any directory; under ten minutes cold on two cores, a minute or two when warm
#
# It needs: Rust (cargo, rustfmt, clippy; the version in Cargo.toml or newer), a C compiler, python3 >= 3.10 with venv,
# and npm for the schema lint. Some tests of crashes want strace, and leave to mount. As root on a machine with apt-get
# it installs python3, its venv, npm and strace where they are missing; otherwise it says what to install. What is
# skipped without npm, strace or leave to mount is said in the last lines.
#
# It fetches, on the first run only and into target/test-tools (remove that directory to fetch them anew):
# the Python packages of tests/client/requirements.txt, buf, and cargo-deny. Later runs need no network.
#
# `cargo test` alone runs the Rust part and needs none of this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

BUF_VERSION=1.75.0
CARGO_DENY_VERSION=0.20.2
PYTHON=${PYTHON:-python3}
TARGET=${CARGO_TARGET_DIR:-target}
mkdir -p "$TARGET/test-tools"
TARGET=$(cd "$TARGET" && pwd)
TOOLS=$TARGET/test-tools
VENV=$TOOLS/venv
BUF=$TOOLS/npm/node_modules/.bin/buf
DENY=$TOOLS/cargo/bin/cargo-deny

passed=0
skipped=()

# step NAME COMMAND...: runs it, says how long it took, and ends the run if it fails.
step() {
    local name=$1 begun=$SECONDS status=0
    shift
    printf '\n==> %s: %s\n' "$name" "$*"
    "$@" || status=$?
    if [ "$status" -ne 0 ]; then
        printf '\nrun.sh: FAILED at step "%s" (exit %s): %s\n' "$name" "$status" "$*"
        printf 'steps: %s passed, 1 failed, %s skipped\n' "$passed" "${#skipped[@]}"
        exit 1
    fi
    passed=$((passed + 1))
    printf -- '--- %s passed in %s s\n' "$name" $((SECONDS - begun))
}

# skip NAME WHY: said here and again at the end.
skip() {
    printf '\n==> %s: SKIPPED, %s\n' "$1" "$2"
    skipped+=("$1: $2")
}

# Installs Debian packages where that is possible without asking anybody; otherwise fails.
apt_install() {
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 1
    echo "installing with apt-get: $*"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

rust_is_there() {
    command -v cargo >/dev/null || { echo "cargo is missing: install Rust with rustup"; return 1; }
    cargo fmt --version && cargo clippy --version ||
        { echo "rustfmt or clippy is missing: rustup component add rustfmt clippy"; return 1; }
    command -v cc >/dev/null || { echo "a C compiler is missing: apt-get install gcc libc6-dev"; return 1; }
}

python_can_make_venvs() {
    "$PYTHON" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

python_is_there() {
    python_can_make_venvs || { apt_install python3 python3-venv && python_can_make_venvs; } ||
        { echo "python3 >= 3.10 with venv is missing: apt-get install python3 python3-venv"; return 1; }
    "$PYTHON" --version
}

# The copy of the requirements is written last: it stands for a finished installation.
client_packages() {
    cmp -s tests/client/requirements.txt "$VENV/requirements.txt" && "$VENV/bin/python" -c 'import grpc' && return
    "$PYTHON" -m venv --clear "$VENV" &&
        "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/client/requirements.txt &&
        cp tests/client/requirements.txt "$VENV/requirements.txt"
}

buf_is_there() {
    [ "$("$BUF" --version 2>/dev/null)" = "$BUF_VERSION" ] && return
    npm install --prefix "$TOOLS/npm" --no-save --no-audit --no-fund --loglevel=error "@bufbuild/buf@$BUF_VERSION" &&
        "$BUF" --version
}

# Unoptimised: it compiles in a minute and checks in two seconds.
cargo_deny_is_there() {
    [ "$("$DENY" --version 2>/dev/null)" = "cargo-deny $CARGO_DENY_VERSION" ] && return
    env -u CARGO_TARGET_DIR cargo install cargo-deny --version "$CARGO_DENY_VERSION" --locked --debug --quiet \
        --root "$TOOLS/cargo"
}

# Tests that need privileges or a tool that is not there say so in this file.
rust_tests() {
    export MINUTED_SKIPS=$TOOLS/skips
    rm -f "$MINUTED_SKIPS"
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --locked --workspace
    else
        cargo test --locked --workspace --lib --bins --tests
    fi
}

client_tests() {
    MINUTED_BIN=$TARGET/debug/minuted PYTHONDONTWRITEBYTECODE=1 "$VENV/bin/python" -m pytest tests/client
}

step "rust" rust_is_there
step "python" python_is_there
step "client packages" client_packages
step "crates" cargo fetch --locked
step "cargo-deny" cargo_deny_is_there

step "format" cargo fmt --check
if command -v npm >/dev/null || [ -x "$BUF" ] || apt_install npm; then
    step "buf" buf_is_there
    step "schema lint" "$BUF" lint
    if release=$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null); then
        step "schema compatibility" "$BUF" breaking --against ".git#tag=$release"
    else
        printf '\n(schema compatibility: no release, a tag v*, to compare with)\n'
    fi
else
    skip "schema lint" "npm is missing: apt-get install npm"
fi
step "licences" "$DENY" --offline --locked --log-level warn check --hide-inclusion-graph licenses bans sources
step "lints" cargo clippy --locked --workspace --all-targets -- -D warnings
step "build" cargo build --locked
command -v strace >/dev/null || apt_install strace || true # without it, tests/crash.rs says what it skips
step "rust tests" rust_tests
if [ -e "$TOOLS/skips" ]; then
    while IFS=' ' read -r _ name why; do skip "${name%:}" "$why"; done <"$TOOLS/skips"
fi
step "doc tests" cargo test --locked --workspace --doc
step "docs" env RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --lib --document-private-items
step "client tests" client_tests

printf '\nrun.sh: every step that ran passed, in %s s\n' "$SECONDS"
for one in ${skipped[@]+"${skipped[@]}"}; do
    printf 'run.sh: SKIPPED %s\n' "$one"
done
printf 'steps: %s passed, 0 failed, %s skipped\n' "$passed" "${#skipped[@]}"
