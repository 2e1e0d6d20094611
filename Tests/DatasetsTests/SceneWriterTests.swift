// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Imaging
import Kernels
import Scenes
import Testing

struct SceneWriterTests {
  private let folder = NSTemporaryDirectory() + "scenes-\(UUID().uuidString)"

  private func withFolder(_ body: () throws -> Void) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body()
  }

  private func picture(_ path: String) throws -> Image {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + path))
    return try Image.decode([UInt8](data))
  }

  @Test func `pictures, masks and descriptions can be read again`() throws {
    let parameters = SceneParameters(size: 24, correlation: 0.9, seed: 5)
    let pool = try #require(ThreadPool(threadCount: 2))
    try withFolder {
      let writer = try SceneWriter(
        parameters, trainCount: 20, testCount: 10, testCorrelation: 0.1)
      try writer.write(to: folder, on: pool)
      let train = try SceneGenerator(parameters)
      let sample = train.sample(at: 12)
      #expect(try picture("train/car/00012.png") == sample.image)
      #expect(try picture("masks/train/car/00012.png") == sample.mask.image)
      let test = try SceneGenerator(
        SceneParameters(size: 24, correlation: 0.1, seed: 5, split: .test))
      #expect(try picture("test/tree/00009.png") == test.sample(at: 9).image)
      let json = try Data(contentsOf: URL(fileURLWithPath: folder + "/scenes.json"))
      let all = try #require(JSONSerialization.jsonObject(with: json) as? [String: Any])
      #expect(all["classNames"] as? [String] == SceneGenerator.labels)
      let parts = try #require(all["parts"] as? [String: [String: Any]])
      let pictures = try #require(parts["train"]?["pictures"] as? [[String: Any]])
      #expect(pictures.count == 20)
      #expect(pictures[12]["picture"] as? String == "train/car/00012.png")
      #expect(pictures[12]["label"] as? Int == 2)
      #expect(pictures[12]["background"] as? String == sample.scene.background.name)
      let description = try JSONSerialization.data(
        withJSONObject: try #require(pictures[12]["scene"]))
      #expect(try JSONDecoder().decode(Scene.self, from: description) == sample.scene)
      #expect(!FileManager.default.fileExists(atPath: folder + ".partial"))
    }
  }

  @Test func `a transform changes pictures and not masks`() throws {
    let pool = try #require(ThreadPool(threadCount: 1))
    try withFolder {
      let writer = try SceneWriter(SceneParameters(size: 8), trainCount: 1, testCount: 0) {
        image, scene throws(DatasetError) in
        Image(width: image.width, height: image.height, filledWith: (UInt8(scene.label), 1, 2))
      }
      try writer.write(to: folder, on: pool)
      #expect(Set(try picture("train/bird/00000.png").pixels) == [0, 1, 2])
      #expect(Set(try picture("masks/train/bird/00000.png").pixels) == [0, 255])
    }
  }

  @Test func `a failed run leaves no folder, and what exists is not overwritten`() throws {
    let pool = try #require(ThreadPool(threadCount: 2))
    defer { try? FileManager.default.removeItem(atPath: folder + ".partial") }
    try withFolder {
      let failing = try SceneWriter(SceneParameters(size: 8), trainCount: 5, testCount: 5) {
        image, scene throws(DatasetError) in
        if scene.index == 3 { throw .noImages(name: "3") }
        return image
      }
      #expect(throws: DatasetError.noImages(name: "3")) {
        try failing.write(to: folder, on: pool)
      }
      #expect(!FileManager.default.fileExists(atPath: folder))
      let writer = try SceneWriter(SceneParameters(size: 8), trainCount: 1, testCount: 0)
      try writer.write(to: folder, on: pool)
      #expect(throws: DatasetError.self) { try writer.write(to: folder, on: pool) }
    }
  }

  @Test func `counts out of range are refused`() {
    #expect(throws: SceneError.countOutOfRange(0)) {
      try SceneWriter(SceneParameters(), trainCount: 0, testCount: 0)
    }
    #expect(throws: SceneError.countOutOfRange(-1)) {
      try SceneWriter(SceneParameters(), trainCount: 10, testCount: -1)
    }
  }

  @Test func `a data set in memory holds the generator's scenes`() throws {
    let generator = try SceneGenerator(SceneParameters(size: 16, split: .test))
    let dataset = generator.dataset(
      count: 23, on: try #require(ThreadPool(threadCount: 5)))
    #expect(dataset.count == 23 && dataset.classNames == SceneGenerator.labels)
    #expect(dataset.labels == (0..<23).map { Int32($0 % 10) })
    #expect(dataset.sourceNames[11] == "test/boat/00011.png")
    for index in 0..<23 {
      #expect(dataset.image(at: index) == generator.sample(at: index).image)
    }
  }
}
