// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// The facts about a CPU that decide in which order its kernels read integer weights: weights can
/// be packed for another CPU than this one.
package struct PackingLayout: Equatable, Sendable {
  /// `Int32` lanes of a register.
  package var lanes: Int
  package var registers: Int
  /// Weights in a lane.
  package var dotElements: Int
  /// What is added to an activation before it is multiplied.
  package var dotOffset: Int32
  /// Consecutive elements along the sum that convolutions across channels pack together, as
  /// `ReductionTiles` reads them; 0 where they pack channels.
  package var reductionElements: Int

  package init(
    lanes: Int, registers: Int, dotElements: Int, dotOffset: Int32, reductionElements: Int = 0
  ) {
    self.reductionElements = reductionElements
    self.lanes = lanes
    self.registers = registers
    self.dotElements = dotElements
    self.dotOffset = dotOffset
  }

  /// Whether an instruction multiplies four bytes by four in each lane.
  var takesFourBytes: Bool { dotElements == 4 || reductionElements == Int(OCELLI_REDUCTION_SHORT) }

  /// Registers of channels in a panel of `ReductionTiles`, and the pixels of its tiles.
  var reductionTile: (vectors: Int, rows: Int)? {
    guard reductionElements > 0 else { return nil }
    return takesFourBytes ? (2, 8) : (1, 4)
  }

  var registerByteCount: Int { lanes * MemoryLayout<Int32>.stride }

  /// The layout of this build.
  @inline(__always) package static var native: PackingLayout {
    PackingLayout(
      lanes: Machine.vectorFloats, registers: Machine.vectorRegisters,
      dotElements: Machine.dotElements, dotOffset: Machine.dotOffset,
      reductionElements: Machine.reductionElements)
  }

  /// A layout and the CPUs that it is for.
  package struct Named: Sendable {
    package let name: StaticString
    package let layout: PackingLayout
  }

  /// The layouts of all builds; the first of an architecture is for all of its CPUs.
  package static var named: [Named] {
    func layout(
      _ lanes: Int, _ registers: Int, dotsBytes: Bool = false, reduction: Int = 0
    ) -> PackingLayout {
      PackingLayout(
        lanes: lanes, registers: registers, dotElements: dotsBytes ? 4 : 2,
        dotOffset: dotsBytes ? 128 : 0, reductionElements: reduction)
    }
    return [
      Named(name: "x86-64", layout: layout(4, 16)), Named(name: "x86-64-v3", layout: layout(8, 16)),
      Named(name: "x86-64-v3-vnni", layout: layout(8, 16, dotsBytes: true)),
      Named(name: "x86-64-v4", layout: layout(16, 32)),
      Named(name: "x86-64-v4-vnni", layout: layout(16, 32, dotsBytes: true)),
      Named(name: "arm64", layout: layout(4, 32, reduction: 16)),
      Named(name: "arm64-dotprod", layout: layout(4, 32, reduction: 4)),
      Named(name: "armv7", layout: layout(4, 16, reduction: 16)),
      Named(name: "riscv64", layout: layout(4, 16, reduction: 16)),
    ]
  }
}
