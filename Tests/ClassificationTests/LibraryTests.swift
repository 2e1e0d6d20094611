// SPDX-License-Identifier: Apache-2.0
import Foundation
import Ocelli
import TestSupport
import Testing

/// The library as the README shows it.
struct LibraryTests {
  @Test func `ten lines classify a picture`() throws {
    let model = try Model(contentsOf: Fixture.path("described.tflite"))
    let session = try Session(model, threads: 2)
    let image = Image(width: 20, height: 10, filledWith: (red: 1, green: 2, blue: 250))
    let labels = try session.classify(image, top: 2)
    #expect(labels.map(\.name) == ["blue", "green"])
  }

  @Test func `a few lines train, quantise, evaluate, assess and explain`() throws {
    let pool = try #require(ThreadPool(threadCount: 2))
    var data = DataSpecification()
    data.scenes = .init(training: 40, test: 20)
    let parts = try data.load()

    let (model, frozen) = try ClassifierSpecification(.smallCNN, width: 0.25)
      .model(for: parts.training, seed: 1)
    let task = TrainingTask.classifier(
      model, labelSmoothing: 0, frozenNodes: frozen, training: parts.training, validation: nil)
    var options = TrainingOptions.classifier
    (options.epochs, options.batchSize) = (1, 20)
    let trainer = try Trainer(task, options, pool, folder: nil)
    try trainer.run()
    #expect(trainer.progress.history.count == 1)

    let integers = try IntegerQuantization().quantized(model, on: parts.training, pool).model
    let evaluations = try [model, integers].map { try Evaluation($0, on: parts.test, pool) }
    #expect(evaluations.allSatisfy { $0.alone.labels.count == 20 })

    let assessed = try AssessedModel(
      classifier: .init(integers), enhancer: nil, batch: 20, seed: 1, pool)
    var run = try AssessmentRun(assessed, data, parts, names: ("small-cnn", nil))
    try run.answer(.accuracy)
    #expect(run.assessment.accuracy != nil && !run.applies(.transfer))

    let image = Image(width: 40, height: 20, filledWith: (red: 1, green: 2, blue: 250))
    let explained = try ExplainedModel(integers, pool).explain(image)
    #expect(explained.plain.maps.count == 1 && explained.plain.probabilities.count == 10)
  }

  @Test func `a file that is no model is told in one line`() throws {
    let folder = try TemporaryFolder()
    let text = try folder.write(Array("hello".utf8), to: "model.tflite")
    var cut = try Fixture.bytes("described.tflite")
    cut.removeLast(300)
    let damaged = try folder.write(cut, to: "cut.tflite")
    for path in [text, damaged, folder.path("none.tflite"), folder.path] {
      do throws(ModelFileError) {
        _ = try Model(contentsOf: path)
        Issue.record("\(path) is read")
      } catch {
        #expect("\(error)".hasPrefix(path + ": ") && !"\(error)".contains("\n"), "\(error)")
      }
    }
  }
}
