// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging
import Kernels
import ModelFormats
import Network
import Quantization

/// One input of libFuzzer. What is fuzzed is chosen by the environment: `OCELLI_FUZZ=model` reads a
/// .tflite file and runs what it describes; else the bytes are a picture.
///
/// Nothing may trap, hang or read out of bounds, and memory stays within `Limits`.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  if isModel { fuzzModel(bytes) } else { fuzzImage(bytes) }
  return 0
}

private let isModel = ProcessInfo.processInfo.environment["OCELLI_FUZZ"] == "model"
nonisolated(unsafe) private let pool = ThreadPool(threadCount: 1)

private enum Limits {
  /// Models beyond are read, but not run: they would be slow, not wrong.
  static let multiplyAccumulates: Int64 = 2_000_000
  static let arenaBytes = 16 << 20
  static let pixels = 1 << 22
}

private func fuzzImage(_ bytes: UnsafeRawBufferPointer) {
  _ = try? Image.decode(bytes, pixelLimit: Limits.pixels)
}

private func fuzzModel(_ bytes: UnsafeRawBufferPointer) {
  guard let file = try? TFLiteFile(reading: bytes) else { return }
  _ = try? ModelDescription(reading: file, in: bytes)
  guard let model = try? Model(file, owner: nil) else { return }
  let elements = model.graph.shapes.reduce(0) { $0 + $1.elementCount }
  guard model.graph.multiplyAccumulates < Limits.multiplyAccumulates,
    elements < Limits.arenaBytes
  else { return }
  let plan = Plan.inference(model.graph, batch: 1, threadCount: 1)
  guard plan.arenaByteCount < Limits.arenaBytes, let pool,
    let session = Session(plan, model.parameters, pool)
  else { return }
  session.run()
  if let lowered = try? model.lowered(forIntegers: false) {
    _ = try? TFLiteExport(lowered).serialized()
  }
}
