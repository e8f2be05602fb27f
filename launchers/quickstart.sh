#!/usr/bin/env bash
# From a fresh clone to RQ1's table and figure for an MLP on Fashion-MNIST: installs, builds, runs, reports.
# Usage: launchers/quickstart.sh        (safe to repeat: what is done is not done again)
set -euo pipefail
cd "$(dirname "$0")/.."
launchers/setup.sh
launchers/build.sh release neusemslice
build/release/neusemslice run configs/quickstart.yaml
build/release/neusemslice report workspaces/quickstart
printf '\nOpen %s/workspaces/quickstart/report/rq1.html in a browser, or read rq1.md beside it.\n' "$PWD"
