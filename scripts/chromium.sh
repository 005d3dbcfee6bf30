#!/bin/sh
# Finds Chromium for the browser tests: $CHROMIUM, else the system's, else Debian's as root.
# Where none can be had, the browser tests are skipped and say so.
set -u
[ -n "${CHROMIUM:-}" ] && exit 0
command -v chromium >/dev/null 2>&1 && exit 0
command -v google-chrome >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium from Debian's packages."
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 && exit 0
fi
echo "Chromium was not found: the browser tests will be skipped. Set CHROMIUM to its path."
exit 0
