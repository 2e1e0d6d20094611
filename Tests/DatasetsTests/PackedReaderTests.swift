// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Interchange
import Testing

@Suite struct PackedReaderTests {
  private let folder = TemporaryFolder()
  private var file: String { folder.path + "/set.safetensors" }

  @Test func `a packed set comes back as it was, subsets and odd names too`() throws {
    let whole = randomDataset(name: "ünïcode \"set\"\n", counts: [4, 5])
    for dataset in [whole, whole.subset([8, 0, 3]), whole.subset([4, 5])] {
      try dataset.pack(to: file)
      let read = try Dataset.load(file)
      #expect(read.name == dataset.name && read.classNames == dataset.classNames)
      #expect(read.labels == dataset.labels && read.sourceNames == dataset.sourceNames)
      #expect(read.hashes == dataset.hashes && allPixels(read) == allPixels(dataset))
      #expect(read.contentHash == dataset.contentHash)
    }
  }

  @Test func `train and test are told apart`() throws {
    let train = randomDataset(counts: [4, 5])
    let test = randomDataset(counts: [2, 1], seed: 5)
    try Dataset.pack(train: train, test: test, name: "both", to: file)
    let parts = try Dataset.loadParts(file)
    #expect(parts.train.hashes == train.hashes && parts.test?.hashes == test.hashes)
    #expect(parts.train.name == "both/train" && parts.test?.name == "both/test")
    #expect(try Dataset.load(file).hashes == train.hashes + test.hashes)
    #expect(try Dataset.load(file, size: (3, 3), part: .test).imageByteCount == 27)
    try train.pack(to: file)
    #expect(try Dataset.loadParts(file).test == nil)
    #expect(throws: DatasetError.missingPart(path: file, part: .test)) {
      try Dataset.load(file, part: .test)
    }
  }

  @Test func `images outlive the value that opened the file`() throws {
    try randomDataset(counts: [3]).pack(to: file)
    let subset = try Dataset.load(file).subset([2])
    #expect(subset.image(at: 0) == randomDataset(counts: [3]).image(at: 2))
  }

  @Test func `refuses every cut of a packed file`() throws {
    try randomDataset(counts: [2], width: 2, height: 2).pack(to: file)
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
    for count in 0..<bytes.count {
      folder.write(Array(bytes[..<count]), to: "set.safetensors")
      #expect(throws: DatasetError.self) { try Dataset.load(file) }
    }
  }

  @Test func `refuses tensors and lists that do not fit, and says which`() throws {
    let pixels = [UInt8](repeating: 1, count: 12)
    func write(
      labels: [Int32], shape: [Int], type: ElementType = .uint8, name: String = "all.images",
      metadata: [String: String] = ["classes": "[\"a\"]", "all.sources": "[\"x\"]"]
    ) throws {
      try pixels.withUnsafeBytes { pixels in
        try labels.withUnsafeBytes { labels in
          try SafetensorsWriter.write(
            [
              SafetensorsEntry(name: name, elementType: type, shape: shape, bytes: pixels),
              SafetensorsEntry(
                name: "all.labels", elementType: .int32, shape: [labels.count / 4], bytes: labels),
            ], metadata: metadata, to: file)
        }
      }
    }
    func message() -> String {
      (#expect(throws: DatasetError.self) { try Dataset.load(file) })?.message ?? ""
    }
    try write(labels: [0], shape: [1, 2, 2, 3])
    #expect(try Dataset.load(file).count == 1)
    try write(labels: [1], shape: [1, 2, 2, 3])
    #expect(message() == "\(file): label 1 in record 0: expected 0 to 0")
    try write(labels: [0, 0], shape: [1, 2, 2, 3])
    #expect(message().contains("1 images, 2 labels and 1 sources"))
    try write(labels: [0], shape: [1, 3, 4, 1])
    #expect(message().contains("expected N x H x W x 3"))
    try write(labels: [0], shape: [12])
    #expect(message().contains("4 dimensions"))
    try write(labels: [0], shape: [1, 2, 2, 3], type: .int8)
    #expect(message().contains("is I8"))
    try write(labels: [0], shape: [1, 2, 2, 3], name: "weights")
    #expect(message().contains("no tensor train.images"))
    try write(labels: [0], shape: [1, 2, 2, 3], metadata: ["classes": "[1]"])
    #expect(message().contains("no list 'classes'"))
    folder.write(Array("hello".utf8), to: "set.safetensors")
    #expect(message().contains("not a packed data set"))
  }
}
