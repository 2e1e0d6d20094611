// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// m = [y > 0], a bit an element: all that the backward pass needs of a ReLU's output, in a
/// thirty-second of its memory.
///
/// **Shapes**: y: N×H×W×C; m: N·H·W rows of ⌈C / lanes⌉ groups of bits, a group a vector.
/// **Cost**: one pass each.
package enum PositiveMask {
  /// g ← g · [y > 0]: what `record` and `apply` do together.
  package static func reference(_ y: TensorView<Double>, gradient g: TensorView<Double>) {
    y.forEachIndex { n, i, j, c in if y[n, i, j, c] <= 0 { g[n, i, j, c] = 0 } }
  }

  /// Pixels whose bias gradients are summed together, in order: results depend on the shape alone.
  private static let chunkPixels = 512

  /// Bytes of the mask of so many pixels.
  package static func byteCount(channels: Int, pixelCount: Int) -> Int {
    rowBytes(channels) * pixelCount
  }

  /// Floats of scratch memory that `apply` needs for the gradient of a bias.
  package static func scratchCount(channels: Int, pixelCount: Int) -> Int {
    (pixelCount + chunkPixels - 1) / chunkPixels * channels
  }

  private static func rowBytes(_ channels: Int) -> Int {
    (channels + Machine.vectorFloats - 1) / Machine.vectorFloats * Machine.vectorBitBytes
  }

  /// m = [y > 0].
  package static func record(
    _ y: TensorView<Float>, into mask: UnsafeMutablePointer<UInt8>, pool: ThreadPool
  ) {
    let (channels, rowBytes) = (y.channels, rowBytes(y.channels))
    pool.forEachRange(of: y.pixelCount, grain: chunkPixels) { pixels, _ in
      for pixel in pixels {
        let source = y.pixel(pixel)
        var bits = mask + pixel * rowBytes
        WindowLoop.forEachChannelVector(of: channels) { c, lanes in
          let values =
            lanes == Machine.vectorFloats
            ? Vector(at: source + c) : Vector(first: lanes, at: source + c)
          ocelli_store_positive(values, bits)
          bits += Machine.vectorBitBytes
        }
      }
    }
  }

  /// g ← g · m, and in the same pass b[c] = Σ over pixels of the new g[·, c].
  package static func apply(
    _ mask: UnsafePointer<UInt8>, to gradient: TensorView<Float>,
    biasGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) {
    let (channels, rowBytes) = (gradient.channels, rowBytes(gradient.channels))
    pool.forEachRange(of: gradient.pixelCount, grain: chunkPixels) { pixels, _ in
      let sums = scratch + pixels.lowerBound / chunkPixels * channels
      if biasGradient != nil { sums.update(repeating: 0, count: channels) }
      for pixel in pixels {
        let target = gradient.pixel(pixel)
        var bits = mask + pixel * rowBytes
        WindowLoop.forEachChannelVector(of: channels) { c, lanes in
          let isWhole = lanes == Machine.vectorFloats
          let values = ocelli_keep(
            isWhole ? Vector(at: target + c) : Vector(first: lanes, at: target + c), bits)
          values.store(first: lanes, to: target + c)
          if biasGradient != nil {
            let sum = isWhole ? Vector(at: sums + c) : Vector(first: lanes, at: sums + c)
            (sum + values).store(first: lanes, to: sums + c)
          }
          bits += Machine.vectorBitBytes
        }
      }
    }
    guard let biasGradient else { return }
    let chunkCount = (gradient.pixelCount + chunkPixels - 1) / chunkPixels
    for c in 0..<channels {
      var total = 0.0
      for chunk in 0..<chunkCount { total += Double(scratch[chunk * channels + c]) }
      biasGradient[c] = Float(total)
    }
  }
}
