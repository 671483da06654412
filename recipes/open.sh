#!/usr/bin/env bash
# Say where a page lies, and open it where somebody sits before a browser: recipes/open.sh out/demo/page.html
set -eu
echo
echo "Now open $1 in a browser: each slider moves one latent."
if [ -t 1 ] && [ "$(uname)" = Darwin ]; then
    open "$1" || true
elif [ -t 1 ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open >/dev/null; then
    xdg-open "$1" >/dev/null 2>&1 || true
fi
