#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes .venv with the Python packages that `make bench` and `make verify` compare with.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=.venv/requirements.txt
cmp --silent tools/requirements.txt "$stamp" && exit 0
tools/setup.sh python
python3 -m venv .venv
# PyTorch's CPU builds have an index of their own. If it cannot be reached, the usual index or its mirror
# may have them, so retry only once.
.venv/bin/pip install --quiet --retries 1 \
  --extra-index-url https://download.pytorch.org/whl/cpu "$(grep ^torch== tools/requirements.txt)"
.venv/bin/pip install --quiet --requirement tools/requirements.txt
# Its dependencies would bring a torchvision for another PyTorch, which is not needed.
.venv/bin/pip install --quiet --no-deps grad-cam==1.5.7 ttach==0.0.3
cp tools/requirements.txt "$stamp"
