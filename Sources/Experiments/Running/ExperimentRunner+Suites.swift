// SPDX-License-Identifier: Apache-2.0
import Datasets
import Network

extension ExperimentRunner {
  /// Asks the suites of a cell about the classifier, alone and behind the enhancer.
  func assess(_ cell: Cell) throws -> CellRecord {
    guard let suites = cell.suites, let parts = images[cell.data] else {
      throw ExperimentError("the data '\(cell.data)' are not at hand")
    }
    let specification = experiment.data[cell.data] ?? DataSpecification()
    let seed = specification.seed ?? 1
    var pictures = parts.cleanTest ?? parts.test
    if let limit = suites.images, limit < pictures.count {
      pictures = try pictures.split(counts: [limit], seed: seed)[0]
    }
    let (classifier, enhancer) = (try classifier(cell), try enhancer(cell, pictures))
    // No suite asks for gradients.
    let model = try AssessedModel(
      classifier: .init(model: classifier, inFloats: classifier),
      enhancer: .init(model: enhancer, inFloats: enhancer), batch: batch, seed: seed, pool)
    var record = CellRecord(cell: cell)
    if suites.background == true, let catalog = scenes[cell.data] {
      record.background = try BackgroundAssessment(
        model, pictures, catalog, degrade: specification.degradedTest
      ) { _, _ in }
    }
    if let severities = suites.corruption {
      record.corruption = try CorruptionAssessment(
        model, pictures, clean: AssessedImages(pictures, model), severities: severities
      ) { _, _ in }
    }
    return record
  }

  /// What the test images show, of the data whose backgrounds are asked about.
  static func scenes(
    of experiment: Experiment, _ images: [String: DataSpecification.Parts]
  ) throws -> [String: SceneCatalog] {
    var scenes: [String: SceneCatalog] = [:]
    for row in experiment.rows where row.suites?.background == true && scenes[row.data] == nil {
      guard let test = images[row.data]?.test else { continue }
      guard let catalog = try experiment.data[row.data]?.sceneCatalog(),
        catalog.indices(in: test).count == test.count
      else {
        throw ExperimentError(
          "row \(row.name): the suite 'background' needs scenes, which '\(row.data)' are not")
      }
      scenes[row.data] = catalog
    }
    return scenes
  }
}
