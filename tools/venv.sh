#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes .venv with the Python packages that `make bench` and `make verify` compare with.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=.venv/requirements.txt
cmp --silent tools/requirements.txt "$stamp" && exit 0
tools/setup.sh python
python3 -m venv .venv
.venv/bin/pip install --quiet --requirement tools/requirements.txt
cp tools/requirements.txt "$stamp"
