# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts that run ocelli-board.

# Sets `board` to the command that runs a build: a folder of build/board, such as arm64 or amd64-x86-64-v3,
# optionally followed by a colon and QEMU's name of a CPU (default: QEMU's best, or this machine).
set_board() { # build[:CPU]
  local build=${1%%:*} cpu=
  [[ $1 != *:* ]] || cpu=${1#*:}
  board=("build/board/$build/ocelli-board")
  case $build in
    arm64*) board=(qemu-aarch64-static ${cpu:+-cpu "$cpu"} "${board[@]}") ;;
    armv7*) board=(qemu-arm-static ${cpu:+-cpu "$cpu"} "${board[@]}") ;;
    riscv64*) board=(qemu-riscv64-static ${cpu:+-cpu "$cpu"} "${board[@]}") ;;
    amd64*) [[ -z $cpu ]] || board=(qemu-x86_64-static -cpu "$cpu" "${board[@]}") ;;
    *) echo "board: no build is named $build" >&2 && return 64 ;;
  esac
}
