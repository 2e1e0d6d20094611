// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport

/// A convolution with random operands, to be computed fast, by reference, and with other thread
/// counts.
struct ConvolutionCase: CustomStringConvertible {
  var geometry: ConvolutionGeometry
  /// Elements between the pixels of every tensor.
  var gap = 0

  var description: String {
    let g = geometry
    return "\(g.batch)×\(g.inputHeight)×\(g.inputWidth)×\(g.inputChannels) → "
      + "\(g.outputHeight)×\(g.outputWidth)×\(g.outputChannels), "
      + "kernel \(g.kernelHeight)×\(g.kernelWidth), stride \(g.strideHeight)×\(g.strideWidth), "
      + "dilation \(g.dilationHeight)×\(g.dilationWidth), "
      + "padding \(g.paddingTop) \(g.paddingLeft), groups \(g.groups), gap \(gap)"
  }

  /// The output size follows from the padding on both sides; `nil` when it is not positive.
  init?(
    batch: Int = 1, height: Int, width: Int, channels: Int, outputChannels: Int,
    kernel: (Int, Int), stride: (Int, Int) = (1, 1), dilation: (Int, Int) = (1, 1),
    top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0, groups: Int = 1, gap: Int = 0
  ) {
    let rows = height + top + bottom - (kernel.0 - 1) * dilation.0 - 1
    let columns = width + left + right - (kernel.1 - 1) * dilation.1 - 1
    guard rows >= 0 && columns >= 0 else { return nil }
    geometry = ConvolutionGeometry(
      batch: batch, inputHeight: height, inputWidth: width, inputChannels: channels,
      outputHeight: rows / stride.0 + 1, outputWidth: columns / stride.1 + 1,
      outputChannels: outputChannels, kernelHeight: kernel.0, kernelWidth: kernel.1,
      strideHeight: stride.0, strideWidth: stride.1, dilationHeight: dilation.0,
      dilationWidth: dilation.1, paddingTop: top, paddingLeft: left, groups: groups)
    self.gap = gap
  }

  /// The corners by hand: a map of one pixel, one channel, a kernel larger than the map, a stride
  /// larger than the kernel …
  static let corners: [ConvolutionCase] = [
    Self(height: 1, width: 1, channels: 1, outputChannels: 1, kernel: (1, 1)),
    Self(batch: 16, height: 1, width: 1, channels: 500, outputChannels: 70, kernel: (1, 1)),
    Self(
      height: 1, width: 1, channels: 5, outputChannels: 3, kernel: (3, 3), top: 1, bottom: 1,
      left: 1, right: 1),
    Self(
      height: 2, width: 3, channels: 2, outputChannels: 33, kernel: (5, 7), top: 2, bottom: 2,
      left: 3, right: 3),
    Self(height: 9, width: 7, channels: 3, outputChannels: 4, kernel: (2, 1), stride: (3, 4)),
    Self(
      batch: 3, height: 13, width: 11, channels: 3, outputChannels: 16, kernel: (3, 3), top: 1,
      bottom: 1, left: 1, right: 1),
    Self(batch: 2, height: 32, width: 33, channels: 3, outputChannels: 24, kernel: (2, 2)),
    Self(
      batch: 2, height: 20, width: 20, channels: 3, outputChannels: 10, kernel: (7, 7),
      stride: (2, 2), top: 3, bottom: 3, left: 3, right: 3),
    Self(
      batch: 2, height: 12, width: 12, channels: 64, outputChannels: 48, kernel: (3, 3),
      stride: (2, 2), top: 0, bottom: 1, left: 0, right: 1),
    Self(
      height: 9, width: 8, channels: 6, outputChannels: 8, kernel: (3, 2), dilation: (2, 3),
      top: 2, bottom: 1, left: 1, right: 3, groups: 2, gap: 3),
    Self(
      height: 11, width: 9, channels: 4, outputChannels: 6, kernel: (3, 3), stride: (2, 3),
      dilation: (2, 2), top: 1, bottom: 2, left: 2, right: 1, gap: 5),
    Self(
      height: 7, width: 7, channels: 100, outputChannels: 40, kernel: (3, 3), top: 1, bottom: 1,
      left: 1, right: 1, gap: 1),
    Self(batch: 2, height: 23, width: 19, channels: 64, outputChannels: 3, kernel: (1, 1)),
    Self(
      batch: 2, height: 8, width: 6, channels: 24, outputChannels: 40, kernel: (2, 2),
      stride: (2, 2)),
    Self(
      batch: 2, height: 13, width: 14, channels: 20, outputChannels: 20, kernel: (3, 3),
      top: 1, bottom: 1, left: 1, right: 1, groups: 20),
    Self(
      batch: 2, height: 13, width: 14, channels: 37, outputChannels: 37, kernel: (3, 3),
      stride: (2, 2), top: 0, bottom: 1, left: 0, right: 1, groups: 37, gap: 2),
    Self(
      height: 9, width: 10, channels: 5, outputChannels: 15, kernel: (5, 3), dilation: (1, 2),
      top: 2, bottom: 2, left: 2, right: 2, groups: 5, gap: 1),
    Self(height: 3, width: 3, channels: 8, outputChannels: 8, kernel: (3, 3), groups: 8),
    Self(batch: 2, height: 4, width: 5, channels: 6, outputChannels: 6, kernel: (1, 1), groups: 6),
  ].compactMap { $0 }

