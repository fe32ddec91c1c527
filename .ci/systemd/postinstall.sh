#!/bin/sh
# Makes the user that ticks, where systemd does so, and has systemd read its units.
set -e
if command -v systemd-sysusers >/dev/null; then systemd-sysusers msp.conf; fi
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
