// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Imaging
import Kernels
import Scenes
import Testing

struct SceneCatalogTests {
  private let folder: TemporaryFolder
  private let scenes: SceneCatalog
  private let dataset: Dataset

  init() throws {
    folder = TemporaryFolder()
    let pool = try #require(ThreadPool(threadCount: 2))
    var parameters = SceneParameters()
    (parameters.size, parameters.correlation) = (16, 0.3)
    try SceneWriter(parameters, trainCount: 20, testCount: 40).write(
      to: folder.path + "/scenes", on: pool)
    scenes = try #require(try SceneCatalog(folder: folder.path + "/scenes"))
    dataset = try Dataset.load(folder.path + "/scenes", part: .test)
  }

  @Test func `pictures are drawn again as they were`() {
    #expect(scenes.indices(in: dataset) == Array(0..<40))
    let (drawn, _) = scenes.variant(.original, of: dataset, seed: 1)
    #expect(drawn.hashes == dataset.hashes && drawn.labels == dataset.labels)
  }

  @Test func `objects stay and backgrounds change`() throws {
    let masks = PictureMasks(folder.path + "/scenes/masks")
    for variant in [BackgroundVariant.onlyForeground, .sameClass, .randomClass, .texture] {
      let (drawn, backgrounds) = scenes.variant(variant, of: dataset, seed: 1)
      for index in 0..<dataset.count {
        let (old, new) = (dataset.image(at: index), drawn.image(at: index))
        let mask = try #require(
          try masks.mask(of: dataset.sourceNames[index], width: 16, height: 16))
        var (inside, outside) = (0, 0)
        for pixel in 0..<256 where old.pixels[3 * pixel] != new.pixels[3 * pixel] {
          if mask.pixels[pixel] > 0 { inside += 1 } else { outside += 1 }
        }
        // Only pixels at the edge of the object show some background.
        #expect(outside > 60 && inside < 30, "\(variant) \(index): \(inside) \(outside)")
        let label = Int(dataset.labels[index])
        if variant == .sameClass { #expect(backgrounds[index] == label) }
      }
    }
  }

  @Test func `random backgrounds are of all classes and of the seed`() {
    let (first, backgrounds) = scenes.variant(.randomClass, of: dataset, seed: 1)
    #expect(Set(backgrounds).count >= 8 && !backgrounds.contains(nil))
    #expect(scenes.variant(.randomClass, of: dataset, seed: 1).dataset.hashes == first.hashes)
    #expect(scenes.variant(.randomClass, of: dataset, seed: 2).dataset.hashes != first.hashes)
  }

  @Test func `folders without scenes, and damaged ones, are told apart`() throws {
    #expect(try SceneCatalog(folder: folder.path + "/scenes/train") == nil)
    try Data("{}".utf8).write(to: URL(filePath: folder.path + "/scenes/scenes.json"))
    #expect(throws: DatasetError.self) { try SceneCatalog(folder: folder.path + "/scenes") }
  }
}
