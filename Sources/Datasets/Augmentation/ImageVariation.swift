// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels

/// All random choices for one image in one epoch.
struct ImageVariation {
  /// A rectangle in pixels of the source, whose corners may lie between pixels.
  struct Crop {
    var x: Float
    var y: Float
    var width: Float
    var height: Float
  }

  var isFlipped = false
  var shiftX = 0
  var shiftY = 0
  var crop: Crop?
  var brightness: Float = 1
  var contrast: Float = 1
  var saturation: Float = 1
  /// The top left pixel of the square that is cut out.
  var cutout: (x: Int, y: Int)?
  /// Weight of the image itself in a mix.
  var mixWeight: Float = 1

  /// Whether colours stay as they are.
  var keepsColors: Bool { brightness == 1 && contrast == 1 && saturation == 1 }
}

extension Augmentation {
  /// The choices for image `index` of `width × height` in `epoch`.
  func variation(
    seed: UInt64, epoch: Int, index: Int, width: Int, height: Int
  ) -> ImageVariation {
    var result = ImageVariation()
    func generator(_ key: RandomKey) -> RandomGenerator {
      key.generator(seed: seed, epoch: epoch, index: index)
    }
    switch flip {
    case .none: break
    case .random: result.isFlipped = flips(seed: seed, epoch: epoch, index: index)
    case .alternating:
      result.isFlipped = flips(seed: seed, epoch: 0, index: index) != (epoch % 2 == 1)
    }
    if shift > 0 || resizedCrop != nil {
      var random = generator(.geometry)
      result.shiftX = random.index(below: 2 * shift + 1) - shift
      result.shiftY = random.index(below: 2 * shift + 1) - shift
      result.crop = resizedCrop.map { $0.draw(from: &random, width: width, height: height) }
    }
    if let jitter = colorJitter {
      var random = generator(.color)
      result.brightness = 1 + jitter.brightness * (2 * random.uniform() - 1)
      result.contrast = 1 + jitter.contrast * (2 * random.uniform() - 1)
      result.saturation = 1 + jitter.saturation * (2 * random.uniform() - 1)
    }
    if cutout > 0 {
      var random = generator(.cutout)
      result.cutout = (
        x: random.index(below: width - cutout + 1), y: random.index(below: height - cutout + 1)
      )
    }
    if mixup > 0 {
      var random = generator(.mixup)
      result.mixWeight = random.symmetricBeta(mixup)
    }
    return result
  }

  private func flips(seed: UInt64, epoch: Int, index: Int) -> Bool {
    var random = RandomKey.flip.generator(seed: seed, epoch: epoch, index: index)
    return random.next() >> 63 == 1
  }
}

extension Augmentation.ResizedCrop {
  /// A rectangle inside the image.
  fileprivate func draw(
    from random: inout RandomGenerator, width: Int, height: Int
  ) -> ImageVariation.Crop {
    let area = smallestArea + (1 - smallestArea) * random.uniform()
    let aspect = exp(Float(log(largestAspect)) * (2 * random.uniform() - 1))
    let cropWidth = min(Float(width), Float(width) * (area * aspect).squareRoot())
    let cropHeight = min(Float(height), Float(height) * (area / aspect).squareRoot())
    return ImageVariation.Crop(
      x: (Float(width) - cropWidth) * random.uniform(),
      y: (Float(height) - cropHeight) * random.uniform(), width: cropWidth, height: cropHeight)
  }
}

extension RandomGenerator {
  /// A draw from Beta(`alpha`, `alpha`) by Jöhnk's rejection, which suits the small `alpha` of
  /// mixup.
  mutating func symmetricBeta(_ alpha: Float) -> Float {
    while true {
      let x = pow(Double(uniform()), 1 / Double(alpha))
      let y = pow(Double(uniform()), 1 / Double(alpha))
      if x + y > 0 && x + y <= 1 { return Float(x / (x + y)) }
    }
  }
}

/// The purpose of a random choice. Each has its own generators, so that switching on one feature
/// does not change what another draws.
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
