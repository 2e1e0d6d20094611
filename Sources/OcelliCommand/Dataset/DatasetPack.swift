// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets

struct DatasetPack: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "Decode a data set once, into one file that opens at once.",
    discussion: """
      The file is safetensors, so that Python opens it too; every --data takes it.

        ocelli dataset pack cifar10 --output cifar10.safetensors
      """)

  @Argument(help: "A data set: folder, CIFAR-10 or STL-10 binary.") var path: String
  @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String
  @Option(help: ArgumentHelp("Resize images to n × n pixels.", valueName: "n")) var size: Int?

  func validate() throws {
    try checkRange("size", size, 1...16_384)
    if output.isEmpty { throw ValidationError("--output: expected the name of a file") }
  }

  func run() throws {
    let status = StatusLine()
    let extent = size.map { (width: $0, height: $0) }
    let (train, test) = try Dataset.loadParts(path, size: extent) { done, total in
      status.show("reading \(path): \(done) of \(total) images")
    }
    status.clear()
    if let test {
      try Dataset.pack(train: train, test: test, name: name(of: train), to: output)
    } else {
      try train.pack(to: output)
    }
    print(
      "\(output): \(train.count + (test?.count ?? 0)) images of \(train.width)×\(train.height)")
  }

  /// The whole set's name, from that of its training part.
  private func name(of train: Dataset) -> String {
    train.name.hasSuffix("/train") ? String(train.name.dropLast("/train".count)) : train.name
  }
}