  /// Geometries by chance, the same ones every time.
  static func generated(count: Int, seed: UInt64, groups: Bool = true) -> [ConvolutionCase] {
    var random = RandomGenerator(seed: seed)
    var cases: [ConvolutionCase] = []
    while cases.count < count {
      func pick(_ values: Int...) -> Int { values[random.index(below: values.count)] }
      let kind = groups ? pick(1, 1, 2, 0) : 1
      let channels = pick(1, 2, 3, 4, 8, 10, 16, 18, 33)
      let perGroup = kind == 0 ? pick(1, 1, 2, 3) * channels : pick(1, 2, 3, 8, 10, 16, 17, 34)
      let kernel = (pick(1, 2, 3, 3, 5), pick(1, 2, 3, 3, 4))
      let candidate = ConvolutionCase(
        batch: pick(1, 2, 3), height: 1 + random.index(below: 12),
        width: 1 + random.index(below: 12), channels: kind == 2 ? 2 * channels : channels,
        outputChannels: kind == 2 ? 2 * perGroup : perGroup, kernel: kernel,
        stride: (pick(1, 1, 2, 3), pick(1, 1, 2, 4)), dilation: (pick(1, 1, 2), pick(1, 1, 2, 3)),
        top: random.index(below: 4), bottom: random.index(below: 3),
        left: random.index(below: 4), right: random.index(below: 3),
        groups: kind == 0 ? channels : kind, gap: pick(0, 0, 1, 7))
      if let candidate { cases.append(candidate) }
    }
    return cases
  }

  /// What rounding may change: more where Winograd's transforms take sums and differences first.
  func tolerance(_ direction: Convolution.Direction) -> Float {
    Winograd.wins(geometry, direction) ? 1e-3 : 4e-5
  }

  func inputTensor(_ random: inout RandomGenerator) -> TestTensor {
    TestTensor(
      batch: geometry.batch, height: geometry.inputHeight, width: geometry.inputWidth,
      channels: geometry.inputChannels, pixelStride: geometry.inputChannels + gap, random: &random)
  }

  func outputTensor(_ random: inout RandomGenerator) -> TestTensor {
    TestTensor(
      batch: geometry.batch, height: geometry.outputHeight, width: geometry.outputWidth,
      channels: geometry.outputChannels, pixelStride: geometry.outputChannels + gap,
      random: &random)
  }

  static func randomArray(_ count: Int, _ random: inout RandomGenerator) -> [Float] {
    (0..<count).map { _ in random.uniform(-1..<1) }
  }
}

/// Packed weights and scratch memory of exactly the size that a kernel asks for, NaN to begin
/// with, and a fence behind it that shows writes past the end.
struct KernelMemory {
  private(set) var floats: [Float]
  private let count: Int
  private static let fence: Float = 12345

  init(_ count: Int) {
    self.count = count
    floats = Array(repeating: .nan, count: count) + Array(repeating: Self.fence, count: 32)
  }

  var fenceIsUntouched: Bool { floats[count...].allSatisfy { $0 == Self.fence } }

  mutating func withPointer<Result>(_ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
    floats.withUnsafeMutableBufferPointer { body($0.baseAddress.unsafelyUnwrapped) }
  }
}
