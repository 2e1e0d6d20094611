// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What a random choice is for: each purpose has generators of its own, so that turning one feature
/// on does not change what another draws.
enum RandomKey: UInt64 {
  case order = 1
  case flip
  case geometry
  case color
  case cutout
  case mixup
  case noise
  case corruption

  /// The generator for image `index` in `epoch`.
  func generator(seed: UInt64, epoch: Int, index: Int = 0) -> RandomGenerator {
    let purpose = RandomGenerator(seed: seed, stream: rawValue).state
    let ofEpoch = RandomGenerator(seed: purpose, stream: UInt64(epoch)).state
    return RandomGenerator(seed: ofEpoch, stream: UInt64(index))
  }
}
