// SPDX-License-Identifier: Apache-2.0
import Kernels
import Platform
import Training

/// Convolutions on random data, timed in each direction.
enum KernelBench {
  /// The shape of a layer of a known network.
  struct Layer {
    let name: String
    var side: Int
    var inputs: Int
    var outputs: Int
    var kernel = 3
    var stride = 1
    var groups = 1

    func geometry(batch: Int) -> ConvolutionGeometry {
      let output = (side + stride - 1) / stride
      let padding = max(0, (output - 1) * stride + kernel - side) / 2
      return ConvolutionGeometry(
        batch: batch, inputHeight: side, inputWidth: side, inputChannels: inputs,
        outputHeight: output, outputWidth: output, outputChannels: outputs, kernelHeight: kernel,
        kernelWidth: kernel, strideHeight: stride, strideWidth: stride, paddingTop: padding,
        paddingLeft: padding, groups: groups)
    }
  }

  static let layers = [
    Layer(name: "3×3 3→64 @96", side: 96, inputs: 3, outputs: 64),
    Layer(name: "3×3 64→64 @96", side: 96, inputs: 64, outputs: 64),
    Layer(name: "3×3 64→128 @48", side: 48, inputs: 64, outputs: 128),
    Layer(name: "3×3 128→128 @48", side: 48, inputs: 128, outputs: 128),
    Layer(name: "3×3 128→256 @24", side: 24, inputs: 128, outputs: 256),
    Layer(name: "3×3 256→256 @24", side: 24, inputs: 256, outputs: 256),
    Layer(name: "3×3 256→512 @12", side: 12, inputs: 256, outputs: 512),
    Layer(name: "3×3 512→512 @12", side: 12, inputs: 512, outputs: 512),
    Layer(name: "3×3 512→512 @6", side: 6, inputs: 512, outputs: 512),
    Layer(name: "3×3 128→64 @96", side: 96, inputs: 128, outputs: 64),
    Layer(name: "3×3 16→16 @96", side: 96, inputs: 16, outputs: 16),
    Layer(name: "3×3/2 64→128 @48", side: 48, inputs: 64, outputs: 128, stride: 2),
    Layer(name: "1×1 256→256 @24", side: 24, inputs: 256, outputs: 256, kernel: 1),
    Layer(name: "1×1 64→3 @96", side: 96, inputs: 64, outputs: 3, kernel: 1),
    Layer(name: "depthwise 3×3 64 @48", side: 48, inputs: 64, outputs: 64, groups: 64),
  ]

  /// GFLOP/s forward, for the input's gradient and for the weights'. Packing the weights counts.
  static func rates(of layer: Layer, batch: Int, _ pool: ThreadPool) throws -> [Double] {
    let geometry = layer.geometry(batch: batch)
    let directions: [Convolution.Direction] = [.forward, .inputGradient, .weightGradient]
    let x = Buffer(batch * layer.side * layer.side * layer.inputs)
    let outputSide = geometry.outputHeight
    let y = Buffer(batch * outputSide * outputSide * layer.outputs)
    let weights = Buffer(geometry.weightCount)
    let weightGradient = Buffer(geometry.weightCount)
    let input = TensorView(
      x.base, batch: batch, height: layer.side, width: layer.side, channels: layer.inputs)
    let output = TensorView(
      y.base, batch: batch, height: outputSide, width: outputSide, channels: layer.outputs)
    return directions.map { direction in
      let packed = Buffer(
        direction == .weightGradient ? 0 : Convolution.packedCount(geometry, direction))
      let scratch = Buffer(
        Convolution.scratchCount(geometry, direction, threadCount: pool.threadCount))
      let seconds = fastest {
        switch direction {
        case .forward, .inference:
          Convolution.pack(weights.base, geometry, direction, into: packed.base, pool: pool)
          Convolution.forward(
            input, packed: packed.base, bias: nil, activation: nil, into: output, geometry,
            direction, scratch: scratch.base, pool: pool)
        case .inputGradient:
          Convolution.pack(weights.base, geometry, direction, into: packed.base, pool: pool)
          Convolution.inputGradient(
            of: output, packed: packed.base, into: input, accumulate: false, geometry,
            scratch: scratch.base, pool: pool)
        case .weightGradient:
          Convolution.weightGradient(
            input: input, outputGradient: output, into: weightGradient.base, geometry,
            scratch: scratch.base, pool: pool)
        }
      }
      return 2 * Double(geometry.multiplyAccumulates) / seconds / 1e9
    }
  }

  /// The fastest of at least three runs over at least 50 ms.
  private static func fastest(_ body: () -> Void) -> Double {
    var best = Double.infinity
    var total = 0.0
    var runs = 0
    while runs < 3 || total < 0.05 {
      let start = MonotonicClock.seconds
      body()
      let seconds = MonotonicClock.seconds - start
      best = min(best, seconds)
      total += seconds
      runs += 1
    }
    return best
  }

  /// Random floats in memory of their own.
  private final class Buffer {
    let base: UnsafeMutablePointer<Float>

    init(_ count: Int) {
      let padded = count + 2 * Machine.vectorFloats
      base = .allocate(capacity: padded)
      var random = RandomGenerator(seed: 1)
      for index in 0..<padded { base[index] = random.uniform(-0.01..<0.01) }
    }

    deinit { base.deallocate() }
  }
}
