// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE
#include "CPlatform.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t noted;

static void note(int number) { noted = number; }

void ocelli_note_stop_signals(void) {
  // Without SA_RESTART a read that waits for input returns.
  struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

int32_t ocelli_noted_signal(void) { return noted; }
