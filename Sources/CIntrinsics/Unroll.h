// SPDX-License-Identifier: Apache-2.0
#ifndef OCELLI_UNROLL_H
#define OCELLI_UNROLL_H

// A loop of a few rounds, all spelled out: registers have no indices.
#define OCELLI_EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)

#endif
