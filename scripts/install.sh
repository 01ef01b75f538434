#!/bin/sh
# Installs Plimsoll for this user: the static binary, the manual, and completions.
#
#   sh install.sh [--version 0.1.0] [--to ~/.local] [--from URL]
#
# The archive is held against SHA256SUMS of the same release before anything of it is used; what does not match is not installed.
# --from, or PLIMSOLL_RELEASES, is where releases are: it has VERSION/ with the archive and SHA256SUMS in it.
set -eu

repository=https://github.com/plimsoll-load/plimsoll
version=${PLIMSOLL_VERSION:-}
to=${PLIMSOLL_PREFIX:-$HOME/.local}
from=${PLIMSOLL_RELEASES:-$repository/releases/download}

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $1"; say "  = help: $2"; exit 1; }

while [ $# -gt 0 ]; do
    case $1 in
        --version | --to | --from)
            [ $# -ge 2 ] || fail "$1 needs a value" "see the head of this script"
            case $1 in --version) version=$2 ;; --to) to=$2 ;; --from) from=$2 ;; esac
            shift 2
            ;;
        -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) fail "unknown argument $1" "there are --version, --to and --from" ;;
    esac
done

case $(uname -s)-$(uname -m) in
    Linux-x86_64 | Linux-amd64) target=x86_64-unknown-linux-musl ;;
    Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
    *) fail "there is no binary for $(uname -s) on $(uname -m)" "build it: cargo install --locked plimsoll" ;;
esac

if command -v curl >/dev/null; then
    fetch() { curl --proto '=https,http' --fail --silent --show-error --location --max-time 300 --output "$2" "$1"; }
elif command -v wget >/dev/null; then
    fetch() { wget --quiet --timeout=60 --output-document="$2" "$1"; }
else
    fail "neither curl nor wget is here" "install one of them"
fi
if command -v sha256sum >/dev/null; then
    sum() { sha256sum "$1" | cut -d' ' -f1; }
elif command -v shasum >/dev/null; then
    sum() { shasum -a 256 "$1" | cut -d' ' -f1; }
else
    fail "nothing here computes SHA-256" "install sha256sum; without it nothing is installed"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

if [ -z "$version" ]; then
    fetch "$from/latest/VERSION" "$work/latest" 2>/dev/null ||
        fetch "$repository/releases/latest/download/VERSION" "$work/latest" ||
        fail "the newest version is not known" "name one: --version 0.1.0"
    version=$(cat "$work/latest")
fi
case $version in
    v*) version=${version#v} ;;
esac
case $version in
    '' | *[!0-9A-Za-z.+-]*) fail "this is no version: $version" "write it as 0.1.0" ;;
esac

name=plimsoll-$version-$target
fetch "$from/v$version/SHA256SUMS" "$work/SHA256SUMS" || fail "there are no checksums of version $version" "look at $from"
wanted=$(awk -v file="$name.tar.gz" '$2 == file || $2 == "*" file {print $1; exit}' "$work/SHA256SUMS")
[ "${#wanted}" -eq 64 ] || fail "version $version has no checksum of $name.tar.gz" "look at $from/v$version/SHA256SUMS"
fetch "$from/v$version/$name.tar.gz" "$work/archive" || fail "$name.tar.gz cannot be fetched" "look at $from/v$version"
found=$(sum "$work/archive")
[ "$found" = "$wanted" ] ||
    fail "$name.tar.gz is not what its checksum says: $found instead of $wanted" "nothing was installed; try again, and if it stays, tell us"

tar -xzf "$work/archive" -C "$work"
[ "$("$work/$name/plimsoll" -V)" = "plimsoll $version" ] || fail "the binary does not run here" "build it: cargo install --locked plimsoll"

put() { mkdir -p "$(dirname "$2")" && cp "$1" "$2.new" && mv "$2.new" "$2"; }
put "$work/$name/plimsoll" "$to/bin/plimsoll"
for page in "$work/$name"/man/man1/*; do put "$page" "$to/share/man/man1/${page##*/}"; done
put "$work/$name/completions/plimsoll.bash" "$to/share/bash-completion/completions/plimsoll"
put "$work/$name/completions/plimsoll.fish" "$to/share/fish/vendor_completions.d/plimsoll.fish"
put "$work/$name/completions/_plimsoll" "$to/share/zsh/site-functions/_plimsoll"
say "installed: $to/bin/plimsoll ($version)"
case :$PATH: in
    *":$to/bin:"*) ;;
    *) say "note: $to/bin is not on your PATH" ;;
esac
