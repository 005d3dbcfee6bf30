#!/bin/sh
# Finds Chromium for the browser tests: $CHROMIUM, else the system's, else Debian's as root.
# Where none can be had, the browser tests are skipped and say so.
set -u
[ -n "${CHROMIUM:-}" ] && [ -x "$CHROMIUM" ] && exit 0
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium from the system's packages."
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 &&
        command -v chromium >/dev/null 2>&1 && exit 0
fi
echo "Chromium was not found: the browser tests will be skipped. Set CHROMIUM to its path."
exit 0
