// SPDX-License-Identifier: Apache-2.0
import Assessments
import Datasets
import Imaging
import Kernels
import Network
import Training

/// A picture of some images: original, enhanced and what has changed, on one scale.
struct EnhancementPanel {
  private let dataset: Dataset
  private let enhancer: Model
  private let row: Evaluation
  private let pool: ThreadPool

  init(_ dataset: Dataset, _ enhancer: Model, _ row: Evaluation, _ pool: ThreadPool) {
    self.dataset = dataset
    self.enhancer = enhancer
    self.row = row
    self.pool = pool
  }

  /// Four images that the enhancer fixed, one that it broke and one that was right and stays so, as
  /// far as there are any; else some that stay wrong.
  private var chosen: [Int] {
    let after = row.combined?.classes ?? row.alone.classes
    /// The first of each class, as classes follow one another in most data sets.
    func first(_ count: Int, _ wasRight: Bool, _ isRight: Bool) -> [Int] {
      var seen: Set<Int> = []
      let images = row.alone.labels.indices.filter { index in
        let label = row.alone.labels[index]
        return (row.alone.classes[index] == label) == wasRight
          && (after[index] == label) == isRight && seen.insert(label).inserted
      }
      return Array(images.prefix(count))
    }
    let images = first(4, false, true) + first(1, true, false) + first(1, true, true)
    return images.isEmpty ? first(6, false, false) : images
  }

  func image() throws -> Image {
    let subset = dataset.subset(chosen)
    let evaluator = try Evaluator(enhancer, pool, batch: max(1, subset.count))
    var enhanced: [Image] = []
    try evaluator.images(for: subset) { _, floats in
      guard let base = floats.baseAddress else { return }
      enhanced.append(Image(width: dataset.width, height: dataset.height, floats: base))
    }
    let originals = (0..<subset.count).map { subset.image(at: $0) }
    let maps = zip(originals, enhanced).map { HeatMap.difference($0, $1) }
    let range = HeatMap(
      width: 1, height: maps.reduce(0) { $0 + $1.values.count }, values: maps.flatMap(\.values)
    ).stretchedRange()
    let side = max(96, dataset.width)
    var panel = Panel(
      cellWidth: side * 2, cellHeight: side * 2 * dataset.height / dataset.width,
      title: "What the enhancer changed", headings: ["original", "enhanced", "difference"])
    for (position, index) in chosen.enumerated() {
      panel.append(row: [
        cell(originals[position], row.alone, index),
        cell(enhanced[position], row.combined ?? row.alone, index),
        .init(
          maps[position].image(.viridis, range: range),
          caption: "true: \(row.labels[row.alone.labels[index]])"),
      ])
    }
    panel.footer = ColorMap.viridis.bar(
      width: side * 2, minimum: "0", maximum: "\(Int((range.upperBound * 255).rounded())) of 255")
    return panel.image()
  }

  /// A picture under what the classifier takes it for.
  private func cell(_ image: Image, _ predictions: Predictions, _ index: Int) -> Panel.Cell {
    let isRight = predictions.classes[index] == predictions.labels[index]
    return .init(
      image, caption: row.labels[predictions.classes[index]], verdict: isRight ? .right : .wrong)
  }
}
