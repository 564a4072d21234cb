#!/bin/sh
# The system libraries the window needs, on Debian and Ubuntu. Asks for nothing when all are there; never fails.
set -eu
command -v apt-get >/dev/null && [ "$(uname -s)" = Linux ] || exit 0

there=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null || true)
missing=""
for pair in \
    libEGL.so.1:libegl1 libGL.so.1:libgl1 libX11.so.6:libx11-6 libdbus-1.so.3:libdbus-1-3 \
    libfontconfig.so.1:libfontconfig1 libfreetype.so.6:libfreetype6 libglib-2.0.so.0:libglib2.0-0 \
    libxkbcommon.so.0:libxkbcommon0 libxkbcommon-x11.so.0:libxkbcommon-x11-0 libX11-xcb.so.1:libx11-xcb1 \
    libxcb-cursor.so.0:libxcb-cursor0 libxcb-icccm.so.4:libxcb-icccm4 libxcb-image.so.0:libxcb-image0 \
    libxcb-keysyms.so.1:libxcb-keysyms1 libxcb-randr.so.0:libxcb-randr0 \
    libxcb-render-util.so.0:libxcb-render-util0 libxcb-shape.so.0:libxcb-shape0 libxcb-xkb.so.1:libxcb-xkb1
do
    case $there in *"${pair%%:*}"*) ;; *) missing="$missing ${pair##*:}" ;; esac
done
[ -n "$missing" ] || exit 0

echo "Installing the system libraries of the window:$missing ..." >&2
sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
install() { DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1; }
install || { $sudo apt-get update -qq >/dev/null 2>&1 && install; } ||
    echo "They could not be installed; commands work, the window may not. By hand: sudo apt-get install$missing" >&2
