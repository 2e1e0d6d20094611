// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// CIFAR-10, STL-10 and packed files, damaged in all ways.
struct BinaryDataTests {
  private let ocelli: Ocelli

  init() throws { ocelli = try Ocelli() }

  private func writeCIFAR(_ label: UInt8, byteCount: Int = 2 * 3073) throws {
    for index in 1...5 {
      let bytes = (0..<byteCount).map { $0 % 3073 == 0 ? label : UInt8(truncatingIfNeeded: $0) }
      try ocelli.write(bytes, to: "cifar/data_batch_\(index).bin")
    }
  }

  @Test func `damaged CIFAR-10 files are named`() throws {
    try writeCIFAR(3)
    try ocelli.expectError("dataset info cifar", "cifar/test_batch.bin", "No such file")
    try ocelli.write([], to: "cifar/test_batch.bin")
    try ocelli.expectError("dataset info cifar", "cifar/test_batch.bin", "not empty")
    try ocelli.write([UInt8](repeating: 0, count: 3072), to: "cifar/test_batch.bin")
    try ocelli.expectError("dataset info cifar", "cifar/test_batch.bin: 3072 bytes", "3073")
    try writeCIFAR(10)
    try ocelli.expectError("dataset info cifar --part train", "data_batch_1.bin: label 10")
    try writeCIFAR(9)
    try ocelli.write(Array("one\ntwo\n".utf8), to: "cifar/batches.meta.txt")
    try ocelli.expectError("dataset info cifar --part train", "batches.meta.txt: 2 class names")
    try FileManager.default.removeItem(atPath: ocelli.path("cifar/batches.meta.txt"))
    try writeCIFAR(0, byteCount: 0)
    try ocelli.expectError("dataset pack cifar --output x.safetensors", "data_batch_1.bin")
  }

  @Test func `damaged STL-10 files are named`() throws {
    try ocelli.write([UInt8](repeating: 7, count: 27_648), to: "stl/train_X.bin")
    try ocelli.expectError("dataset info stl --part train", "stl/train_y.bin", "No such file")
    try ocelli.write([0], to: "stl/train_y.bin")
    try ocelli.expectError("dataset info stl --part train", "stl/train_y.bin: label 0")
    try ocelli.write([1, 2], to: "stl/train_y.bin")
    try ocelli.expectError("dataset info stl --part train", "stl/train_y.bin: 2 bytes")
    try ocelli.write([UInt8](repeating: 7, count: 27_647), to: "stl/train_X.bin")
    try ocelli.expectError("dataset info stl --part train", "stl/train_X.bin: 27647 bytes")
  }

  @Test func `a truncated file is refused at every length`() throws {
    let shared = Shared.folder
    for name in ["scenes.safetensors", "classifier/best.safetensors"] {
      let whole = try Data(contentsOf: URL(filePath: shared + "/" + name))
      for count in [0, 1, 7, 8, 9, 500, whole.count / 2, whole.count - 1] {
        try ocelli.write(whole.prefix(count), to: "cut.safetensors")
        let isModel = name.hasPrefix("classifier")
        try ocelli.expectError(
          isModel ? "model info cut.safetensors" : "dataset info cut.safetensors",
          "cut.safetensors: ")
      }
    }
  }

  /// Whatever bytes are changed: no trap, no hang, and at most one line.
  @Test func `changed bytes never trap`() throws {
    var state: UInt64 = 99
    func random(below bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let shared = Shared.folder
    for name in ["scenes.safetensors", "classifier/best.safetensors"] {
      let whole = [UInt8](try Data(contentsOf: URL(filePath: shared + "/" + name)))
      for round in 0..<12 {
        var bytes = whole
        let limit = round < 9 ? 2000 : bytes.count
        for _ in 0...random(below: 3) { bytes[random(below: limit)] = UInt8(random(below: 256)) }
        try ocelli.write(bytes, to: "changed.safetensors")
        let isModel = name.hasPrefix("classifier")
        let outcome = try ocelli(isModel ? "model" : "dataset", "info", "changed.safetensors")
        #expect(
          outcome.code == 0 || (outcome.code == 1 && outcome.errorLines.count == 1),
          "round \(round) of \(name): \(outcome)")
      }
    }
  }

  @Test func `a file of another kind is refused`() throws {
    try ocelli.expectError("dataset info $SHARED/classifier/best.safetensors", "best.safetensors")
    try ocelli.expectError(
      "model info $SHARED/scenes.safetensors", "scenes.safetensors: holds no graph")
    try ocelli.expectError("model info $SHARED/scenes", "scenes: ", "directory")
    try ocelli.expectError("model info nowhere", "nowhere: cannot be opened: No such file")
    try ocelli.expectError("dataset info /dev/null", "/dev/null")
    try ocelli.write(
      [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F] + Array("{}".utf8), to: "big.safetensors")
    try ocelli.expectError("dataset info big.safetensors", "big.safetensors")
    try ocelli.expectError("model info big.safetensors", "big.safetensors")
  }
}
