#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints the targets that boards run: those with the settings `boardClean` in Package.swift.
set -euo pipefail
cd "$(dirname "$0")/.."
tr -d '\n' <Package.swift | sed 's/\.target(/\n/g' | sed -n \
  's/^ *name: "\([A-Za-z]*\)".*swiftSettings: boardClean.*/\1/p'
