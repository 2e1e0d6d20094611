// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// `ocelli run`, and other commands that read .tflite files, on a dense layer of int8.
struct RunCommandTests {
  private let ocelli: Ocelli

  init() throws {
    ocelli = try Ocelli()
    let fixtures = testsFolder.appending(path: "Fixtures")
    for name in ["dense.tflite", "dense-input.npy", "dense-output.npy"] {
      try FileManager.default.copyItem(
        at: fixtures.appending(path: name), to: URL(filePath: ocelli.folder + "/" + name))
    }
  }

  @Test(arguments: ["--threads 1", "--threads 2 --batch 2", "--threads 5 --batch 100"])
  func `writes the array that LiteRT makes`(_ options: String) throws {
    let outcome = try ocelli.shell(
      "$OCELLI run dense.tflite --input dense-input.npy --output y.npy \(options) "
        + "&& tail -c +129 y.npy | cmp - \"$(tail -c +129 dense-output.npy > z && echo z)\"")
    #expect(outcome.code == 0, "\(outcome)")
  }

  @Test func `shows what the integers of a model stand for`() throws {
    let outcome = try ocelli("model", "info", "dense.tflite")
    #expect(outcome.output.contains("dense") && outcome.output.contains("scale"), "\(outcome)")
    #expect(!outcome.output.contains("training"), "\(outcome)")
  }

  @Test func `times a model operation by operation`() throws {
    let outcome = try ocelli(
      "bench", "model", "dense.tflite", "--runs", "3", "--threads", "2", "--profile")
    #expect(outcome.output.contains("2 threads") && outcome.output.contains("GOP/s"), "\(outcome)")
  }

  @Test func `bad input gets one line that says what was expected`() throws {
    try ocelli.expectError(
      "run none.tflite --input dense-input.npy --output y.npy", "none.tflite",
      "No such file or directory")
    try ocelli.expectError(
      "run dense.tflite --input none.npy --output y.npy", "none.npy", "No such file")
    try ocelli.expectError(
      "run dense.tflite --input dense-input.npy --input dense-input.npy --output y.npy",
      "has 1 inputs, 2 files were given")
    try ocelli.expectError(
      "run dense.tflite --input dense-output.npy --output y.npy", "expected a batch of 1×1×")
    try ocelli.expectError(
      "run dense.tflite --input dense-input.npy --output none/y.npy", "none/y.npy")
    _ = try ocelli.shell("head -c 700 dense.tflite > cut.tflite")
    try ocelli.expectError("model info cut.tflite", "cut.tflite", "cut or corrupt")
    for options in ["--batch 0", "--threads 0"] {
      try ocelli.expectUsage(
        "run dense.tflite --input dense-input.npy --output y.npy \(options)")
    }
    try ocelli.expectUsage("bench model dense.tflite --runs 0")
  }
}
