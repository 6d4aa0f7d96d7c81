#!/bin/sh
# Installs what the tests use of the system: on Debian, as root, and only what is missing.
# Elsewhere it says what is missing; the tests that need it are skipped and say so too.
set -u
missing=""
command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
    command -v google-chrome >/dev/null || missing="$missing chromium"
fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fonts-noto-cjk fontconfig"
command -v strace >/dev/null || missing="$missing strace"
command -v node >/dev/null || missing="$missing nodejs npm"
[ -n "$(command -v initdb; ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] ||
    missing="$missing postgresql"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Not on this machine, and some tests are skipped without it:$missing" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 - several words
apt-get update -qq && apt-get install -qq --yes --no-install-recommends $missing >/dev/null ||
    echo "Could not be installed, and some tests are skipped without it:$missing" >&2
