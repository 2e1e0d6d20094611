// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import TestSupport
import Testing

/// Weights packed for other CPUs. That a layout is right its own CPU's builds show, in the tests of
/// exactness; here all builds must agree on every layout.
struct PackingLayoutTests {
  /// FNV-1a over the packed bytes of the cases, by name.
  static let expected: [String: UInt64] = [
    "x86-64": 0x6100_8823_A393_E8C6, "x86-64-v3": 0x78A8_472A_5831_2DBB,
    "x86-64-v3-vnni": 0x5368_A7E5_17FB_66CB, "x86-64-v4": 0x6385_64D7_D891_C393,
    "x86-64-v4-vnni": 0xDDBF_6CA5_84FB_ADCD, "arm64": 0xC776_B958_0E29_E5A8,
    "arm64-dotprod": 0x2E2C_00EA_0238_BFDE, "armv7": 0xC776_B958_0E29_E5A8,
    "riscv64": 0xC776_B958_0E29_E5A8,
  ]

  static let geometries: [(name: String, geometry: ConvolutionGeometry)] = [
    ("Winograd", geometry(side: 12, channels: 66, outputChannels: 70, groups: 1)),
    ("product", geometry(side: 2, channels: 5, outputChannels: 70, groups: 1)),
    ("depthwise", geometry(side: 6, channels: 24, outputChannels: 24, groups: 24)),
    ("few channels", geometry(side: 6, channels: 2, outputChannels: 4, groups: 2)),
  ]

  private static func geometry(
    side: Int, channels: Int, outputChannels: Int, groups: Int
  ) -> ConvolutionGeometry {
    ConvolutionGeometry(
      batch: 1, inputHeight: side, inputWidth: side, inputChannels: channels, outputHeight: side,
      outputWidth: side, outputChannels: outputChannels, kernelHeight: 3, kernelWidth: 3,
      paddingTop: 1, paddingLeft: 1, groups: groups)
  }

  private func packed(_ geometry: ConvolutionGeometry, for layout: PackingLayout) -> [UInt8] {
    var random = RandomGenerator(seed: 71)
    func integers(_ count: Int) -> [Int32] {
      (0..<count).map { _ in Int32(truncatingIfNeeded: random.next()) }
    }
    let inputs = geometry.inputChannels / geometry.groups
    let weights = integers(geometry.outputChannels * 9 * inputs).map { Int8($0 % 128) }
    let bias = integers(geometry.outputChannels).map { $0 % 10000 }
    let multipliers = integers(geometry.outputChannels).map {
      FixedPointMultiplier(Double($0 % 1000 + 1001) / 100_000)
    }
    let count = IntegerConvolution.packedByteCount(geometry, for: layout)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
    defer { memory.deallocate() }
    guard let base = memory.baseAddress else { return [] }
    IntegerConvolution.pack(
      weights: weights, bias: bias, multipliers: multipliers,
      quantization: IntegerConvolution.Quantization(inputZeroPoint: -7, outputZeroPoint: 3),
      geometry, for: layout, into: base)
    return [UInt8](memory)
  }

  @Test func `every build packs alike for every CPU`() {
    for named in PackingLayout.named {
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for (_, geometry) in Self.geometries {
        for byte in packed(geometry, for: named.layout) {
          hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
      }
      #expect(hash == Self.expected["\(named.name)"], "\(named.name): 0x\(String(hash, radix: 16))")
    }
  }

  @Test func `this build's layout has a name`() {
    #expect(PackingLayout.named.contains { $0.layout == .native })
  }

  /// `make narrow` says by how many elements of a sum the weights are to be packed.
  @Test(.enabled(if: elements != nil))
  func `a narrow build runs the loops that it is to test`() {
    #expect(Machine.reduces && "\(Machine.reductionElements)" == Self.elements)
  }

  static let elements = ProcessInfo.processInfo.environment["OCELLI_NARROW"]
}
