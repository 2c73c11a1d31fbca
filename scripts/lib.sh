# Shared by the scripts: what is said, and what is installed when it is missing.

say() { printf '\n== %s\n' "$*"; }

# need_command COMMAND PACKAGE: installs Debian's PACKAGE if COMMAND is missing.
need_command() {
  command -v "$1" >/dev/null 2>&1 && return 0
  if [ "$1" = cargo-nextest ]; then
    say "cargo-nextest is missing: installing it with cargo (once, a few minutes)"
    cargo install cargo-nextest --locked
    return
  fi
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "$1 is missing and apt-get is not here: install it and run this again." >&2
    exit 1
  fi
  say "$1 is missing: installing the Debian package $2"
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
}

# python_install: the packages of tests/python/requirements.txt, into target/python; skipped when they are there already.
python_install() {
  need_command python3 python3
  python3 -m pip --version >/dev/null 2>&1 || need_command pip3 python3-pip
  local wanted=tests/python/requirements.txt there=target/python
  if [ ! -f "$there/requirements.txt" ] || ! cmp -s "$wanted" "$there/requirements.txt"; then
    say "Python packages of the tests: installing from $wanted"
    rm -rf "$there"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$there" -r "$wanted"
    cp "$wanted" "$there/requirements.txt"
  fi
}

# npm_install: the packages of the lock file, in the current folder; skipped when they are there already.
npm_install() {
  if [ ! -d node_modules ] || [ package-lock.json -nt node_modules ]; then
    say "npm packages of $(basename "$PWD"): installing from package-lock.json"
    npm ci --no-audit --no-fund --silent
    touch node_modules
  fi
}

# postgres_install: PostgreSQL's server programs, which Debian keeps out of the path. Tests start servers of their own: a service
# that the package starts is not used.
postgres_install() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return 0
  need_command initdb postgresql
}
